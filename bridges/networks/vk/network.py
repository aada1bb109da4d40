"""Logging a community in, and what may be asked of it."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any

from attrs import define, field

from bridges.kit.abilities import Page
from bridges.kit.chats import Chat, Found, Levels, User
from bridges.kit.connection import Called, Connection
from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject, objects
from bridges.kit.network import (
    Accepts,
    Bridge,
    Capabilities,
    Field,
    Flow,
    Host,
    Login,
    LoginScreen,
    Network,
    NetworkInfo,
    Session,
)
from bridges.kit.parts import ChatKey, Outgoing, Sent
from bridges.kit.web import web
from bridges.kit.webhooks import Answer, Request, Route
from bridges.networks.vk.hearing import Hearing
from bridges.networks.vk.long_poll import listen, newest
from bridges.networks.vk.people import People, picture
from bridges.networks.vk.reactions import EMOJI, number_of
from bridges.networks.vk.sending import MAX_TEXT, Sending
from bridges.networks.vk.settings import VkSettings
from bridges.networks.vk.wire import Wire
from bridges.networks.vk.words import SPANS

CHATS = 2_000_000_000
"""Numbers of chats begin there; smaller ones are people."""
NAME = re.compile(r"(?:https?://)?(?:m\.)?(?:vk\.(?:com|ru)/)?@?([A-Za-z0-9_.]{2,64})/?")
MAX_MEMBERS = 1_000
CALLBACK = "callback"


@define(eq=False)
class Connected:
    hearing: Hearing
    wire: Wire
    people: People
    sending: Sending


@define(eq=False)
class VkSession(Session):
    capabilities = Capabilities(
        media_max_bytes=50_000_000,
        replies=True,
        spans=SPANS,
        deduplicates=True,
        parts=frozenset(("location", "voice")),
        text_max=MAX_TEXT,
        caption_max=MAX_TEXT,
        media={"voice": Accepts(("audio/ogg",), 50_000_000)},
        edit_window_s=24 * 3600,
        reactions=frozenset(EMOJI.values()),
        reactions_max=1,
        messages_per_s=20,
        burst=20,
    )

    _network: "Vk"
    _login: Login
    _bridge: Bridge
    _connection: Connection[Connected] = field(factory=partial(Connection, "VK"))

    @property
    def _group(self) -> str:
        return self._login.id.removeprefix("club")

    async def run(self) -> None:
        settings = self._network.settings
        async with web("VK", settings.api) as found:
            wire = Wire(found, settings.api, self._login.secrets["token"])
            people = People(wire)
            hearing = Hearing(self._group, self._login.id, self._bridge, wire, people)
            sending = Sending(wire, self._bridge, settings.media_max_bytes)
            await wire.call("groups.getById", group_ids=self._group)
            with self._connection.holding(Connected(hearing, wire, people, sending)) as connected:
                if secret := self._login.secrets.get("secret"):
                    await self._network.waiting.wait(self._group, (secret, connected))
                else:
                    await listen(wire, hearing, self._bridge, settings.poll_s)

    def _now(self) -> Connected:
        return self._connection.now()

    # -- messages

    async def send(self, out: Outgoing) -> Sent:
        return Sent(await self._now().sending.send(out))

    async def edit(self, target: str, out: Outgoing) -> None:
        await self._now().sending.edit(checked(target), out)

    async def redact(self, chat: ChatKey, target: str) -> None:
        cmid = checked(target)
        await self._now().wire.call(
            "messages.delete", peer_id=chat.id, cmids=cmid, delete_for_all=True
        )

    async def react(self, chat: ChatKey, target: str, emoji: str) -> None:
        if (found := number_of(emoji)) is None:
            raise Rejected(f"VK has no reaction {emoji}. It has: {' '.join(EMOJI.values())}")
        cmid = checked(target)
        await self._now().wire.call(
            "messages.sendReaction", peer_id=chat.id, cmid=cmid, reaction_id=found
        )

    async def unreact(self, chat: ChatKey, target: str, emoji: str) -> None:
        cmid = checked(target)
        await self._now().wire.call("messages.deleteReaction", peer_id=chat.id, cmid=cmid)

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        if is_typing:
            await self._now().wire.call("messages.setActivity", peer_id=chat.id, type="typing")

    async def read(self, chat: ChatKey, upto: str) -> None:
        await self._now().wire.call(
            "messages.markAsRead", peer_id=chat.id, mark_conversation_as_read=True
        )

    async def fetch(self, reference: str, max_bytes: int) -> bytes:
        return (await self._now().wire.web.fetch(reference, max_bytes)).body

    async def history(self, chat: ChatKey, before: str | None, limit: int) -> Page:
        """`before` counts messages from the newest; what comes meanwhile is met twice."""
        now, offset = self._now(), int(before or 0)
        count = min(limit, 200)
        items = await newest(now.wire, now.hearing, chat.id, count, offset)
        more = str(offset + len(items)) if len(items) == count else None
        return Page(tuple(it for it in items if it.parts), more)

    # -- chats and people

    async def user(self, id: str) -> User:
        return await self._now().people.user(id)

    async def chat(self, key: ChatKey) -> Chat:
        if int(key.id) < CHATS:
            user = await self.user(key.id)
            return Chat(user.name, kind="dm", members={key.id: user.name}, picture=user.picture)
        now = self._now()
        answer = await now.wire.call("messages.getConversationsById", peer_ids=key.id)
        found = next(iter(objects(answer.get("items"))), {})
        shown = found.get("chat_settings")
        about: JsonObject = shown if isinstance(shown, dict) else {}
        members, levels = await self._members(now, key.id)
        photo = about.get("photo")
        title = str(about.get("title") or "VK chat")
        looks = picture(photo) if isinstance(photo, dict) else None
        return Chat(title, members=members, picture=looks, levels=levels)

    async def _members(self, now: Connected, peer: str) -> tuple[dict[str, str], Levels | None]:
        """Nobody, where the community may not look."""
        method = "messages.getConversationMembers"
        try:
            answer = await now.wire.call(method, peer_id=peer, count=MAX_MEMBERS)
        except Rejected:
            return {}, None
        now.people.learn(answer)
        items = [it for it in objects(answer.get("items")) if str(it.get("member_id"))]
        users = {
            str(it["member_id"]): it
            for it in items
            if str(it.get("member_id")) != f"-{self._group}"
        }
        levels = {id: level for id, it in users.items() if (level := level_of(it))}
        return {id: await now.people.name(id) for id in users}, Levels(levels)

    async def open_chat(self, name: str) -> ChatKey:
        found = await self._people_called(name)
        return ChatKey(found[0].id, self._login.id)

    async def leave_chat(self, chat: ChatKey) -> None:
        if int(chat.id) > CHATS:
            await self.kick(chat, f"-{self._group}", "")

    async def search(self, words: str) -> list[Found]:
        try:
            return await self._people_called(words)
        except Rejected:
            return []

    async def _people_called(self, name: str) -> list[Found]:
        if not (match := NAME.fullmatch(name.strip())):
            raise Rejected("Say a page of VK: vk.com/name, @name, or a number.")
        answer = await self._now().wire.call("users.get", user_ids=match[1], fields="screen_name")
        found = [
            Found(
                str(it["id"]),
                f"{it.get('first_name')} {it.get('last_name')}",
                f"vk.com/id{it['id']}",
            )
            for it in objects(answer)
            if isinstance(it.get("id"), int)
        ]
        if not found:
            raise Rejected(f"VK knows nobody called {match[1]}.")
        return found

    async def set_name(self, chat: ChatKey, name: str) -> None:
        await self._now().wire.call("messages.editChat", chat_id=chat_number(chat), title=name)

    async def kick(self, chat: ChatKey, user: str, reason: str) -> None:
        await self._now().wire.call(
            "messages.removeChatUser", chat_id=chat_number(chat), member_id=user
        )

    async def pin(self, chat: ChatKey, target: str, is_pinned: bool) -> None:
        cmid = checked(target)
        if is_pinned:
            await self._now().wire.call(
                "messages.pin", peer_id=chat.id, conversation_message_id=cmid
            )
        else:
            await self._now().wire.call("messages.unpin", peer_id=chat.id)


def checked(target: str) -> str:
    if not target.isdecimal():
        raise Rejected("VK has no such message.")
    return target


def chat_number(chat: ChatKey) -> int:
    if int(chat.id) <= CHATS:
        raise Rejected("That is a conversation of two.")
    return int(chat.id) - CHATS


def level_of(member: JsonObject) -> int:
    return 100 if member.get("is_owner") else 50 if member.get("is_admin") else 0


@define(eq=False)
class Vk(Network):
    info = NetworkInfo(id="vk", name="VK", command_prefix="!vk", url="https://vk.com")
    flows = (
        Flow("token", "A community, by its token"),
        Flow(CALLBACK, "A community, by its token; VK calls us (Callback API)"),
    )
    session_class = VkSession

    settings: VkSettings
    _host: Host | None = None
    waiting: Called[tuple[str, Connected]] = field(factory=Called)

    async def start(self, host: Host) -> None:
        self._host = host

    def session(self, login: Login, bridge: Bridge) -> VkSession:
        return VkSession(self, login, bridge)

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        question = (
            "The community's token (Manage, API usage, Access tokens), with the rights to "
            "messages, photos, files and the community's management?"
        )
        token = (await screen.ask(Field("token", question, secret=True, kind="password"))).strip()
        async with web("VK", self.settings.api) as found:
            wire = Wire(found, self.settings.api, token)
            group = one_group(await wire.call("groups.getById"))
        secrets: dict[str, str] = {"token": token}
        if flow.id == CALLBACK:
            secrets["secret"] = await self._say_where(screen)
        return Login(f"club{group['id']}", str(group.get("name") or "VK"), secrets)

    async def _say_where(self, screen: LoginScreen) -> str:
        if self._host is None:
            raise Rejected("The bridge is not ready yet.")
        secret = token_urlsafe(24)
        await screen.note(
            "In the community, under Manage, API usage, Callback API, add a server with the "
            f"address {self._host.webhook(CALLBACK)} and the secret key {secret}, choose version "
            "5.199, tick the events of messages, and press Confirm."
        )
        return secret

    # -- VK calls us

    def routes(self) -> Sequence[Route]:
        return (Route(CALLBACK, self.called),)

    async def called(self, request: Request) -> Answer:
        """VK wants "ok", and repeats itself until it hears it."""
        update = request.json()
        if not isinstance(update, dict) or not isinstance(update.get("group_id"), int):
            return Answer(400, b"not an event of VK")
        group = str(update["group_id"])
        if (waiting := self.waiting.get(group)) is None:
            return Answer(503, b"this community is not connected")
        secret, connected = waiting
        if not compare_digest(str(update.get("secret") or "").encode(), secret.encode()):
            return Answer(403, b"the secret key is wrong")
        if update.get("type") == "confirmation":
            answer = await connected.wire.call("groups.getCallbackConfirmationCode", group_id=group)
            return Answer(200, str(answer.get("code") or "").encode())
        await connected.hearing.hear(update)
        return Answer(200, b"ok")


def one_group(answer: Any) -> Mapping[str, Any]:
    """VK's newer versions wrap the list."""
    groups = answer.get("groups") if isinstance(answer, dict) else answer
    for one in objects(groups):
        if isinstance(one.get("id"), int):
            return one
    raise Rejected("That token is not one of a community.")
