"""A chat looks on Matrix as it does on its network, and goes as it does there."""

from pathlib import Path

from attrs import evolve

from bridges.kit.chats import Chat, Levels, Picture, User
from bridges.kit.happenings import ChatChange, ChatGone, MemberChange, Message, Sender, UserChange
from bridges.kit.parts import ChatKey, Text
from bridges.kit.sources import Source
from tests.bridges.portals.house import ALICE
from tests.bridges.portals.macaws import CHAT, POLLY, Visit, visit
from tests.bridges.portals.scribe import BOT

RIO = Sender("rio", "Rio")
GHOST, OTHER = "@net_polly:localhost", "@net_rio:localhost"


def state(here: Visit, type: str, key: str = "") -> dict[str, object]:
    return here.house.scribe.state.get((here.room, type, key), {})


def asked(here: Visit, end: str) -> list[tuple[object, str | None]]:
    return [(it.body, it.user) for it in here.house.scribe.calls if it.path.endswith(end)]


def test_a_picture_is_carried_over_once(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        for number, picture in enumerate(("p1", "p1", "p2", "")):
            change = ChatChange(CHAT, POLLY, f"c{number}", picture=Picture(picture, b"png"))
            await here.happens(change)
        await here.house.until(lambda: not state(here, "m.room.avatar") and len(here.files) == 2)
        assert asked(here, "m.room.avatar/")[-1] == ({}, None)

    visit(tmp_path, story)


def test_levels_become_power_and_the_bot_stays_above(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        levels = Levels({"polly": 100, "alice": 50}, speak=50)
        await here.happens(ChatChange(CHAT, POLLY, "c1", levels=levels))
        await here.house.until(lambda: state(here, "m.room.power_levels").get("events_default"))
        power = state(here, "m.room.power_levels")
        assert power["users"] == {BOT: 100, ALICE: 50, GHOST: 99}
        assert power["events_default"] == 50
        assert power["events"] == {
            "m.room.name": 50,
            "m.room.topic": 50,
            "m.room.avatar": 50,
            "m.room.power_levels": 50,
            "m.reaction": 0,
        }

    visit(tmp_path, story)


def test_pins_follow(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        await here.happens(ChatChange(CHAT, POLLY, "c1", pinned=("m0", "unknown")))
        pinned = {"pinned": [here.hello]}
        await here.house.until(lambda: state(here, "m.room.pinned_events") == pinned)

    visit(tmp_path, story)


def test_who_is_put_out_is_put_out_by_the_same_hand(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        await here.happens(MemberChange(CHAT, RIO, "e1", True))
        banned = MemberChange(CHAT, RIO, "e2", False, "spam", "banned", POLLY)
        await here.happens(banned)
        await here.house.until(lambda: asked(here, "/ban"))
        assert asked(here, "/ban") == [({"user_id": OTHER, "reason": "spam"}, GHOST)]
        await here.happens(evolve(banned, id="e3", how="unbanned", by=None))
        await here.house.until(lambda: asked(here, "/unban"))
        assert asked(here, "/unban") == [({"user_id": OTHER, "reason": "spam"}, None)]

    visit(tmp_path, story)


def test_who_is_invited_there_is_invited_here(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        await here.happens(MemberChange(CHAT, RIO, "e1", False, how="invited", by=POLLY))
        invited = {"membership": "invite"}
        await here.house.until(lambda: state(here, "m.room.member", OTHER) == invited)

    visit(tmp_path, story)


def test_the_person_of_a_login_is_told_that_they_are_out(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        me = Sender("alice", "Alice", me=True)
        await here.happens(MemberChange(CHAT, me, "e1", False, "by Polly", "kicked", POLLY))
        await here.house.reads(here.room, "You are not in this chat any more. by Polly")

    visit(tmp_path, story)


def test_a_chat_that_is_gone_points_to_the_one_that_goes_on(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        await here.happens(ChatGone(CHAT, "g1", "It is a bigger group now.", ChatKey("south")))
        await here.house.reads(here.room, "This chat is gone. It is a bigger group now.")
        await here.house.until(lambda: ({}, None) in asked(here, "/leave"))
        tombstone = state(here, "m.room.tombstone")
        assert tombstone["replacement_room"] == here.house.scribe.aliases["#net_south:localhost"]
        await here.happens(Message(CHAT, POLLY, "m9", (Text("back again"),)))
        await here.house.until(
            lambda: any(content.get("body") == "back again" for _, _, content, _ in here.said)
        )
        room = next(it[0] for it in here.said if it[2].get("body") == "back again")
        assert room != here.room

    visit(tmp_path, story)


def test_a_channel_lets_few_speak_but_whoever_does_is_heard(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.session.about = Chat("News", kind="channel", picture=Picture("p1", b"png"))
        await here.happens(Message(ChatKey("news"), POLLY, "n1", (Text("read this"),)))
        await here.house.until(lambda: any(it[2].get("body") == "read this" for it in here.said))
        room = here.house.scribe.aliases["#net_news:localhost"]
        power = here.house.scribe.state[room, "m.room.power_levels", ""]
        assert power["events_default"] == 50
        assert power["users"][GHOST] == 50
        assert here.house.scribe.state[room, "m.room.avatar", ""]["url"] in here.files

    visit(tmp_path, story)


def test_whoever_speaks_is_looked_at_once(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        await here.happens(MemberChange(CHAT, RIO, "e1", True))
        picture = Picture("face", Source(b"png"))
        here.session.users["rio"] = User("Rio", picture=picture)
        for number in range(3):
            await here.happens(Message(CHAT, RIO, f"r{number}", (Text(f"squawk {number}"),)))
        await here.house.reads(here.room, "squawk 2")
        await here.house.until(lambda: asked(here, "/avatar_url"))
        ((content, user),) = asked(here, "/avatar_url")
        assert user == OTHER
        await here.happens(UserChange(RIO, User("Rio II", picture=picture)))
        await here.house.until(lambda: ({"displayname": "Rio II"}, OTHER) in asked(here, "name"))
        assert asked(here, "/avatar_url") == [(content, user)]

    visit(tmp_path, story)


def test_messages_that_disappear_there_disappear_here(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        await here.polly_says(Text("read and burn"), expires_in_ms=20)
        event_id = here.last_event
        await here.happens(ChatChange(CHAT, POLLY, "c1", timer_ms=86_400_000))
        await here.house.reads(here.room, "Messages disappear here after 1 day.")
        await here.happens(ChatChange(CHAT, POLLY, "c2", timer_ms=20))
        await here.house.reads(here.room, "Messages disappear here after 1 second")
        ours = await here.says({"msgtype": "m.text", "body": "burn too"})
        await here.house.until(
            lambda: (
                [it["redacts"] for it in here.house.scribe.contents(here.room, "m.room.redaction")]
                == [event_id, ours]
            )
        )

    visit(tmp_path, story)


def test_a_timer_is_set_by_a_command(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        for words in ("timer 1d", "timer soon", "timer off"):
            await here.says({"msgtype": "m.text", "body": f"!macaws {words}"})
        await here.house.reads(here.room, "Messages do not disappear here any more.")
        await here.house.reads(here.room, "Messages disappear here after 1 day.")
        await here.house.reads(here.room, "Say a time, such as")
        assert here.session.asked == [("set_timer", 86_400_000), ("set_timer", 0)]

    visit(tmp_path, story)
