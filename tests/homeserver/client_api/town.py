"""What calls need: people, rooms, files; each is made when it is first named."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.homeserver.media.clients import asks, uploads
from tests.homeserver.media.pictures import picture
from tests.outcomes import outcome
from tests.people import Person, Server

_NAMED = re.compile(r"\{([a-z]+)\}")


class Town:
    """`start_silent` starts a server on which nothing is set that it could tell."""

    def __init__(self, server: Server, start_silent: Callable[[], Server]) -> None:
        self.server = server
        self.people: dict[str, Person] = {"anonymous": server.anonymous}
        self._start_silent = start_silent
        self._made: dict[str, str] = {}
        self.named("room")

    def person(self, name: str) -> Person:
        if name == "silent":
            return self._start_silent().anonymous
        if name not in self.people:
            self.people[name] = self.server.person(name)
            if name == "admin":
                outcome(self.server.app.accounts.accounts.make_admin("@admin:test", True))
        return self.people[name]

    def filled(self, text: str, quoted: bool = True) -> str:
        def value(found: re.Match[str]) -> str:
            made = self.named(found[1])
            return quote(made, safe="/:@!$") if quoted else made

        return _NAMED.sub(value, text)

    def body(self, body: Any) -> Any:
        if isinstance(body, dict):
            return {key: self.body(value) for key, value in body.items()}
        return self.filled(body, quoted=False) if isinstance(body, str) else body

    def named(self, name: str) -> str:
        if name not in self._made:
            maker = getattr(self, f"_{name}", None)
            self._made[name] = maker() if maker else self.person(name).user_id
        return self._made[name]

    # -- rooms

    def _room(self) -> str:
        alice, bob = self.person("alice"), self.person("bob")
        options = {"preset": "public_chat", "name": "Town", "room_alias_name": "town"}
        room = alice.creates_room(**options)
        bob.joins(room)
        for where in ("", f"/rooms/{room}"):
            path = f"/v3/user/{alice.user_id}{where}/account_data/org.example.a"
            alice.put(path, {"is": "there"})
        return room

    def _alias(self) -> str:
        self.named("room")
        return "#town:test"

    def _event(self) -> str:
        alice, room = self.person("alice"), self.named("room")
        root = alice.sends(room, "hello")
        relation = {"rel_type": "m.thread", "event_id": root}
        content = {"msgtype": "m.text", "body": "an answer", "m.relates_to": relation}
        alice.sends_event(room, "m.room.message", content)
        self.server.clock.advance(1)
        return root

    def _closed(self) -> str:
        return self.person("alice").creates_room(preset="private_chat")

    def _knocked(self) -> str:
        rules = {"type": "m.room.join_rules", "content": {"join_rule": "knock"}, "state_key": ""}
        return self.person("alice").creates_room(initial_state=[rules])

    def _left(self) -> str:
        room = self.person("alice").creates_room(preset="public_chat")
        self.person("bob").joins(room)
        self.person("bob").leaves(room)
        return room

    def _space(self) -> str:
        alice = self.person("alice")
        space = alice.creates_room(creation_content={"type": "m.space"})
        alice.sets(space, "m.space.child", {"via": ["test"]}, self.named("room"))
        return space

    def _banned(self) -> str:
        alice, room = self.person("alice"), self.named("room")
        carol = self.person("carol").user_id
        alice.post(f"/v3/rooms/{room}/ban", {"user_id": carol})
        return carol

    # -- what belongs to Alice

    def _filter(self) -> str:
        alice = self.person("alice")
        return str(alice.post(f"/v3/user/{alice.user_id}/filter", {})["filter_id"])

    def _rule(self) -> str:
        path = "/v3/pushrules/global/content/known"
        self.person("alice").put(path, {"pattern": "cake", "actions": ["notify"]})
        return path

    def _file(self) -> str:
        return uploads(self.person("alice"), b"some text", "text/plain")

    def _picture(self) -> str:
        return uploads(self.person("alice"), picture("PNG", (64, 64)))

    def _open(self) -> str:
        """A picture from before files were only for who is logged in."""
        where = self.named("picture")
        _, _, media_id = where.partition("/")
        outcome(self.server.app.database.write(_thaw, media_id))
        return where

    def _pending(self) -> str:
        answer = asks(self.person("alice"), "POST", "/_matrix/media/v1/create").json()
        return str(answer["content_uri"]).removeprefix("mxc://")


def _thaw(txn: Any, media_id: str) -> None:
    txn.execute("UPDATE media SET needs_token = 0 WHERE media_id = ?", media_id)
