"""What waits to be carried over is kept once, in order, on both databases."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bridges.kit.happenings import Edit, Message, React, Sender
from bridges.kit.parts import ChatKey, Location, Media, Span, Text, Unknown
from bridges.storage import messages, outbox
from bridges.storage.database import Database, Transaction
from bridges.storage.encoding import from_text, to_text
from bridges.storage.messages import Pair

CHAT, OTHER = ChatKey("#one", "alice"), ChatKey("#two", "alice")
BOB = Sender("bob", "Bob")


def with_database(location: str, story: Callable[[Database], Awaitable[None]]) -> None:
    async def act() -> None:
        db = Database(location)
        await db.start()
        try:
            await story(db)
        finally:
            await db.stop()

    asyncio.run(act())


def message(id: str, chat: ChatKey = CHAT) -> Message:
    return Message(chat, BOB, id, (Text(f"message {id}"),))


def test_messages_wait_in_order_and_survive_a_restart(location: str) -> None:
    async def arrive(db: Database) -> None:
        for id in ("b", "a", "c"):
            assert await db.write(outbox.add_arrival, "alice", message(id))
        assert await db.write(outbox.add_arrival, "alice", message("b", OTHER))

    async def carry(db: Database) -> None:
        assert set(await db.write(outbox.chats_waiting)) == {CHAT, OTHER}
        seen = []
        while arrival := await db.write(outbox.next_arrival, CHAT):
            seen.append(arrival.happening)
            await db.write(outbox.remove_arrival, arrival)
        assert seen == [message("b"), message("a"), message("c")]
        assert await db.write(outbox.lengths) == (1, 0)

    with_database(location, arrive)
    with_database(location, carry)


def test_what_is_removed_twice_takes_nothing_else_along(location: str) -> None:
    async def story(db: Database) -> None:
        await db.write(outbox.add_arrival, "alice", message("a"))
        arrived = await db.write(outbox.next_arrival, CHAT)
        assert arrived is not None
        await db.write(outbox.remove_arrival, arrived)
        await db.write(outbox.add_arrival, "alice", message("b"))
        await db.write(outbox.remove_arrival, arrived)
        waiting = await db.write(outbox.next_arrival, CHAT)
        assert waiting is not None and waiting.happening == message("b")

    with_database(location, story)


def test_a_message_is_known_while_it_waits_and_after_it_has_arrived(location: str) -> None:
    async def story(db: Database) -> None:
        assert await db.write(outbox.add_arrival, "alice", message("a"))
        assert not await db.write(outbox.add_arrival, "bob", message("a"))
        arrival = await db.write(outbox.next_arrival, CHAT)
        assert arrival is not None
        pair = Pair("a", "$a", "@net_bob:localhost")
        await db.write(messages.pair, CHAT, pair)
        await db.write(outbox.remove_arrival, arrival)
        assert not await db.write(outbox.add_arrival, "alice", message("a"))
        assert await db.write(messages.by_event, CHAT, "$a") == pair

    with_database(location, story)


def test_the_same_reaction_twice_is_two_happenings(location: str) -> None:
    async def story(db: Database) -> None:
        react = React(CHAT, BOB, "a", "👍")
        assert await db.write(outbox.add_arrival, "alice", react)
        assert await db.write(outbox.add_arrival, "alice", react)

    with_database(location, story)


def test_a_transaction_of_the_homeserver_counts_once(location: str) -> None:
    events = [
        {"event_id": f"${number}", "room_id": "!a", "type": "m.room.message", "content": {}}
        for number in range(3)
    ]

    async def story(db: Database) -> None:
        assert await db.write(outbox.add_departures, "1", events[:2])
        assert not await db.write(outbox.add_departures, "1", events[:2])
        assert await db.write(outbox.add_departures, "2", events[1:])
        assert await db.write(outbox.rooms_waiting) == ["!a"]
        seen = []
        while departure := await db.write(outbox.next_departure, "!a"):
            seen.append(departure.event)
            await db.write(outbox.remove_departure, departure)
        assert seen == events

    with_database(location, story)


def test_what_is_removed_twice_takes_nothing_else_with_it(location: str) -> None:
    async def story(db: Database) -> None:
        await db.write(outbox.add_arrival, "alice", message("a"))
        first = await db.write(outbox.next_arrival, CHAT)
        assert first is not None
        await db.write(outbox.remove_arrival, first)
        await db.write(outbox.add_arrival, "alice", message("b"))
        await db.write(outbox.remove_arrival, first)
        second = await db.write(outbox.next_arrival, CHAT)
        assert second is not None
        assert (second.place, second.happening) == (first.place, message("b"))

    with_database(location, story)


def test_work_that_fails_changes_nothing(location: str) -> None:
    def half(txn: Transaction) -> None:
        outbox.add_arrival(txn, "alice", message("a"))
        raise RuntimeError("the lights go out")

    async def story(db: Database) -> None:
        with pytest.raises(RuntimeError):
            await db.write(half)
        assert await db.write(outbox.next_arrival, CHAT) is None

    with_database(location, story)


def test_happenings_come_back_as_they_were() -> None:
    parts = (
        Text("bold", (Span(0, 4, "bold"),), "act"),
        Media("image", "cat.png", "image/png", b"\x00\xff"),
        Location(1.5, -2.0, "here"),
        Unknown("a dance"),
    )
    for happening in (Message(CHAT, BOB, "a", parts, "b", 7), Edit(OTHER, BOB, "e", "a", parts)):
        assert from_text(to_text(happening)) == happening
