"""Somebody with a client, who uses a bridge; `sealed_people.py` has those who encrypt."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote

from attrs import define

from bridges.matrix.batches import TOKEN
from tests.appservices.people import PATIENCE_S, User

BOT = "@netbot:localhost"
JsonObject = dict[str, Any]
T = TypeVar("T")


async def becomes(look: Callable[[], Awaitable[T]]) -> T:
    """The first answer that says something."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.1)


async def meets_the_bot(user: User) -> str:
    """The management room."""
    room = await user.creates_room(invite=[BOT], is_direct=True)
    await user.reads(room, "This is the bridge to")
    return room


async def logs_in(user: User, room: str, **answers: str) -> None:
    """`answers` by a word of their question."""
    await user.says(room, "login")
    for word, answer in answers.items():
        await user.reads(room, word)
        await user.says(room, answer)
    await user.reads(room, "You are logged in")


async def opens(user: User, room: str, chat: str) -> str:
    await user.says(room, f"open {chat}")
    portal = await user.is_invited()
    await user.joins(portal)
    return portal


async def state(user: User, room: str, type: str, key: str = "") -> JsonObject:
    path = f"/v3/rooms/{quote(room)}/state/{quote(type)}/{quote(key, safe='')}"
    return await user.ask("GET", path)


async def sends(user: User, room: str, type: str, content: JsonObject, unique: str) -> str:
    return await user.sends(room, type, content, unique)


