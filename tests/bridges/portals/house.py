"""A bridge in memory: its homeserver is a scribe that keeps rooms, its network parrots."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

import aiohttp
from attrs import define, field

from bridges.kit.chats import Chat, Found, User
from bridges.kit.failures import Rejected
from bridges.kit.happenings import Lasting
from bridges.kit.json_values import JsonObject
from bridges.kit.network import (
    QR,
    Capabilities,
    Field,
    Flow,
    Login,
    LoginScreen,
    Network,
    NetworkInfo,
    Session,
)
from bridges.kit.network import (
    Bridge as Ear,
)
from bridges.kit.parts import ChatKey, Outgoing, Sent
from bridges.matrix.client import Client, MatrixError, Unanswered, Upload
from bridges.matrix.puppeteer import Puppeteer
from bridges.matrix.registration import Names
from bridges.matrix.rooms import Accounts, Rooms
from bridges.matrix.transactions import Push
from bridges.portals.bridge import Bridge, Doors
from bridges.portals.ground import Ground, Tally
from bridges.portals.permissions import Permissions
from bridges.storage.database import Database

BOT, ALICE, BOB = "@netbot:localhost", "@alice:localhost", "@bob:localhost"
PATIENCE_S = 5


@define
class Call:
    """What the homeserver was asked, and as whom."""

    method: str
    path: str
    body: Any
    user: str | None


@define
class Faults:
    """`answers_lost`: so many batches are taken, and their answers lost."""

    takes_batches: bool = True
    answers_lost: int = 0


@define(eq=False)
class Scribe(Client):
    """Rooms with members, state and messages, just as much as the bridge wants."""

    calls: list[Call] = field(factory=list)
    state: dict[tuple[str, str, str], JsonObject] = field(factory=dict)
    said: list[tuple[str, str, JsonObject, str]] = field(factory=list)
    """Room, type, content, sender."""
    sent: dict[str, str] = field(factory=dict)
    aliases: dict[str, str] = field(factory=dict)
    events: dict[str, JsonObject] = field(factory=dict)
    files: dict[str, bytes] = field(factory=dict)
    account_data: dict[str, JsonObject] = field(factory=dict)
    refused: set[str] = field(factory=set)
    """Users for whom nobody may speak."""
    past: dict[str, list[str]] = field(factory=dict)
    """The events that were put before what was said in a room, in order."""
    faults: Faults = field(factory=Faults)
    news: asyncio.Event = field(factory=asyncio.Event)
    numbers: Any = field(factory=lambda: count(1))

    async def ask(
        self,
        method: str,
        path: str,
        body: JsonObject | Upload | None = None,
        *,
        user: str | None = None,
        **query: str,
    ) -> JsonObject:
        self.calls.append(Call(method, path, body, user))
        self.news.set()
        if user in self.refused:
            raise MatrixError(403, "M_FORBIDDEN", "Two steps.")
        words = [unquote(it) for it in path.split("/")]
        content = body if isinstance(body, dict) else {}
        match words:
            case [*_, "createRoom"]:
                return self._create(content)
            case [*_, "rooms", room, "send", type, transaction]:
                self._check_level(room, user or BOT)
                return {"event_id": self._send(room, type, content, user or BOT, transaction)}
            case [*_, "rooms", room, "state", type, key]:
                if method == "GET":
                    return self._get(room, type, key)
                self.state[room, type, key] = content
                return {"event_id": f"${next(self.numbers)}"}
            case [*_, "rooms", room, "redact", target, transaction]:
                told = {"redacts": target}
                return {
                    "event_id": self._send(room, "m.room.redaction", told, user or BOT, transaction)
                }
            case [*_, "rooms", room, "join"]:
                self.state[room, "m.room.member", user or BOT] = {"membership": "join"}
            case [*_, "rooms", room, "leave"]:
                self.state[room, "m.room.member", user or BOT] = {"membership": "leave"}
            case [*_, "rooms", room, "joined_members"]:
                return {"joined": {it: {} for it in self.joined(room)}}
            case [*_, "directory", "room", alias] if method == "DELETE":
                self.aliases.pop(alias, None)
            case [*_, "account_data", type]:
                if method == "GET" and type not in self.account_data:
                    raise MatrixError(404, "M_NOT_FOUND", "No such data.")
                if method == "GET":
                    return self.account_data[type]
                self.account_data[type] = content
            case [*_, "directory", "room", alias] if method == "GET":
                return {"room_id": self.aliases[alias]}
            case ["", "_matrix", "client", "versions"]:
                return {
                    "unstable_features": {"com.beeper.batch_sending": self.faults.takes_batches}
                }
            case [*_, "rooms", room, "messages"]:
                return {"chunk": [self.events[it] for it in self.past.get(room, [])]}
            case [*_, "rooms", _, "event", event_id]:
                if event_id not in self.events:
                    raise MatrixError(404, "M_NOT_FOUND", "No such event.")
                return self.events[event_id]
            case [*_, "upload"] if isinstance(body, Upload):
                uri = f"mxc://localhost/{next(self.numbers)}"
                self.files[uri] = body.content
                return {"content_uri": uri}
        return {}

    async def ask_once(self, method: str, path: str, body: JsonObject) -> JsonObject:
        self.calls.append(Call(method, path, body, None))
        words = [unquote(it) for it in path.split("/")]
        return {"event_ids": self._take_batch(words[-2], body["events"])}

    async def download(self, path: str, max_bytes: int) -> bytes:
        uri = "mxc://" + "/".join(path.split("/")[-2:])
        if uri not in self.files:
            raise MatrixError(404, "M_NOT_FOUND", "No such file.")
        return self.files[uri]

    def joined(self, room: str) -> list[str]:
        return [
            key
            for (where, type, key), content in self.state.items()
            if where == room and type == "m.room.member" and content["membership"] == "join"
        ]

    def _take_batch(self, room: str, events: list[JsonObject]) -> list[str]:
        ids = []
        for one in events:
            ids.append(f"$past{next(self.numbers)}")
            self.events[ids[-1]] = one | {"event_id": ids[-1]}
        self.past[room] = ids + self.past.get(room, [])
        if self.faults.answers_lost:
            self.faults.answers_lost -= 1
            raise Unanswered
        return ids

    def _create(self, options: JsonObject) -> JsonObject:
        alias = options.get("room_alias_name")
        if alias and f"#{alias}:localhost" in self.aliases:
            raise MatrixError(400, "M_ROOM_IN_USE", "Taken.")
        room = f"!{next(self.numbers)}:localhost"
        if alias:
            self.aliases[f"#{alias}:localhost"] = room
        for key in ("name", "topic"):
            if key in options:
                self.state[room, f"m.room.{key}", ""] = {key: options[key]}
        for one in options.get("initial_state", ()):
            self.state[room, one["type"], one.get("state_key", "")] = one["content"]
        self.state[room, "m.room.member", BOT] = {"membership": "join"}
        self.state[room, "m.room.power_levels", ""] = {"users": {BOT: 100}}
        for invited in options.get("invite", ()):
            self.state[room, "m.room.member", invited] = {"membership": "invite"}
        return {"room_id": room}

    def _get(self, room: str, type: str, key: str) -> JsonObject:
        if (room, type, key) not in self.state:
            raise MatrixError(404, "M_NOT_FOUND", "No such state.")
        return self.state[room, type, key]

    def _check_level(self, room: str, user: str) -> None:
        levels = self.state.get((room, "m.room.power_levels", ""), {})
        if levels.get("users", {}).get(user, 0) < levels.get("events_default", 0):
            raise MatrixError(403, "M_FORBIDDEN", "Your power level is too low.")

    def _send(self, room: str, type: str, content: JsonObject, sender: str, txn: str) -> str:
        if txn not in self.sent:
            self.sent[txn] = f"${next(self.numbers)}"
            self.said.append((room, type, content, sender))
            self.events[self.sent[txn]] = {"type": type, "sender": sender, "content": content}
        return self.sent[txn]

    def contents(self, room: str, type: str = "m.room.message") -> list[JsonObject]:
        return [content for where, one, content, _ in self.said if (where, one) == (room, type)]

    def texts(self, room: str) -> list[tuple[str, str]]:
        return [
            (sender, str(content.get("body")))
            for where, type, content, sender in self.said
            if where == room and type == "m.room.message"
        ]


@define(eq=False)
class ParrotSession(Session):
    capabilities = Capabilities(replies=True)

    login: Login
    ear: Ear
    orders: asyncio.Queue[Exception] = field(factory=asyncio.Queue)
    heard: list[Outgoing] = field(factory=list)
    refuse_with: Exception | None = None
    runs: int = 0
    is_logged_out: bool = False
    kind: str = "group"
    passed: list[str] = field(factory=list)
    """Typing and receipts."""

    async def run(self) -> None:
        self.runs += 1
        raise await self.orders.get()

    async def send(self, out: Outgoing) -> Sent:
        if self.refuse_with is not None:
            raise self.refuse_with
        self.heard.append(out)
        return Sent(out.transaction)

    async def chat(self, key: ChatKey) -> Chat:
        return Chat(key.id, kind=self.kind, members={"polly": "Polly", self.login.id: "I"})

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        self.passed.append(f"typing {is_typing}")

    async def read(self, chat: ChatKey, upto: str) -> None:
        self.passed.append(f"read {upto}")

    async def user(self, id: str) -> User:
        return User(id.title())

    async def open_chat(self, name: str) -> ChatKey:
        return ChatKey(name)

    async def leave_chat(self, chat: ChatKey) -> None:
        return

    async def contacts(self) -> list[Found]:
        return [Found("polly", "Polly")]

    async def search(self, words: str) -> list[Found]:
        return [it for it in await self.contacts() if it.id.startswith(words)]

    async def make_group(self, name: str, users: tuple[str, ...]) -> ChatKey:
        return ChatKey(name)

    async def logout(self) -> None:
        self.is_logged_out = True


class Parrots(Network):
    info = NetworkInfo("parrots", "Parrots", "!parrots")
    flows = (
        Flow("name", "By name"),
        Flow("secret", "By name and secret"),
        Flow("picture", "By a picture"),
    )
    session_class: ClassVar[type[ParrotSession]] = ParrotSession

    def __init__(self) -> None:
        self.sessions: dict[str, ParrotSession] = {}
        self.scans: asyncio.Queue[str] = asyncio.Queue()
        """Names of those who scan the picture; an empty one: it is too old."""

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        if flow.id == "picture":
            return await self._by_picture(screen)
        name = await screen.ask(Field("name", "What is your name?"))
        if name == "nobody":
            raise Rejected("There is no such parrot.")
        secrets = {}
        if flow.id == "secret":
            secrets["word"] = await screen.ask(Field("word", "What is your word?", secret=True))
        return Login(name.casefold(), name, secrets)

    async def _by_picture(self, screen: LoginScreen) -> Login:
        for number in count(1):
            await screen.show(QR(f"parrot:{number}"), "Scan this.")
            if name := await self.scans.get():
                return Login(name.casefold(), name)
        raise AssertionError

    def session(self, login: Login, bridge: Ear) -> ParrotSession:
        self.sessions[login.id] = self.session_class(login, bridge)
        return self.sessions[login.id]


@define(eq=False)
class House:
    path: Path
    scribe: Scribe
    breed: type[Parrots] = Parrots
    network: Parrots = field(init=False)
    numbers: Any = field(factory=lambda: count(1))
    puppets: Scribe | None = None
    """By which the second registration speaks, if there is one."""
    bridge: Bridge = field(init=False)

    async def opens(self) -> None:
        await self.hears_already()
        await self.bridge.start()

    async def hears_already(self) -> None:
        """The homeserver reaches the bridge, which has yet to start."""
        self.network = self.breed()
        db, scribe = Database(str(self.path)), self.scribe
        await db.start()
        names = Names("localhost", "net")
        ground = Ground(self.network, names, db, Rooms(scribe), Accounts(scribe), Tally())
        permissions = Permissions.read({"localhost": "user", "*": "relay"})
        doors = Doors(puppeteer=Puppeteer(self.puppets) if self.puppets else None)
        self.bridge = Bridge.build(ground, permissions, doors)

    async def closes(self) -> None:
        await self.bridge.stop()
        await self.bridge.ground.db.stop()

    async def starts_again(self) -> None:
        await self.closes()
        await self.opens()

    async def until(self, condition: Callable[[], Any]) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if found := condition():
                    return found
                await asyncio.sleep(0.002)

    async def hears(
        self, room: str, type: str, sender: str, content: JsonObject, **more: Any
    ) -> str:
        """The homeserver pushes an event to the bridge."""
        number = next(self.numbers)
        event = {
            "event_id": f"$e{number}",
            "room_id": room,
            "sender": sender,
            "type": type,
            "content": content,
        } | more
        self.scribe.events[f"$e{number}"] = event
        await self.bridge.accept(Push(f"t{number}", [event], [], {}))
        return f"$e{number}"

    async def says(self, user: str, room: str, text: str) -> str:
        content = {"msgtype": "m.text", "body": text}
        return await self.hears(room, "m.room.message", user, content)

    async def reads(self, room: str, text: str) -> str:
        """Waits for such a text; its sender."""
        sender: str = await self.until(
            lambda: next((who for who, it in self.scribe.texts(room) if text in it), None)
        )
        return sender

    async def management_room(self, user: str = ALICE) -> str:
        room = f"!manage-{user[1:].partition(':')[0]}:localhost"
        invite = {"membership": "invite"}
        await self.hears(room, "m.room.member", user, invite, state_key=BOT)
        await self.reads(room, "This is the bridge to")
        return room

    async def logs_in(self, user: str = ALICE, name: str = "Alice") -> ParrotSession:
        room = await self.management_room(user)
        await self.says(user, room, "login")
        await self.reads(room, "What is your name?")
        await self.says(user, room, name)
        await self.reads(room, f"You are logged in as {name}")
        return self.network.sessions[name.casefold()]

    async def portal(self, session: ParrotSession, happening: Lasting) -> str:
        """The room into which a happening brings the chat."""
        await session.ear.receive(happening)
        alias = f"#net_{happening.chat.id}:localhost"
        await self.until(lambda: self.scribe.aliases.get(alias))
        return self.scribe.aliases[alias]


def in_a_house(
    path: Path,
    story: Callable[[House], Awaitable[None]],
    breed: type[Parrots] = Parrots,
    with_puppets: bool = False,
) -> None:
    async def act() -> None:
        async with aiohttp.ClientSession() as http:
            house = House(path, Scribe(http, "http://localhost", "token"), breed)
            house.puppets = house.scribe if with_puppets else None
            await house.opens()
            try:
                await story(house)
            finally:
                await house.closes()

    asyncio.run(act())
