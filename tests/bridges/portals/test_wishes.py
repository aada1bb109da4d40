"""What people on Matrix change about a room is asked of the network, or refused in words."""

from pathlib import Path
from typing import Any

from tests.bridges.portals.house import ALICE
from tests.bridges.portals.macaws import Visit, visit

GHOST = "@net_polly:localhost"


async def changes(
    here: Visit, type: str, content: dict[str, Any], before: dict[str, Any], key: str = ""
) -> None:
    await here.house.hears(
        here.room, type, ALICE, content, state_key=key, unsigned={"prev_content": before}
    )


def test_topic_and_picture_are_set(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.files["mxc://localhost/face"] = b"png"
        await changes(here, "m.room.topic", {"topic": "squawks"}, {})
        await changes(here, "m.room.avatar", {"url": "mxc://localhost/face"}, {})
        await changes(here, "m.room.avatar", {}, {})
        asked = [("set_topic", "squawks"), ("set_picture", b"png"), ("set_picture", None)]
        assert await here.is_asked(3) == asked

    visit(tmp_path, story)


def test_what_cannot_be_changed_there_is_refused(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        await changes(here, "m.room.name", {"name": "South"}, {})
        text = "Not delivered: The name of this chat cannot be changed from here."
        await here.house.reads(here.room, text)

    visit(tmp_path, story)


def test_members_are_invited_kicked_banned_and_forgiven(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        for now, before in (
            ("invite", "leave"),
            ("leave", "join"),
            ("ban", "join"),
            ("leave", "ban"),
        ):
            content = {"membership": now, "reason": "squawking"}
            await changes(here, "m.room.member", content, {"membership": before}, GHOST)
        await changes(here, "m.room.member", {"membership": "join"}, {}, ALICE)
        await changes(here, "m.room.member", {"membership": "invite"}, {}, "@bob:localhost")
        await changes(here, "m.room.topic", {"topic": "after all"}, {})
        assert await here.is_asked(5) == [
            ("invite", "polly"),
            ("kick", "polly", "squawking"),
            ("ban", "polly", "squawking"),
            ("unban", "polly"),
            ("set_topic", "after all"),
        ]

    visit(tmp_path, story)


def test_only_levels_that_change_are_set(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        before = {"users": {GHOST: 0, ALICE: 50, "@net_rio:localhost": 50}}
        now = {"users": {GHOST: 50, ALICE: 50, "@bob:localhost": 10}}
        await changes(here, "m.room.power_levels", now, before)
        assert await here.is_asked() == [("set_levels", {"polly": 50, "rio": 0})]

    visit(tmp_path, story)


def test_pins_are_set_and_taken_away(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        pinned = {"pinned": [here.hello, "$unknown"]}
        await changes(here, "m.room.pinned_events", pinned, {})
        await changes(here, "m.room.pinned_events", {"pinned": []}, pinned)
        assert await here.is_asked(2) == [("pin", "m0", True), ("pin", "m0", False)]

    visit(tmp_path, story)


def test_who_is_carried_by_another_changes_nothing(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        carol = "@carol:elsewhere"
        await here.house.hears(here.room, "m.room.topic", carol, {"topic": "mine"}, state_key="")
        await changes(here, "m.room.topic", {"topic": "ours"}, {})
        assert await here.is_asked() == [("set_topic", "ours")]

    visit(tmp_path, story)
