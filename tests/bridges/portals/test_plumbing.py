"""A room that was there before is joined to a chat by those who may, and set free again."""

from pathlib import Path
from typing import Any

from bridges.kit.happenings import ChatChange, Message, Sender
from bridges.kit.parts import ChatKey, Text, plain
from tests.bridges.portals.house import ALICE, BOB, House, in_a_house
from tests.bridges.portals.scribe import BOT

ROOM = "!club:localhost"
POLLY = Sender("polly", "Polly")
GHOST = "@net_polly:localhost"


async def club(house: House, **levels: Any) -> None:
    """A room of three, into which the bot is invited."""
    for user in (ALICE, BOB):
        house.scribe.state[ROOM, "m.room.member", user] = {"membership": "join"}
    users = {ALICE: 100, BOT: 50}
    house.scribe.state[ROOM, "m.room.power_levels", ""] = {"users": users} | levels
    await house.hears(ROOM, "m.room.member", ALICE, {"membership": "invite"}, state_key=BOT)
    await house.reads(ROOM, "A moderator may say `!parrots plumb NAME`")


def test_what_is_said_on_either_side_is_heard_on_the_other(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        await club(house)
        await house.says(ALICE, ROOM, "not a command")
        await house.says(ALICE, ROOM, "!parrots plumb north")
        await house.reads(ROOM, "This room is joined to north.")
        bridged = house.scribe.state[ROOM, "m.bridge", "parrots:north"]
        assert bridged["channel"]["id"] == "north"

        await session.ear.receive(Message(ChatKey("north"), POLLY, "m1", (Text("hello club"),)))
        assert await house.reads(ROOM, "hello club") == GHOST
        await house.says(BOB, ROOM, "hello parrot")
        await house.until(lambda: session.heard)
        assert plain(session.heard[0].parts) == "<@bob:localhost> hello parrot"
        await session.ear.receive(ChatChange(ChatKey("north"), POLLY, "c1", name="south"))
        await session.ear.receive(Message(ChatKey("north"), POLLY, "m2", (Text("bye"),)))
        await house.reads(ROOM, "bye")
        assert (ROOM, "m.room.name", "") not in house.scribe.state

        await house.says(BOB, ROOM, "!parrots unplumb")
        await house.reads(ROOM, "That is for moderators of this room.")
        await house.says(ALICE, ROOM, "!parrots unplumb")
        await house.reads(ROOM, "joined to nothing any more")
        left = {"membership": "leave"}
        await house.until(lambda: house.scribe.state[ROOM, "m.room.member", BOT] == left)
        assert house.scribe.state[ROOM, "m.room.member", GHOST] == left

    in_a_house(tmp_path / "bridge.db", story)


def test_who_may_not_decide_about_a_room_joins_it_to_nothing(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.logs_in()
        await house.logs_in(BOB, "Bob")
        await club(house, invite=60)
        await house.says(BOB, ROOM, "!parrots plumb north")
        await house.reads(ROOM, "That is for moderators of this room.")
        await house.says(ALICE, ROOM, "!parrots plumb north")
        await house.reads(ROOM, "give me a power level of 60")
        await house.says("@carol:localhost", ROOM, "!parrots plumb north")
        await house.reads(ROOM, "Say `login` first.")

    in_a_house(tmp_path / "bridge.db", story)


def test_a_chat_has_one_room_and_a_room_one_chat(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.logs_in()
        manage = "!manage-alice:localhost"
        await house.says(ALICE, manage, "open north")
        await house.reads(manage, "You are invited into the room of north.")
        await club(house)
        await house.says(ALICE, ROOM, "!parrots plumb north")
        await house.reads(ROOM, "That chat has a room already")
        await house.says(ALICE, ROOM, "!parrots plumb south")
        await house.reads(ROOM, "This room is joined to south.")
        await house.says(ALICE, ROOM, "!parrots plumb east")
        await house.reads(ROOM, "This room is joined to a chat already.")

    in_a_house(tmp_path / "bridge.db", story)
