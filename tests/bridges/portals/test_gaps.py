"""Who came and who left while the bridge was away is made so in the room."""

from pathlib import Path

import pytest

from bridges.kit.chats import Chat
from bridges.kit.failures import Transient
from bridges.portals import gaps, sessions
from tests.bridges.portals.macaws import Visit, visit

POLLY, RIO, ALICES = "@net_polly:localhost", "@net_rio:localhost", "@net_alice:localhost"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(gaps, "PACE_S", 0.01)


def is_there(here: Visit, user: str) -> bool:
    return user in here.house.scribe.joined(here.room)


async def connects_again(here: Visit, about: Chat) -> None:
    here.session.about = about
    runs = here.session.runs
    here.session.orders.put_nowait(Transient("gone"))
    await here.house.until(lambda: here.session.runs == runs + 1)


def test_members_are_compared_after_each_connection(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        assert is_there(here, POLLY) and not is_there(here, RIO)
        members = {"rio": "Rio", "alice": "I myself"}
        await connects_again(here, Chat("North", members=members, has_all_members=True))
        await here.house.until(lambda: is_there(here, RIO) and not is_there(here, POLLY))
        assert not is_there(here, ALICES)

    visit(tmp_path, story)


def test_nobody_leaves_who_may_be_there_still(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        await connects_again(here, Chat("North", members={"rio": "Rio"}))
        await here.house.until(lambda: is_there(here, RIO))
        await connects_again(here, Chat("North", members={}, has_all_members=True))
        await here.house.until(lambda: here.session.runs == 3)
        assert is_there(here, POLLY) and is_there(here, RIO)

    visit(tmp_path, story)


def test_a_crowd_is_not_let_in_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaps, "MAX_FIRST_MEMBERS", 2)

    async def story(here: Visit) -> None:
        crowd = {f"rio{number}": "Rio" for number in range(3)}
        await connects_again(here, Chat("North", members=crowd, has_all_members=True))
        await here.house.until(lambda: not is_there(here, POLLY))
        assert len(here.house.scribe.joined(here.room)) == 1

    visit(tmp_path, story)
