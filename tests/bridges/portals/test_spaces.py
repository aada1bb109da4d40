"""The chats of a login stand together in a space."""

from pathlib import Path

from bridges.kit.happenings import Message, Sender
from bridges.kit.parts import ChatKey, Text
from tests.bridges.portals.house import ALICE, House, in_a_house
from tests.bridges.portals.test_sessions import HELLO

SOUTH = Message(ChatKey("south"), Sender("polly", "Polly"), "m1", (Text("hi"),))


def test_both_rooms_say_that_they_belong_together(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session, state = await house.logs_in(), house.scribe.state
        rooms = [await house.portal(session, it) for it in (HELLO, SOUTH)]
        for room in rooms:
            await house.reads(room, "h")
        space = house.scribe.aliases["#net__alice:localhost"]
        assert state[space, "m.room.member", ALICE] == {"membership": "invite"}
        assert state[space, "m.room.name", ""] == {"name": "Parrots (Alice)"}
        for room in rooms:
            assert state[space, "m.space.child", room] == {"via": ["localhost"]}
            parent = {"via": ["localhost"], "canonical": True}
            assert state[room, "m.space.parent", space] == parent

        await house.says(ALICE, rooms[0], "!parrots leave")
        await house.reads(rooms[0], "joined to nothing")
        await house.until(lambda: state[space, "m.space.child", rooms[0]] == {})
        assert state[space, "m.space.child", rooms[1]] == {"via": ["localhost"]}

    in_a_house(tmp_path / "bridge.db", story)


def test_the_space_is_found_again_after_a_restart(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        await house.reads(await house.portal(session, HELLO), "hello")
        await house.starts_again()
        session = house.network.sessions["alice"]
        await house.reads(await house.portal(session, SOUTH), "hi")
        spaces = [it for it in house.scribe.aliases if it.startswith("#net__")]
        assert len(spaces) == 1
        made = [it for it in house.scribe.calls if it.path.endswith("/createRoom")]
        assert len(made) == 3

    in_a_house(tmp_path / "bridge.db", story)
