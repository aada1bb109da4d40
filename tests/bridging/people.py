"""Somebody with a client, who uses a bridge."""

from typing import Any
from urllib.parse import quote

from tests.appservices.people import User

BOT = "@netbot:localhost"
JsonObject = dict[str, Any]


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
    path = f"/v3/rooms/{quote(room)}/send/{type}/{unique}"
    return str((await user.ask("PUT", path, content))["event_id"])


async def has_said(user: User, room: str, sender: str) -> list[str]:
    """All texts of the sender, in the order of the room."""
    found: list[str] = []
    query = {"dir": "f", "limit": "500"}
    while True:
        page = await user.ask("GET", f"/v3/rooms/{quote(room)}/messages", **query)
        found += [
            str(it["content"].get("body"))
            for it in page["chunk"]
            if it["sender"] == sender and it["type"] == "m.room.message"
        ]
        if "end" not in page:
            return found
        query["from"] = page["end"]
