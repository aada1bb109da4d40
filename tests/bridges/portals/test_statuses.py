"""Whoever writes is told what becomes of it, and may try again."""

from pathlib import Path
from typing import Any

import pytest

from bridges.kit.failures import Rejected, Transient
from bridges.kit.happenings import Delivered, Sender
from bridges.kit.parts import Text
from bridges.portals import departures
from tests.bridges.portals.house import ALICE, BOB
from tests.bridges.portals.macaws import CHAT, POLLY, MacawSession, Visit, visit

STATUS = "com.beeper.message_send_status"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departures, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(departures, "TOLD_AFTER_S", 0.0)


def statuses(here: Visit) -> list[str]:
    return [it["status"] for it in here.house.scribe.contents(here.room, STATUS)]


def again(target: str) -> dict[str, Any]:
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": target, "key": "🔁"}}


async def fails(here: Visit) -> tuple[str, str]:
    """The message, and what is said about it."""
    here.session.refuse_with = Rejected("The parrot sleeps.")
    event_id = await here.says({"msgtype": "m.text", "body": "wake up"})
    await here.house.reads(here.room, "Not delivered: The parrot sleeps. (🔁 tries it again.)")
    notice = next(
        id
        for id, it in here.house.scribe.events.items()
        if "The parrot sleeps" in str(it["content"].get("body"))
    )
    here.session.refuse_with = None
    return event_id, notice


@pytest.mark.parametrize("place", [0, 1])
def test_what_was_refused_is_tried_again_by_a_reaction(tmp_path: Path, place: int) -> None:
    async def story(here: Visit) -> None:
        failed = await fails(here)
        await here.says(again(failed[place]), "m.reaction")
        await here.house.until(lambda: statuses(here) == ["FAIL_RETRIABLE", "SUCCESS"])
        assert [it.transaction for it in here.heard] == [failed[0]]
        gone = [it["redacts"] for it in here.house.scribe.contents(here.room, "m.room.redaction")]
        assert gone == [failed[1]]
        assert here.session.asked == []

    visit(tmp_path, story)


def test_it_may_fail_again_and_be_tried_again(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        event_id, _ = await fails(here)
        here.session.refuse_with = Rejected("The parrot still sleeps.")
        await here.says(again(event_id), "m.reaction")
        await here.house.reads(here.room, "The parrot still sleeps.")
        here.session.refuse_with = None
        await here.says(again(event_id), "m.reaction")
        await here.house.until(lambda: statuses(here)[-1:] == ["SUCCESS"])
        assert statuses(here) == ["FAIL_RETRIABLE", "FAIL_RETRIABLE", "SUCCESS"]

    visit(tmp_path, story)


def test_only_who_wrote_it_tries_it_again(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        event_id, _ = await fails(here)
        await here.house.hears(here.room, "m.reaction", BOB, again(event_id))
        await here.says({"msgtype": "m.text", "body": "good morning"})
        await here.house.until(lambda: here.heard)
        assert [it.parts[0] for it in here.heard if it.transaction == event_id] == []
        await here.says(again("$unknown"), "m.reaction")
        await here.says(again(here.hello), "m.reaction")
        assert await here.is_asked() == [("react", "m0", "🔁")]

    visit(tmp_path, story)


def test_what_waited_says_so_until_it_has_arrived(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.session.refuse_with = Transient("The parrot is out.", 0.01)
        await here.says({"msgtype": "m.text", "body": "come in"})
        await here.house.reads(here.room, "Not delivered yet, and tried again until it is")
        await here.house.until(lambda: statuses(here) == ["PENDING"])
        here.session.refuse_with = None
        await here.house.until(lambda: statuses(here) == ["PENDING", "SUCCESS"])
        assert len(here.house.scribe.contents(here.room, "m.room.redaction")) == 1
        assert len(here.heard) == 1

    visit(tmp_path, story)


def test_who_wishes_for_what_there_is_not_cannot_try_again(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        content = {"name": "South"}
        await here.house.hears(here.room, "m.room.name", ALICE, content, state_key="")
        await here.house.until(lambda: statuses(here) == ["FAIL_PERMANENT"])
        assert "🔁" not in here.house.scribe.texts(here.room)[-1][1]

    visit(tmp_path, story)


def test_it_is_told_whose_devices_have_a_message(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        out = await here.sends({"msgtype": "m.text", "body": "hello"})
        for id in ("polly", "rio", "polly"):
            await here.happens(Delivered(CHAT, Sender(id), out.transaction))
        said = here.house.scribe.contents
        ghosts = ["@net_polly:localhost", "@net_rio:localhost"]
        await here.house.until(lambda: len(said(here.room, STATUS)) == 2)
        reached = [it["delivered_to_users"] for it in said(here.room, STATUS)]
        assert sorted(reached[1]) == ghosts and len(reached[0]) == 1
        last = said(here.room, STATUS)[-1]
        assert last["status"] == "SUCCESS"
        assert last["m.relates_to"] == {"rel_type": "m.reference", "event_id": out.transaction}

    visit(tmp_path, story)


def test_nothing_is_told_where_nobody_wants_it(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.house.shows_delivery = False
        await here.house.starts_again()
        session = here.house.network.sessions["alice"]
        assert isinstance(session, MacawSession)
        here.session = session
        out = await here.sends({"msgtype": "m.text", "body": "hello"})
        await here.happens(Delivered(CHAT, POLLY, out.transaction))
        await here.polly_says(Text("the end"))
        assert statuses(here) == []

    visit(tmp_path, story)
