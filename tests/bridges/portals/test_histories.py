"""The past of a chat comes over once, in order, and what was missed is found."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from bridges.kit.failures import Transient
from bridges.kit.happenings import Message, React, Sender
from bridges.kit.parts import ChatKey, Text
from bridges.portals import histories, sessions
from bridges.storage import histories as storage
from bridges.storage.histories import Batch
from tests.bridges.portals.house import ALICE, House, in_a_house
from tests.bridges.portals.macaws import POLLY, Macaws, MacawSession

CHAT = ChatKey("old")
ROOM = "#net_old:localhost"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(histories, "PATIENCE_S", 0.01)


def said(number: int, **more: Any) -> Message:
    text = Text(f"word {number}")
    return Message(CHAT, POLLY, f"w{number}", (text,), sent_at_ms=1000 * number + 1, **more)


async def visits(house: House, count: int) -> MacawSession:
    """Alice, whose chat has so many old messages, is there."""
    session = await house.logs_in()
    assert isinstance(session, MacawSession)
    session.past = [said(number) for number in range(count)]
    return session


def words(house: House) -> list[str]:
    """What was put before all that was said."""
    room = house.scribe.aliases.get(ROOM, "")
    events = [house.scribe.events[it] for it in house.scribe.past.get(room, [])]
    return [it["content"].get("body", it["type"]) for it in events]


def all_words(count: int) -> list[str]:
    return [f"word {number}" for number in range(count)]


async def opens(house: House, session: MacawSession, number: int) -> str:
    """By a new message."""
    await session.ear.receive(said(number))
    await house.until(lambda: house.scribe.aliases.get(ROOM))
    room = house.scribe.aliases[ROOM]
    await house.reads(room, f"word {number}")
    return room


def test_all_of_it_comes_over_in_order_with_its_times(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await visits(house, 8)
        await opens(house, session, 8)
        await house.until(lambda: len(words(house)) == 8)
        assert words(house) == all_words(8)
        events = [house.scribe.events[it] for it in house.scribe.past[house.scribe.aliases[ROOM]]]
        assert [it["origin_server_ts"] for it in events] == [1000 * it + 1 for it in range(8)]
        assert {it["sender"] for it in events} == {"@net_polly:localhost"}

    in_a_house(tmp_path / "bridge.db", story, Macaws)


def test_the_newest_page_is_there_before_the_person_is_invited(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await visits(house, 8)
        await opens(house, session, 8)
        paths = [it.path for it in house.scribe.calls]
        first = next(place for place, it in enumerate(paths) if it.endswith("batch_send"))
        invited = [it for it in paths[:first] if "m.room.member/%40alice" in it]
        assert invited == []

    in_a_house(tmp_path / "bridge.db", story, Macaws)


def test_what_is_known_already_does_not_come_twice(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await visits(house, 6)
        await opens(house, session, 5)
        await house.until(lambda: len(words(house)) == 5)
        await session.ear.receive(said(2))
        await session.ear.receive(said(7))
        room = house.scribe.aliases[ROOM]
        await house.reads(room, "word 7")
        assert words(house) == all_words(5)
        assert [it for _, it in house.scribe.texts(room)] == ["word 5", "word 7"]

    in_a_house(tmp_path / "bridge.db", story, Macaws)


def test_what_is_newer_than_what_is_here_is_no_past(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await visits(house, 8)
        session.past += [said(8), said(9)]
        room = await opens(house, session, 8)
        await house.until(lambda: len(words(house)) == 8)
        await session.ear.receive(said(9))
        await house.reads(room, "word 9")
        assert words(house) == all_words(8)
        assert [it for _, it in house.scribe.texts(room)] == ["word 8", "word 9"]

    in_a_house(tmp_path / "bridge.db", story, Macaws)


def test_what_arrives_while_the_past_is_sent_is_said_once(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await visits(house, 0)
        room = await opens(house, session, 1)
        batch = Batch("mark", (("w2", "@net_polly:localhost"),), None)
        write = house.bridge.ground.db.write
        assert await write(storage.note_batch, CHAT, batch)
        for number in (2, 3):
            await session.ear.receive(said(number))
        progress = await write(storage.progress, CHAT)
        assert progress is not None
        await write(storage.finish_batch, progress, batch, ["$2"])
        await house.reads(room, "word 3")
        assert [it for _, it in house.scribe.texts(room)] == ["word 1", "word 3"]

    in_a_house(tmp_path / "bridge.db", story, Macaws)


def test_a_batch_whose_answer_was_lost_is_found_and_not_sent_again(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await visits(house, 8)
        house.scribe.faults.answers_lost = 2
        await session.ear.receive(said(8))
        await house.until(lambda: len(words(house)) == 8)
        await asyncio.sleep(0.05)
        assert words(house) == all_words(8)

    in_a_house(tmp_path / "bridge.db", story, Macaws)


def test_it_goes_on_after_a_restart_and_waits_for_the_network(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await visits(house, 8)
        session.page_size = 1
        await session.ear.receive(said(8))
        await house.until(lambda: len(words(house)) >= 2)
        await house.closes()
        await house.opens()
        await house.until(lambda: "alice" in house.network.sessions)
        again = house.network.sessions["alice"]
        assert isinstance(again, MacawSession)
        again.history_away = 2
        again.past = [said(number) for number in range(8)]
        await house.until(lambda: len(words(house)) == 8)
        assert words(house) == all_words(8)

    in_a_house(tmp_path / "bridge.db", story, Macaws)


def test_answers_are_quoted_and_reactions_come_along(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await visits(house, 2)
        session.past[1] = said(1, reply_to="w0")
        session.past_reactions = [React(CHAT, Sender("rio", "Rio"), "w0", "👍")]
        await opens(house, session, 5)
        await house.until(lambda: len(words(house)) == 3)
        assert words(house) == ["m.reaction", "word 0", "> Polly: word 0\nword 1"]

    in_a_house(tmp_path / "bridge.db", story, Macaws)


def test_where_no_batches_are_taken_the_last_words_are_said_first(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        house.scribe.faults.takes_batches = False
        session = await visits(house, 8)
        room = await opens(house, session, 8)
        assert [it for _, it in house.scribe.texts(room)] == all_words(9)

    in_a_house(tmp_path / "bridge.db", story, Macaws)


def test_what_was_said_while_nobody_listened_is_found(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await visits(house, 2)
        room = await opens(house, session, 2)
        await house.until(lambda: len(words(house)) == 2)
        session.past = [said(number) for number in range(9)]
        session.orders.put_nowait(Transient("gone"))
        await house.reads(room, "word 8")
        assert [it for _, it in house.scribe.texts(room)] == all_words(9)[2:]

    in_a_house(tmp_path / "bridge.db", story, Macaws)


def test_what_was_missed_is_found_also_before_what_we_have_said_since(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await visits(house, 2)
        room = await opens(house, session, 2)
        await house.until(lambda: len(words(house)) == 2)
        await house.says(ALICE, room, "mine")
        await house.until(lambda: session.heard)
        mine = evolve(said(4), id=session.heard[0].transaction, sender=Sender("alice", me=True))
        session.past = [said(0), said(1), said(2), said(3), mine]
        session.orders.put_nowait(Transient("gone"))
        await house.reads(room, "word 3")
        assert [it for _, it in house.scribe.texts(room)] == ["word 2", "word 3"]

    in_a_house(tmp_path / "bridge.db", story, Macaws)
