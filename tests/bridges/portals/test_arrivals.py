"""What the network says waits for a homeserver that is away, and comes over once, in order."""

import asyncio
from pathlib import Path

from bridges.kit.happenings import Message, Sender
from bridges.kit.parts import ChatKey, Text
from bridges.storage import outbox
from tests.bridges.portals.house import House, in_a_house

CHATS, EACH = 10, 100
POLLY = Sender("polly", "Polly")


def says(chat: int, number: int) -> Message:
    return Message(ChatKey(f"tree{chat}"), POLLY, f"m{number}", (Text(f"words {number}"),))


async def rooms_of(house: House) -> list[str]:
    """Of ten chats, each with a first message."""
    session = await house.logs_in()
    return [await house.portal(session, says(chat, 0)) for chat in range(CHATS)]


def heard_in(house: House, room: str) -> list[str]:
    return [text for _, text in house.scribe.texts(room)]


def all_words(count: int) -> list[str]:
    return [f"words {number}" for number in range(count)]


def test_a_thousand_messages_wait_for_the_homeserver_also_through_a_restart(
    tmp_path: Path,
) -> None:
    async def story(house: House) -> None:
        rooms = await rooms_of(house)
        await house.until(lambda: all(heard_in(house, it) == ["words 0"] for it in rooms))
        house.scribe.faults.is_away = True
        for number in range(1, EACH):
            for chat in range(CHATS):
                await house.network.sessions["alice"].ear.receive(says(chat, number))
            if number == EACH // 2:
                await house.starts_again()
        waiting, _ = await house.bridge.ground.db.write(outbox.lengths)
        assert waiting == CHATS * (EACH - 1)
        assert len(house.bridge.arrivals._queues._workers) == CHATS

        # Offered again by a network that did not hear that we have them.
        for chat in range(CHATS):
            await house.network.sessions["alice"].ear.receive(says(chat, EACH - 1))
        house.scribe.faults.is_away = False
        house.scribe.faults.moved.set()
        for room in rooms:
            await house.reads(room, f"words {EACH - 1}")
        for room in rooms:
            assert heard_in(house, room) == all_words(EACH)
        assert await house.bridge.ground.db.write(outbox.lengths) == (0, 0)

    in_a_house(tmp_path / "bridge.db", story)


def test_a_room_that_is_stuck_holds_up_no_other(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        rooms = await rooms_of(house)
        await house.until(lambda: all(heard_in(house, it) == ["words 0"] for it in rooms))
        house.scribe.faults.stuck.add(rooms[0])
        for number in range(1, 20):
            for chat in range(CHATS):
                await house.network.sessions["alice"].ear.receive(says(chat, number))
        async with asyncio.timeout(5):
            for room in rooms[1:]:
                await house.reads(room, "words 19")
        assert heard_in(house, rooms[0]) == ["words 0"]
        house.scribe.faults.stuck.clear()
        house.scribe.faults.moved.set()
        await house.reads(rooms[0], "words 19")
        assert all(heard_in(house, it) == all_words(20) for it in rooms)

    in_a_house(tmp_path / "bridge.db", story)
