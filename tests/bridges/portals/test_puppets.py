"""What Alice says on the network from elsewhere is said by Alice, and by nobody else."""

from pathlib import Path
from typing import Any

from bridges.kit.happenings import Edit, Lasting, Message, Passing, React, Read, Sender, Typing
from bridges.kit.parts import Text
from bridges.matrix.transactions import Push
from bridges.portals.puppets import MARK
from tests.bridges.portals.house import ALICE, BOB, House, in_a_house
from tests.bridges.portals.parrots import ParrotSession
from tests.bridges.portals.test_sessions import CHAT, HELLO

ME = Sender("alice", "Alice", me=True)
GHOST = "@net_alice:localhost"


def mine(id: str, text: str, sender: Sender = ME) -> Message:
    return Message(CHAT, sender, id, (Text(text),))


async def happens(session: ParrotSession, happening: Lasting | Passing) -> None:
    await session.ear.receive(happening)


def content_of(house: House, text: str) -> dict[str, Any]:
    return next(it for *_, it, _ in house.scribe.said if it.get("body") == text)


def test_her_words_come_from_her_account_and_do_not_go_back(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        portal = await house.portal(session, HELLO)
        await happens(session, mine("m2", "from my phone"))
        assert await house.reads(portal, "from my phone") == ALICE
        assert house.scribe.state[portal, "m.room.member", ALICE] == {"membership": "join"}
        content = content_of(house, "from my phone")
        assert content[MARK] == "isthmus-net"

        await house.hears(portal, "m.room.message", ALICE, content)
        await house.says(ALICE, portal, "by hand")
        await house.until(lambda: session.heard)
        assert [it.parts[0] for it in session.heard] == [Text("by hand")]

        await happens(session, Edit(CHAT, ME, "c1", "m2", (Text("from my telephone"),)))
        assert await house.reads(portal, "* from my telephone") == ALICE
        await happens(session, React(CHAT, ME, "m1", "👍"))
        await house.until(lambda: [it for it in house.scribe.said if it[1] == "m.reaction"])
        assert house.scribe.said[-1][3] == ALICE

    in_a_house(tmp_path / "bridge.db", story, with_puppets=True)


def test_whoever_has_a_login_is_known_by_their_id(tmp_path: Path) -> None:
    """In a chat of many, Alice's login may hear of Bob's words first."""

    async def story(house: House) -> None:
        session = await house.logs_in()
        await house.logs_in(BOB, "Bob")
        portal = await house.portal(session, HELLO)
        await happens(session, mine("m2", "it is me", Sender("bob", "Bob")))
        assert await house.reads(portal, "it is me") == BOB
        await happens(session, mine("m3", "me too", Sender("carol", "Carol")))
        assert await house.reads(portal, "me too") == "@net_carol:localhost"

    in_a_house(tmp_path / "bridge.db", story, with_puppets=True)


def test_who_does_not_want_it_has_a_ghost(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        portal, room = await house.portal(session, HELLO), "!manage-alice:localhost"
        await happens(session, mine("m2", "one"))
        assert await house.reads(portal, "one") == ALICE
        await house.says(ALICE, room, "puppet off")
        await house.reads(room, "from your ghost")
        await happens(session, mine("m3", "two"))
        assert await house.reads(portal, "two") == GHOST
        await house.says(ALICE, room, "puppet on")
        await house.reads(room, "from your account")
        await happens(session, Edit(CHAT, ME, "c1", "m3", (Text("changed"),)))
        assert await house.reads(portal, "* changed") == GHOST
        await happens(session, mine("m4", "three"))
        assert await house.reads(portal, "three") == ALICE

    in_a_house(tmp_path / "bridge.db", story, with_puppets=True)


def test_where_nobody_may_speak_for_her_she_has_a_ghost(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        portal = await house.portal(session, HELLO)
        house.scribe.refused.add(ALICE)
        await happens(session, mine("m2", "one"))
        assert await house.reads(portal, "one") == GHOST
        house.scribe.refused.clear()
        await happens(session, mine("m3", "two"))
        assert await house.reads(portal, "two") == GHOST

    in_a_house(tmp_path / "bridge.db", story, with_puppets=True)


def test_people_of_other_servers_and_bridges_without_registration_have_ghosts(
    tmp_path: Path,
) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        portal = await house.portal(session, HELLO)
        await happens(session, mine("m2", "one"))
        assert await house.reads(portal, "one") == GHOST

    in_a_house(tmp_path / "bridge.db", story)


def test_her_receipts_and_typing_are_hers_and_no_news_to_the_network(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        portal = await house.portal(session, HELLO)
        await house.reads(portal, "hello")
        await happens(session, Read(CHAT, ME, "m1"))
        receipt = await house.until(
            lambda: [it for it in house.scribe.calls if "/receipt/" in it.path and it.user == ALICE]
        )
        event_id = receipt[0].path.rpartition("/")[2].replace("%24", "$")
        await happens(session, Typing(CHAT, ME, 5))
        await house.until(
            lambda: [it for it in house.scribe.calls if "/typing/" in it.path and it.user == ALICE]
        )
        passing = [
            {"type": "m.typing", "room_id": portal, "content": {"user_ids": [ALICE]}},
            {
                "type": "m.receipt",
                "room_id": portal,
                "content": {event_id: {"m.read": {ALICE: {"ts": 1}}}},
            },
        ]
        await house.bridge.accept(Push("passing", [], passing, {}))
        await house.until(lambda: not house.bridge.passing._errands._under_way)
        assert session.passed == []
        for users in ([], [ALICE]):
            typing = passing[0] | {"content": {"user_ids": users}}
            await house.bridge.accept(Push(f"by hand {users}", [], [typing], {}))
        await house.until(lambda: session.passed == ["typing True"])

    in_a_house(tmp_path / "bridge.db", story, with_puppets=True)


def test_a_conversation_is_shown_as_one(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        session.kind = "dm"
        house.scribe.account_data["m.direct"] = {"@x:localhost": ["!old:localhost"]}
        portal = await house.portal(session, HELLO)
        await house.until(lambda: len(house.scribe.account_data["m.direct"]) == 2)
        assert house.scribe.account_data["m.direct"] == {
            "@x:localhost": ["!old:localhost"],
            "@net_polly:localhost": [portal],
        }

    in_a_house(tmp_path / "bridge.db", story, with_puppets=True)
