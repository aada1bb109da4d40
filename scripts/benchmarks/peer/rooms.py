"""Rooms that the peer makes: real events, hashed and signed before anything is measured."""

from collections.abc import Iterable, Sequence
from itertools import count
from uuid import uuid4

from attrs import define, field, frozen
from signedjson.types import SigningKey

from homeserver.events.auth_selection import CREATE, JOIN_RULES, POWER_LEVELS, auth_keys
from homeserver.events.building import Draft, build_event
from homeserver.events.event import Event, StateKey
from homeserver.events.room_versions import room_version
from homeserver.json_values import JsonObject
from scripts.benchmarks.people import ROOM_VERSION

START_MS = 1_700_000_000_000


@frozen
class Identity:
    """Whose events they are."""

    server_name: str
    key: SigningKey

    def user(self, number: int) -> str:
        return f"@user{number}:{self.server_name}"


@define(eq=False)
class PeerRoom:
    """`members` people of the peer, the first of whom made it; `newest` are its extremities."""

    identity: Identity
    members: int
    state: dict[StateKey, Event] = field(factory=dict, init=False)
    newest: list[Event] = field(factory=list, init=False)
    room_id: str = field(default="", init=False)
    _numbers: "count[int]" = field(factory=count, init=False)

    def __attrs_post_init__(self) -> None:
        maker = self.identity.user(0)
        # Room ids are hashes of what the room begins with.
        content: JsonObject = {"room_version": ROOM_VERSION, "org.example.only": uuid4().hex}
        self.room_id = self.adds(Draft(CREATE[0], content, "")).room_id
        self.adds(Draft("m.room.member", {"membership": "join"}, maker))
        moderators = {self.identity.user(number): 50 for number in range(1, 10)}
        self.adds(Draft(POWER_LEVELS[0], {"users": moderators}, ""))
        self.adds(Draft(JOIN_RULES[0], {"join_rule": "public"}, ""))
        self.adds(Draft("m.room.topic", {"topic": "Bridges"}, ""))
        for number in range(1, self.members):
            user = self.identity.user(number)
            content = {"membership": "join", "displayname": f"User {number}"}
            self.adds(Draft("m.room.member", content, user), user)

    def adds(self, draft: Draft, sender: str = "") -> Event:
        """The next event, on all that is newest."""
        event = self.builds(draft, sender or self.identity.user(0), self.newest)
        self.takes(event)
        return event

    def takes(self, event: Event) -> None:
        self.newest = [event]
        if event.is_state:
            self.state[event.state_pair] = event

    def hears(self, pdu: JsonObject) -> Event:
        """What another server says."""
        event = Event.from_pdu(pdu, room_version(ROOM_VERSION))
        self.takes(event)
        return event

    def builds(self, draft: Draft, sender: str, after: Sequence[Event]) -> Event:
        """An event that the room may go on with, or not."""
        version = room_version(ROOM_VERSION)
        keys = auth_keys(draft.type, sender, draft.state_key, draft.content, version)
        number = next(self._numbers)
        return build_event(
            draft,
            version=version,
            room_id=self.room_id,
            sender=sender,
            server_name=self.identity.server_name,
            signing_key=self.identity.key,
            prev_events=[event.event_id for event in after],
            auth_events=[self.state[key].event_id for key in keys if key in self.state],
            depth=1 + max((event.depth for event in after), default=0),
            origin_server_ts=START_MS + number,
        )

    def messages(self, number: int) -> list[Event]:
        """People say something in turn, each after the one before."""
        return [self._message(self.identity.user(n % min(self.members, 20))) for n in range(number)]

    def _message(self, sender: str) -> Event:
        body = "Shall we meet at the old bridge at five, or is that too late for you?"
        return self.adds(Draft("m.room.message", {"msgtype": "m.text", "body": body}), sender)

    def fork(self, number: int) -> list[Event]:
        """Two moderators act at once: one of them changes levels, the other bans and renames."""
        start, state = self.newest, dict(self.state)
        levels = dict(self.state[POWER_LEVELS].content["users"])
        levels[self.identity.user(20 + number)] = 25
        one = [self.adds(Draft(POWER_LEVELS[0], {"users": levels}, ""))]
        one.append(self.adds(Draft("m.room.topic", {"topic": f"Roads {number}"}, "")))
        after_one = dict(self.state)
        self.newest, self.state = start, state
        moderator = self.identity.user(1 + number % 9)
        target = self.identity.user(self.members - 1 - number)
        ban = Draft("m.room.member", {"membership": "ban"}, target)
        two = [self.adds(ban, moderator)]
        two.append(self.adds(Draft("m.room.topic", {"topic": f"Rivers {number}"}, ""), moderator))
        # Both come to this state; which topic prevailed does not matter to what follows.
        self.state = {**after_one, member_key(target): two[0]}
        self.newest = [one[-1], two[-1]]
        return [*one, *two]

    # -- joining

    def proposal(self, user_id: str) -> JsonObject:
        """What `make_join` answers."""
        content: JsonObject = {"membership": "join"}
        draft = Draft("m.room.member", content, user_id)
        version = room_version(ROOM_VERSION)
        keys = auth_keys(draft.type, user_id, user_id, content, version)
        event: JsonObject = {
            "type": draft.type,
            "sender": user_id,
            "state_key": user_id,
            "content": content,
            "room_id": self.room_id,
            "depth": self.newest[0].depth + 1,
            "origin_server_ts": START_MS + next(self._numbers),
            "prev_events": [event.event_id for event in self.newest],
            "auth_events": [self.state[key].event_id for key in keys if key in self.state],
        }
        return {"room_version": version.id, "event": event}

    def admits(self, pdu: JsonObject) -> JsonObject:
        """What `send_join` answers: the state before the join, all of it."""
        before = [event.pdu for event in self.state.values()]
        chain = [self.state[key].pdu for key in self._decisive()]
        self.hears(pdu)
        return {
            "origin": self.identity.server_name,
            "event": pdu,
            "state": before,
            "auth_chain": chain,
            "members_omitted": False,
        }

    def _decisive(self) -> Iterable[StateKey]:
        return (CREATE, POWER_LEVELS, JOIN_RULES, member_key(self.identity.user(0)))


def member_key(user_id: str) -> StateKey:
    return ("m.room.member", user_id)
