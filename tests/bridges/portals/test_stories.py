"""Stories: in a room of their own, without noise, until they expire."""

import time
from pathlib import Path

from bridges.kit.happenings import Remove, Sender, Story
from bridges.kit.parts import Text
from bridges.kit.stories import stories_of
from bridges.matrix.transactions import Push
from tests.bridges.portals.house import ALICE, House, in_a_house
from tests.bridges.portals.scribe import BOT
from tests.bridges.portals.test_sessions import CHAT, HELLO

STORIES = stories_of("alice")
POLLY, GHOST = Sender("polly", "Polly"), "@net_polly:localhost"
DAY_MS = 86_400_000


def now_ms() -> int:
    return int(time.time() * 1000)


def story(id: str, text: str, lives_ms: int = DAY_MS) -> Story:
    return Story(STORIES, POLLY, id, (Text(text),), now_ms() + lives_ms, now_ms() - 1000)


def gone(house: House, room: str) -> list[str]:
    targets = [it["redacts"] for it in house.scribe.contents(room, "m.room.redaction")]
    return [house.scribe.events[it]["content"]["body"] for it in targets]


async def room_of_stories(house: House) -> str:
    alias = await house.until(
        lambda: next((it for it in house.scribe.aliases if "stories" in it), None)
    )
    return house.scribe.aliases[alias]


def test_they_are_shown_in_a_room_of_their_own_which_keeps_quiet(tmp_path: Path) -> None:
    async def act(house: House) -> None:
        session = await house.logs_in()
        portal = await house.portal(session, HELLO)
        await session.ear.receive(story("s1", "at the sea"))
        await session.ear.receive(story("s1", "at the sea"))
        room = await room_of_stories(house)
        assert await house.reads(room, "at the sea") == GHOST
        await session.ear.receive(story("s2", "home again"))
        await house.reads(room, "home again")
        assert [text for _, text in house.scribe.texts(room)] == ["at the sea", "home again"]
        assert house.scribe.state[room, "m.room.name", ""] == {"name": "Stories"}
        assert house.scribe.state[room, "m.room.power_levels", ""]["events_default"] == 100
        assert room != portal
        (rule,) = [it for it in house.scribe.calls if "/pushrules/" in it.path]
        assert (rule.user, rule.body) == (ALICE, {"actions": []})
        assert rule.path.endswith(f"/room/{room.replace('!', '%21').replace(':', '%3A')}")
        assert await session.ear.chats() == [CHAT]

    in_a_house(tmp_path / "bridge.db", act, with_puppets=True)


def test_they_go_when_they_expire_or_are_taken_away(tmp_path: Path) -> None:
    async def act(house: House) -> None:
        session = await house.logs_in()
        await session.ear.receive(story("s2", "a mistake"))
        room = await room_of_stories(house)
        await house.reads(room, "a mistake")
        await session.ear.receive(story("s0", "of yesterday", -1000))
        await session.ear.receive(story("s1", "for a moment", 700))
        await house.reads(room, "for a moment")
        await house.until(lambda: gone(house, room) == ["for a moment"])
        await session.ear.receive(Remove(STORIES, POLLY, "s2"))
        await house.until(lambda: gone(house, room) == ["for a moment", "a mistake"])
        assert "of yesterday" not in str(house.scribe.texts(room))

    in_a_house(tmp_path / "bridge.db", act)


def test_nobody_answers_there_and_the_network_is_not_asked(tmp_path: Path) -> None:
    async def act(house: House) -> None:
        session = await house.logs_in()
        await session.ear.receive(story("s1", "at the sea"))
        room = await room_of_stories(house)
        await house.reads(room, "at the sea")
        await house.says(ALICE, room, "lovely")
        assert await house.reads(room, "write to whoever shows them") == BOT
        await house.says(ALICE, room, "!parrots leave")
        await house.reads(room, "This room is no chat")
        typing = {"type": "m.typing", "room_id": room, "content": {"user_ids": [ALICE]}}
        await house.bridge.accept(Push("typing", [], [typing], {}))
        await house.until(lambda: not house.bridge.passing._errands._under_way)
        assert (session.heard, session.passed) == ([], [])

    in_a_house(tmp_path / "bridge.db", act)
