"""A silent connection is made anew, and a login speaks no faster than it may."""

import asyncio
from pathlib import Path

import pytest
from attrs import evolve

from bridges.kit.failures import RateLimited
from bridges.kit.happenings import Message, Sender
from bridges.kit.network import Capabilities
from bridges.kit.parts import ChatKey, Text, plain
from bridges.portals import sessions
from bridges.portals.liveness import Pace, Paces
from tests.bridges.portals.house import ALICE, House, in_a_house
from tests.bridges.portals.parrots import Parrots, ParrotSession
from tests.bridges.portals.test_sessions import HELLO


def test_a_bucket_gives_a_burst_and_then_one_by_one() -> None:
    async def act() -> None:
        pace, clock = Pace(per_s=50, burst=3), asyncio.get_running_loop().time
        begun = clock()
        for _ in range(3):
            await pace.turn()
        assert clock() - begun < 0.02
        for _ in range(5):
            await pace.turn()
        assert 0.095 <= clock() - begun < 0.5
        await asyncio.sleep(1)
        begun = clock()
        for _ in range(3):
            await pace.turn()
        assert clock() - begun < 0.02
        unlimited = Pace(None)
        for _ in range(1000):
            await unlimited.turn()

    asyncio.run(act())


def test_a_chat_has_a_pace_of_its_own_and_holds_up_no_other() -> None:
    async def act() -> None:
        can = Capabilities(messages_per_s_in_chat=20, burst_in_chat=2)
        paces, clock = Paces(Pace(None)), asyncio.get_running_loop().time
        north, south = ChatKey("north"), ChatKey("south")
        begun = clock()
        slow = asyncio.gather(*(paces.turn(north, can) for _ in range(4)))
        await asyncio.gather(*(paces.turn(south, can) for _ in range(2)))
        assert clock() - begun < 0.04 and not slow.done()
        await slow
        assert clock() - begun >= 0.095
        for _ in range(100):
            await paces.turn(south, Capabilities())

    asyncio.run(act())


def test_turns_are_taken_in_the_order_of_asking() -> None:
    async def act() -> None:
        pace, order = Pace(per_s=200), list[int]()

        async def speak(number: int) -> None:
            await pace.turn()
            order.append(number)

        await asyncio.gather(*(speak(number) for number in range(10)))
        assert order == list(range(10))

    asyncio.run(act())


class QuietSession(ParrotSession):
    capabilities = evolve(Capabilities(), silence_max_s=0.1)


class Quiet(Parrots):
    session_class = QuietSession


def test_a_silent_connection_is_made_anew_and_a_living_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "FIRST_WAIT_S", 0.01)

    async def story(house: House) -> None:
        session = await house.logs_in()
        running = house.bridge.sessions.of_user(ALICE)[0]
        for _ in range(10):
            session.ear.alive()
            await asyncio.sleep(0.03)
        assert session.runs == 1 and running.is_connected
        await house.until(lambda: session.runs == 2)

    in_a_house(tmp_path / "bridge.db", story, breed=Quiet)


def test_a_portal_that_is_told_to_wait_holds_up_no_other(tmp_path: Path) -> None:
    south = Message(ChatKey("south"), Sender("polly", "Polly"), "m1", (Text("hi"),))

    async def story(house: House) -> None:
        session = await house.logs_in()
        north, other = [await house.portal(session, it) for it in (HELLO, south)]
        await house.reads(north, "hello")
        await house.reads(other, "hi")
        session.refuse_with = RateLimited(0.3)
        await house.says(ALICE, north, "one")
        await house.says(ALICE, north, "two")
        await house.until(lambda: house.bridge.ground.tally.tried_again)
        session.refuse_with = None
        await house.says(ALICE, other, "three")
        await house.until(lambda: len(session.heard) == 3)
        assert [plain(it.parts) for it in session.heard] == ["three", "one", "two"]

    in_a_house(tmp_path / "bridge.db", story)