@define(eq=False)
class Person(User):
    """With the words of the conversations, which are the same in every kind of room."""

    async def shows(
        self, room: str, name: str, mimetype: str, data: bytes, msgtype: str = "m.file", **more: Any
    ) -> str:
        info = {"mimetype": mimetype, "size": len(data)}
        content = {"msgtype": msgtype, "body": name, "info": info, **await self.uploads(data)}
        return await self.sends(room, "m.room.message", content | more)

    async def speaks(self, room: str, name: str, mimetype: str, data: bytes) -> str:
        """A voice message."""
        mark: JsonObject = {"org.matrix.msc3245.voice": {}}
        return await self.shows(room, name, mimetype, data, "m.audio", **mark)

    async def uploads(self, data: bytes) -> JsonObject:
        """What an event says of the file."""
        url = f"{self.base_url}/_matrix/media/v3/upload"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.post(url, data=data, headers=headers) as response:
            return {"url": (await response.json())["content_uri"]}

    async def opens_file(self, event: JsonObject) -> bytes:
        """What is in the file of an event."""
        return await self.downloads(event["content"]["url"])

    async def downloads(self, uri: str) -> bytes:
        path = f"/_matrix/client/v1/media/download/{uri.removeprefix('mxc://')}"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.get(self.base_url + path, headers=headers) as response:
            assert response.status == 200, await response.text()
            return await response.read()

    async def edits(self, room: str, event_id: str, text: str) -> str:
        new = {"msgtype": "m.text", "body": text}
        relates = {"rel_type": "m.replace", "event_id": event_id}
        content = {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relates}
        return await self.sends(room, "m.room.message", content)

    async def answers(self, room: str, event_id: str, text: str) -> str:
        content = {"msgtype": "m.text", "body": text}
        relates = {"m.relates_to": {"m.in_reply_to": {"event_id": event_id}}}
        return await self.sends(room, "m.room.message", content | relates)

    async def reacts(self, room: str, event_id: str, key: str) -> str:
        relates = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.sends(room, "m.reaction", {"m.relates_to": relates})

    async def redacts(self, room: str, event_id: str) -> None:
        path = f"/v3/rooms/{quote(room)}/redact/{quote(event_id)}/{event_id[1:]}"
        await self.ask("PUT", path, {})

    async def types(self, room: str) -> None:
        path = f"/v3/rooms/{quote(room)}/typing/{quote(self.user_id)}"
        await self.ask("PUT", path, {"typing": True, "timeout": 5000})

    async def has_read(self, room: str, event_id: str) -> None:
        path = f"/v3/rooms/{quote(room)}/receipt/m.read/{quote(event_id)}"
        await self.ask("POST", path, {})

    async def sets(self, room: str, type: str, content: JsonObject) -> None:
        """Of the room's state."""
        await self.ask("PUT", f"/v3/rooms/{quote(room)}/state/{type}/", content)

    async def kicks(self, room: str, user: str, deed: str = "kick") -> None:
        """Or bans, or invites: what `deed` says."""
        await self.ask("POST", f"/v3/rooms/{quote(room)}/{deed}", {"user_id": user})

    async def sees_typing(self, room: str, user: str) -> None:
        await self.sees_passing("m.typing", room, lambda it: user in it["user_ids"])

    async def sees_receipt(self, room: str, user: str, event_id: str) -> None:
        await self.sees_passing(
            "m.receipt", room, lambda it: user in it.get(event_id, {}).get("m.read", {})
        )

    async def sees_passing(self, type: str, room: str, wanted: Any) -> None:
        await self._until(
            lambda: next(
                (
                    it
                    for it in self.passing
                    if it["type"] == type and it["room_id"] == room and wanted(it["content"])
                ),
                None,
            )
        )

    async def sees_member(self, room: str, user: str, membership: str) -> JsonObject:
        return await self.sees(
            lambda it: (
                it["type"] == "m.room.member"
                and it["room_id"] == room
                and it["state_key"] == user
                and it["content"]["membership"] == membership
            )
        )

    async def sees_redaction(self, event_id: str) -> JsonObject:
        return await self.sees(
            lambda it: (
                it["type"] == "m.room.redaction"
                and event_id in (it.get("redacts"), it["content"].get("redacts"))
            )
        )

    async def sees_reaction(self, user: str, event_id: str, key: str = "") -> JsonObject:
        def fits(event: JsonObject) -> bool:
            about = event["content"].get("m.relates_to", {})
            right = about.get("event_id") == event_id and key in ("", about.get("key"))
            return event["type"] == "m.reaction" and event["sender"] == user and right

        return await self.sees(fits)

    async def history(self, room: str) -> list[JsonObject]:
        """All events of a room in its order, as the homeserver has them."""
        found: list[JsonObject] = []
        query = {"dir": "f", "limit": "500"}
        while True:
            page = await self.ask("GET", f"/v3/rooms/{quote(room)}/messages", **query)
            found += page["chunk"]
            if "end" not in page:
                return found
            query["from"] = page["end"]

    async def recalls(self, room: str, text: str) -> JsonObject:
        """A message of the past, which no sync brings."""

        async def look() -> JsonObject:
            events = [self.unsealed(room, it) for it in await self.history(room)]
            return next((it for it in events if text == it["content"].get("body")), {})

        return await becomes(look)

    def unsealed(self, room: str, event: JsonObject) -> JsonObject:
        """An event of the history, as this person reads it."""
        return event


async def has_said(person: Person, room: str, sender: str) -> list[str]:
    """All texts of the sender, in the order of the room."""
    events = [person.unsealed(room, it) for it in await person.history(room)]
    return [
        str(it["content"].get("body"))
        for it in events
        if it["sender"] == sender and it["type"] == "m.room.message"
    ]


async def readable(person: Person) -> list[JsonObject]:
    """What the homeserver can read of what was said in the person's rooms."""
    rooms = (await person.ask("GET", "/v3/joined_rooms"))["joined_rooms"]
    events = [it for room in rooms for it in await person.history(room)]
    return [it for it in events if "state_key" not in it and not is_sealed(it)]


MEGOLM = {"algorithm", "ciphertext", "device_id", "sender_key", "session_id"}
SEALED = {*MEGOLM, "m.relates_to", TOKEN}
RELATION = {"event_id", "rel_type", "m.in_reply_to", "is_falling_back"}


def is_sealed(event: JsonObject) -> bool:
    """Servers have to understand reactions, redactions and what an event relates to."""
    if event["type"] in ("m.reaction", "m.room.redaction"):
        return True
    content: JsonObject = event["content"]
    relation: JsonObject = content.get("m.relates_to", {})
    return (
        event["type"] == "m.room.encrypted"
        and content.keys() <= SEALED
        and relation.keys() <= RELATION
    )
