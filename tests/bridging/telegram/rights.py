"""What Alice on Matrix and Bob on Telegram let Eve do."""

import asyncio
from typing import Any
from urllib.parse import quote

from tests.bridges.networks.telegram.simulator.people import Person as Telegrammer
from tests.bridges.networks.telegram.simulator.places import membership
from tests.bridges.networks.telegram.simulator.world import Chat, World
from tests.bridging.people import Person, state

PATIENCE_S = 20


async def until(world: World, wanted: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await world.until(wanted)


async def give_rights_and_take_them(
    alice: Person, world: World, bob: Telegrammer, where: tuple[Chat, str]
) -> None:
    """Matrix' levels are Telegram's rights; bans go both ways, and end both ways."""
    chat, room = where
    path = f"/v3/rooms/{quote(room)}"
    eve = Telegrammer.arrives(world, "Eve")
    ghost = f"@net_{eve.id}:localhost"
    eve.joins(chat)
    eve.says(chat, "may I help")
    await alice.reads(room, "may I help")

    async def becomes(membership: str) -> None:
        await alice.sees(
            lambda event: (
                event["room_id"] == room
                and event.get("state_key") == ghost
                and event["content"].get("membership") == membership
            )
        )
        alice.seen.clear()

    levels = await state(alice, room, "m.room.power_levels")
    for level, status in ((-1, "restricted"), (0, "member"), (50, "administrator")):
        levels["users"][ghost] = level
        await alice.ask("PUT", f"{path}/state/m.room.power_levels/", levels)
        await until(world, lambda wanted=status: chat.members[eve.id] == wanted)
    chat.members[eve.id] = "member"
    world.tells("chat_member", membership(world, chat, bob.user, eve.id, "administrator"), chat)
    changed = await alice.sees(
        lambda event: (
            event["type"] == "m.room.power_levels"
            and event["sender"] != alice.user_id
            and event["content"]["users"].get(ghost) == 0
        )
    )
    assert changed["room_id"] == room

    alice.seen.clear()
    await alice.ask("POST", f"{path}/ban", {"user_id": ghost, "reason": "enough"})
    await until(world, lambda: chat.members[eve.id] == "kicked")
    await becomes("ban")
    for was, status, shown in (
        ("kicked", "left", "leave"),
        ("left", "kicked", "ban"),
        ("kicked", "left", "leave"),
    ):
        chat.members[eve.id] = status
        world.tells("chat_member", membership(world, chat, bob.user, eve.id, was), chat)
        await becomes(shown)
