"""Alice brings her own account of Telegram: a scripted peer, a started bridge and homeserver."""

import asyncio
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from attrs import field, frozen

from bridges.networks.telegram.user.account import Answer
from tests.appservices.people import User
from tests.bridges.networks.telegram.user.script import (
    ALICE,
    BOB,
    CODE,
    FRIENDS,
    NEWS,
    PASSWORD,
    PICTURE,
    PRIVATE,
)
from tests.bridging.people import BOT, meets_the_bot, sends, state
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.telegram.distant import Exchange, Telegram
from tests.clients.started_server import free_port

JsonObject = dict[str, Any]
PATIENCE_S = 20
SECRET = "only for tests"
BOBS_GHOST = "@net_502:localhost"
PAST = ("long ago", "later", "the last")


def past(telegram: Telegram) -> None:
    for text in PAST:
        telegram.new(FRIENDS, {"from": BOB, "text": text})
    telegram.new(PRIVATE, {"from": BOB, "text": "in private"})
    telegram.new(NEWS, {"sender_chat": NEWS, "text": "we exist"})


@frozen(eq=False)
class Stay:
    """Alice with a bridge; her rooms by name."""

    alice: User
    telegram: Telegram
    bridge: BridgeProcess
    room: str
    rooms: dict[str, str] = field(factory=dict)

    @property
    def friends(self) -> str:
        return self.rooms["Friends"]

    async def hears(self, text: str) -> JsonObject:
        """What the account has said among friends."""
        said = self.telegram.said[FRIENDS["id"]]
        heard: JsonObject = await self.telegram.until(
            lambda: next((it for it in said if it.get("text") == text), None)
        )
        return heard

    async def does(self, *what: Any) -> None:
        await self.telegram.until(lambda: what in self.telegram.done)

    async def enters(self) -> str:
        portal = await self.alice.is_invited()
        await self.alice.joins(portal)
        name: str = (await state(self.alice, portal, "m.room.name"))["name"]
        self.rooms[name] = portal
        return name

    async def sees(self, type: str, sender: str, wanted: str = "") -> JsonObject:
        return await self.alice.sees(
            lambda it: (
                it["type"] == type and it["sender"] == sender and wanted in str(it["content"])
            )
        )

    async def passing(self, room: str, type: str, who: str) -> None:
        """Until it is seen in the room that somebody reads or types."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                answer = await self.alice.ask("GET", "/v3/sync", timeout="0")
                events = answer["rooms"]["join"][room]["ephemeral"]["events"]
                if any(it["type"] == type and who in str(it["content"]) for it in events):
                    return
                await asyncio.sleep(0.1)

    async def program(self, method: str, path: str, body: Any = None) -> JsonObject:
        """Asks over HTTP, as programs do that log people in."""
        url = f"http://127.0.0.1:{self.bridge.port}/_matrix/provision/v3/{path}"
        headers = {"Authorization": f"Bearer {SECRET}"}
        query = {"user_id": self.alice.user_id}
        async with self.alice.session.request(
            method, url, json=body, params=query, headers=headers
        ) as response:
            answer: JsonObject = await response.json()
            assert response.status == 200, answer
            return answer


async def log_in_by_phone(it: Stay) -> None:
    """What is secret does not stay in the room, where the bot may remove it."""
    alice, room = it.alice, it.room
    levels = await state(alice, room, "m.room.power_levels")
    levels["users"] = levels.get("users", {}) | {BOT: 50}
    await alice.ask("PUT", f"/v3/rooms/{quote(room)}/state/m.room.power_levels/", levels)
    await alice.says(room, "login phone")
    await alice.reads(room, "Your telephone number")
    await alice.says(room, "+491")
    await alice.reads(room, "The code that Telegram has sent you")
    code = await alice.says(room, CODE)
    await alice.reads(room, "Your password on Telegram")
    password = await alice.says(room, PASSWORD)
    await alice.reads(room, "You are logged in as Alice")
    for secret in (code, password):
        await it.sees("m.room.redaction", BOT, secret)


async def find_all_chats(it: Stay) -> None:
    """Each dialog has a room, with what was said before."""
    assert {await it.enters() for _ in range(3)} == {"Friends", "Bob", "News"}
    await it.alice.reads(it.friends, PAST[-1])
    query = {"dir": "f", "limit": "100"}
    path = f"/v3/rooms/{quote(it.friends)}/messages"
    page = await it.alice.ask("GET", path, **query)
    said = [one for one in page["chunk"] if one["type"] == "m.room.message"]
    assert tuple(one["content"]["body"] for one in said) == PAST
    assert {one["sender"] for one in said} == {BOBS_GHOST}
    await it.alice.reads(it.rooms["Bob"], "in private")
    direct = await it.alice.ask("GET", f"/v3/user/{quote(it.alice.user_id)}/account_data/m.direct")
    assert direct == {BOBS_GHOST: [it.rooms["Bob"]]}


async def talk(it: Stay) -> None:
    """As herself: no name stands before her words."""
    alice, telegram = it.alice, it.telegram
    html = {"format": "org.matrix.custom.html", "formatted_body": "<b>hello</b> Bob"}
    content = {"msgtype": "m.text", "body": "hello Bob", **html}
    mine = await sends(alice, it.friends, "m.room.message", content, "hello")
    heard = await it.hears("hello Bob")
    assert heard["entities"] == [{"type": "bold", "offset": 0, "length": 5}]

    italic = [{"type": "italic", "offset": 6, "length": 5}]
    answered = {"message_id": heard["message_id"]}
    target = telegram.says("hello Alice", entities=italic, reply_to_message=answered)
    answer = await alice.reads(it.friends, "hello Alice")
    assert answer["sender"] == BOBS_GHOST
    assert answer["content"]["formatted_body"] == "hello <em>Alice</em>"
    assert answer["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": mine}}

    relates = {"m.relates_to": {"m.in_reply_to": {"event_id": answer["event_id"]}}}
    content = {"msgtype": "m.text", "body": "good to see you"}
    await sends(alice, it.friends, "m.room.message", content | relates, "answer")
    heard = await it.hears("good to see you")
    assert heard["reply_parameters"]["message_id"] == target

    telegram.says("from my telephone", ALICE)
    await it.sees("m.room.message", alice.user_id, "from my telephone")
    telegram.tells(message=telegram.new(NEWS, {"sender_chat": NEWS, "text": "a new channel post"}))
    post = await alice.reads(it.rooms["News"], "a new channel post")
    about = await state(alice, it.rooms["News"], "m.room.member", post["sender"])
    assert about["displayname"] == "News"


async def change_their_words(it: Stay) -> None:
    alice, telegram, chat_id = it.alice, it.telegram, FRIENDS["id"]
    event_id = await alice.says(it.friends, "helo")
    target = (await it.hears("helo"))["message_id"]
    new = {"msgtype": "m.text", "body": "hello"}
    relates = {"rel_type": "m.replace", "event_id": event_id}
    edit = {**new, "body": "* hello", "m.new_content": new, "m.relates_to": relates}
    await sends(alice, it.friends, "m.room.message", edit, "edit")
    await it.does("edit", chat_id, target, "hello")
    await alice.ask("PUT", f"/v3/rooms/{quote(it.friends)}/redact/{event_id}/gone", {})
    await it.does("delete", chat_id, target)

    id = telegram.says("godbye")
    said = (await alice.reads(it.friends, "godbye"))["event_id"]
    message = telegram.said[chat_id][-1] | {"text": "goodbye", "edit_date": 5}
    telegram.tells(edited_message=message)
    changed = await it.sees("m.room.message", BOBS_GHOST, "* goodbye")
    assert changed["content"]["m.relates_to"]["event_id"] == said
    telegram.tells(deleted={"chat": FRIENDS, "message_ids": [id]})
    await it.sees("m.room.redaction", BOT, said)


async def react(it: Stay) -> None:
    alice, telegram, chat_id = it.alice, it.telegram, FRIENDS["id"]
    id = telegram.says("do you like it")
    said = (await alice.reads(it.friends, "do you like it"))["event_id"]
    relates = {"rel_type": "m.annotation", "event_id": said, "key": "❤️"}
    mine = await sends(alice, it.friends, "m.reaction", {"m.relates_to": relates}, "heart")
    await it.does("react", chat_id, id, "❤")
    await alice.ask("PUT", f"/v3/rooms/{quote(it.friends)}/redact/{mine}/no", {})
    await it.does("react", chat_id, id, None)
    about = {"chat": FRIENDS, "message_id": id, "user": BOB}
    fire = [{"type": "emoji", "emoji": "🔥"}]
    telegram.tells(message_reaction=about | {"old_reaction": [], "new_reaction": fire})
    theirs = await it.sees("m.reaction", BOBS_GHOST)
    assert theirs["content"]["m.relates_to"] == relates | {"key": "🔥"}
    telegram.tells(message_reaction=about | {"old_reaction": fire, "new_reaction": []})
    await it.sees("m.room.redaction", BOT, theirs["event_id"])


async def show_pictures(it: Stay) -> None:
    alice, telegram = it.alice, it.telegram
    photo = [{"file_id": "7/1", "file_unique_id": "p", "file_size": 12}]
    picture = {"from": BOB, "photo": photo, "caption": "a dot"}
    telegram.tells(message=telegram.new(FRIENDS, picture))
    shown = await alice.reads(it.friends, "a dot")
    assert shown["content"]["msgtype"] == "m.image"
    path = shown["content"]["url"].removeprefix("mxc://")
    headers = {"Authorization": f"Bearer {alice.token}"}
    url = f"{alice.base_url}/_matrix/client/v1/media/download/{path}"
    async with alice.session.get(url, headers=headers) as response:
        assert await response.read() == b"the file 7/1"
    url = f"{alice.base_url}/_matrix/media/v3/upload"
    headers |= {"Content-Type": "application/pdf"}
    async with alice.session.post(url, data=b"%PDF-1.4", headers=headers) as response:
        uri = (await response.json())["content_uri"]
    info = {"mimetype": "application/pdf", "size": 8}
    content = {"msgtype": "m.file", "body": "paper.pdf", "url": uri, "info": info}
    await sends(alice, it.friends, "m.room.message", content, "paper")
    await telegram.until(lambda: b"%PDF-1.4" in telegram.files)


async def read_and_type(it: Stay) -> None:
    alice, telegram, chat_id = it.alice, it.telegram, FRIENDS["id"]
    first, second = telegram.says("one to read"), telegram.says("another")
    await alice.reads(it.friends, "one to read")
    event_id = (await alice.reads(it.friends, "another"))["event_id"]
    telegram.tells(read={"chat": FRIENDS, "upto": first, "by": None})
    await it.passing(it.friends, "m.receipt", alice.user_id)
    room = quote(it.friends)
    await alice.ask("POST", f"/v3/rooms/{room}/receipt/m.read/{quote(event_id)}", {})
    await it.does("read", chat_id, second)
    assert ("read", chat_id, first) not in telegram.done
    telegram.tells(read={"chat": FRIENDS, "upto": second, "by": BOB})
    await it.passing(it.friends, "m.receipt", BOBS_GHOST)

    typing = {"typing": True, "timeout": 5000}
    await alice.ask("PUT", f"/v3/rooms/{room}/typing/{quote(alice.user_id)}", typing)
    await it.does("type", chat_id, True)
    telegram.tells(typing={"chat": FRIENDS, "user": BOB, "seconds": 6})
    await it.passing(it.friends, "m.typing", BOBS_GHOST)


def a_story(id: int, text: str, lives_s: int) -> JsonObject:
    photo = [{"file_id": f"story/502/{id}", "file_unique_id": "s", "file_size": 5}]
    about = {"message_id": id, "chat": PRIVATE, "from": BOB, "photo": photo, "caption": text}
    now = int(time.time())
    return about | {"date": now - 5, "expire_date": now + lives_s}


async def watch_stories(it: Stay) -> None:
    """In a room of their own, which is quiet, and in which nobody speaks."""
    alice, telegram = it.alice, it.telegram
    telegram.tells(story=a_story(3, "at the sea", 86_400))
    assert await it.enters() == "Stories"
    room = it.rooms["Stories"]
    shown = await alice.reads(room, "at the sea")
    assert (shown["sender"], shown["content"]["msgtype"]) == (BOBS_GHOST, "m.image")
    rule = await alice.ask("GET", f"/v3/pushrules/global/room/{quote(room)}")
    assert rule["actions"] == []
    levels = await state(alice, room, "m.room.power_levels")
    assert levels["users"][alice.user_id] < levels["events_default"]
    telegram.tells(story=a_story(4, "for a moment", 3))
    moment = await alice.reads(room, "for a moment")
    telegram.tells(story_gone={"chat": PRIVATE, "message_id": 3})
    for gone in (shown, moment):
        await it.sees("m.room.redaction", BOT, gone["event_id"])


async def miss_nothing(it: Stay) -> None:
    await it.bridge.kill()
    for text in ("missed", "missed too"):
        it.telegram.new(FRIENDS, {"from": BOB, "text": text})
    await it.alice.says(it.friends, "said to a bridge that is away")
    await it.bridge.start()
    await it.alice.reads(it.friends, "missed too")
    await it.hears("said to a bridge that is away")
    said = [one["content"].get("body") for one in it.alice.seen if one["room_id"] == it.friends]
    assert [one for one in said if one and one.startswith("missed")] == ["missed", "missed too"]


async def log_out_and_in_by_a_picture(it: Stay) -> None:
    alice, telegram, room = it.alice, it.telegram, it.room
    alice.seen.clear()
    await alice.says(room, "logout")
    await alice.reads(room, "Alice is logged out")
    assert telegram.is_logged_out
    telegram.is_logged_out = telegram.has_password = False
    await alice.says(room, "login qr")
    shown = await alice.reads(room, "Link Desktop Device")
    assert shown["content"]["msgtype"] == "m.image"
    telegram.scanned_as.put_nowait(Answer.EXPIRED)
    anew = await it.sees("m.room.message", BOT, "m.replace")
    assert anew["content"]["m.relates_to"]["event_id"] == shown["event_id"]
    telegram.scanned_as.put_nowait(Answer.ADMITTED)
    await alice.reads(room, "You are logged in as Alice")
    await it.sees("m.room.redaction", BOT, shown["event_id"])
    telegram.says("welcome back")
    await alice.reads(it.friends, "welcome back")


async def let_a_program_log_in(it: Stay) -> None:
    telegram = it.telegram
    assert (await it.program("GET", "logins"))["login_ids"] == ["501"]
    await it.program("POST", "logout/501")
    assert telegram.is_logged_out
    telegram.is_logged_out = False
    first = await it.program("POST", "login/start/qr")
    data = first["display_and_wait"]["data"]
    assert first["display_and_wait"]["type"] == "qr" and data.startswith(PICTURE)
    place = f"login/step/{first['login_id']}/{first['step_id']}/display_and_wait"
    telegram.scanned_as.put_nowait(Answer.ADMITTED)
    assert (await it.program("POST", place))["complete"] == {"user_login_id": "501"}
    telegram.says("said to a program's login")
    await it.alice.reads(it.friends, "said to a program's login")


async def story(base_url: str, bridge: BridgeProcess, telegram: Telegram) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        await bridge.start()
        it = Stay(alice, telegram, bridge, await meets_the_bot(alice))
        await log_in_by_phone(it)
        await find_all_chats(it)
        await talk(it)
        await change_their_words(it)
        await react(it)
        await show_pictures(it)
        await read_and_type(it)
        await watch_stories(it)
        await miss_nothing(it)
        await log_out_and_in_by_a_picture(it)
        await let_a_program_log_in(it)
        await bridge.stop()
        assert PASSWORD not in bridge.log() and "a secret session" not in bridge.log()


def test_alice_speaks_over_telegram_as_herself(tmp_path: Path) -> None:
    async def act(base_url: str, bridge: BridgeProcess) -> None:
        telegram = Telegram(has_password=True)
        past(telegram)
        exchange = Exchange(telegram)
        await exchange.opens(port)
        try:
            await story(base_url, bridge, telegram)
        finally:
            await exchange.closes()

    port = free_port()
    network = "tests.bridging.telegram.distant"
    started = beside_a_homeserver(
        tmp_path, network, {"port": port}, with_puppets=True, provisioning_secret=SECRET
    )
    with started as (url, bridge):
        asyncio.run(act(url, bridge))
