"""A room outlives the login that made it: others serve it, or it says that nobody does."""

from pathlib import Path

import pytest

from bridges.kit.failures import BadCredentials
from bridges.kit.happenings import ChatGone, Message, Sender
from bridges.kit.parts import ChatKey, Text
from tests.bridges.portals.house import ALICE, BOB, House, in_a_house
from tests.bridges.portals.parrots import ParrotSession

CHAT = ChatKey("north")
POLLY = Sender("polly", "Polly")
ALONE = "nobody else who is logged in is in this chat"


def says(id: str, chat: ChatKey = CHAT) -> Message:
    return Message(chat, POLLY, id, (Text(f"words {id}"),))


async def both_are_there(house: House) -> tuple[ParrotSession, ParrotSession, str]:
    """Alice's login has made the room; Bob's is in the same chat."""
    alice = await house.logs_in()
    room = await house.portal(alice, says("m0"))
    await house.reads(room, "words m0")
    bob = await house.logs_in(BOB, "Bob")
    await bob.ear.receive(says("m0"))
    await house.until(lambda: membership(house, room, BOB) == "invite")
    return alice, bob, room


def membership(house: House, room: str, user: str) -> object:
    return house.scribe.state.get((room, "m.room.member", user), {}).get("membership")


async def logs_out(house: House, user: str = ALICE) -> None:
    room = f"!manage-{user[1:].partition(':')[0]}:localhost"
    await house.says(user, room, "logout")
    await house.reads(room, "is logged out")


def test_who_is_in_a_chat_that_has_a_room_is_invited_and_hears_nothing_twice(
    tmp_path: Path,
) -> None:
    async def story(house: House) -> None:
        alice, bob, room = await both_are_there(house)
        for session in (bob, alice):
            await session.ear.receive(says("m1"))
        await house.reads(room, "words m1")
        assert [text for _, text in house.scribe.texts(room)] == ["words m0", "words m1"]
        space = house.scribe.aliases["#net__bob:localhost"]
        assert house.scribe.state[space, "m.space.child", room] == {"via": ["localhost"]}

    in_a_house(tmp_path / "bridge.db", story)


def test_another_login_takes_over_from_one_that_logs_out(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        _, bob, room = await both_are_there(house)
        await logs_out(house)
        await bob.ear.receive(says("m1"))
        await house.reads(room, "words m1")
        await house.says(ALICE, room, "I am still here")
        await house.until(lambda: bob.heard)
        assert not [text for _, text in house.scribe.texts(room) if ALONE in text]

        await house.starts_again()
        bob = house.network.sessions["bob"]
        assert await bob.ear.chats() == [CHAT]

    in_a_house(tmp_path / "bridge.db", story)


def test_another_login_takes_over_from_one_that_is_over(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        alice, bob, room = await both_are_there(house)
        alice.orders.put_nowait(BadCredentials("gone"))
        await house.reads("!manage-alice:localhost", "not logged in as Alice any more")
        await house.says("@carol:elsewhere", room, "does anybody carry this")
        await house.until(lambda: bob.heard)

    in_a_house(tmp_path / "bridge.db", story)


def test_a_room_that_nobody_serves_says_so_and_goes_on_with_the_next(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        alice = await house.logs_in()
        room = await house.portal(alice, says("m0"))
        await house.reads(room, "words m0")
        await logs_out(house)
        await house.reads(room, ALONE)
        assert house.scribe.aliases["#net_north:localhost"] == room

        bob = await house.logs_in(BOB, "Bob")
        await house.says(BOB, "!manage-bob:localhost", "open north")
        await house.until(lambda: membership(house, room, BOB) == "invite")
        await bob.ear.receive(says("m1"))
        await house.reads(room, "words m1")
        await house.says(ALICE, room, "welcome back")
        await house.until(lambda: bob.heard)

    in_a_house(tmp_path / "bridge.db", story)


def test_rooms_that_nobody_serves_are_left_if_the_operator_wants_it(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        alice = await house.logs_in()
        room = await house.portal(alice, says("m0"))
        await house.reads(room, "words m0")
        await logs_out(house)
        await house.until(lambda: membership(house, room, "@netbot:localhost") == "leave")
        assert not [text for _, text in house.scribe.texts(room) if ALONE in text]
        assert "#net_north:localhost" not in house.scribe.aliases

    in_a_house(tmp_path / "bridge.db", story, tidies=True)


def test_who_leaves_a_chat_leaves_its_room_to_others(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        _, bob, room = await both_are_there(house)
        await house.says(ALICE, room, "!parrots leave")
        await house.reads(room, "You have left the chat")
        await bob.ear.receive(says("m1"))
        await house.reads(room, "words m1")
        await bob.ear.receive(ChatGone(CHAT, "g1", "The tree fell."))
        await house.reads(room, "This chat is gone. The tree fell.")

    in_a_house(tmp_path / "bridge.db", story)


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_a_chat_that_is_gone_for_one_goes_on_for_others(tmp_path: Path, who: str) -> None:
    async def story(house: House) -> None:
        alice, bob, room = await both_are_there(house)
        gone, stays = (alice, bob) if who == "alice" else (bob, alice)
        await gone.ear.receive(ChatGone(CHAT, "g1", "Polly put you out."))
        await house.reads(room, f"{gone.login.name} is not in this chat any more. Polly put you")
        await stays.ear.receive(says("m1"))
        await house.reads(room, "words m1")

    in_a_house(tmp_path / "bridge.db", story)


def test_chats_of_one_login_alone_are_nobody_elses(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        own = ChatKey("north", "alice")
        alice = await house.logs_in()
        await house.logs_in(BOB, "Bob")
        await alice.ear.receive(says("m0", own))
        room = await house.until(lambda: house.scribe.aliases.get("#net_north_alice:localhost"))
        await house.reads(room, "words m0")
        await logs_out(house)
        await house.reads(room, ALONE)

    in_a_house(tmp_path / "bridge.db", story)
