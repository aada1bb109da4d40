"""Logging in, and what may be asked of IRC."""

import asyncio
import re
from contextlib import suppress

from attrs import define, field

from bridges.kit.chats import Chat, User
from bridges.kit.failures import Rejected, Transient
from bridges.kit.network import (
    Bridge,
    Capabilities,
    Field,
    Flow,
    Login,
    LoginScreen,
    Network,
    NetworkInfo,
    Session,
)
from bridges.kit.parts import ChatKey, Outgoing, Part, Sent, Text, in_words
from bridges.networks.irc.channels import Channels
from bridges.networks.irc.connection import Account, Connection
from bridges.networks.irc.formatting import SPANS, to_irc
from bridges.networks.irc.hearing import Hearing
from bridges.networks.irc.lines import cut, fold
from bridges.networks.irc.settings import IrcSettings

NICK = re.compile(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]{0,29}")
CHANNEL = re.compile(r"[#&+!][^ ,\x00-\x1f]{1,63}")
MAX_LINES = 20
JOIN_S = LIST_S = 30
MAX_LISTED = 1000


@define(eq=False)
class IrcSession(Session):
    capabilities = Capabilities(spans=SPANS)

    _settings: IrcSettings
    _login: Login
    _bridge: Bridge
    _channels: Channels = field(factory=Channels)
    _connection: Connection | None = None
    _hearing: Hearing | None = None

    async def run(self) -> None:
        account = Account(self._login.name, self._login.secrets.get("password", ""))
        connection = await Connection.open(self._settings, account)
        hearing = Hearing(self._login.id, self._bridge, self._channels, connection)
        coming_back: asyncio.Task[None] | None = None
        try:
            self._connection, self._hearing = connection, hearing
            coming_back = asyncio.create_task(self._come_back(connection))
            async for line in connection.lines():
                await hearing.hear(line)
        finally:
            self._connection = self._hearing = None
            connection.close()
            self._channels.disconnected()
            if coming_back:
                coming_back.cancel()
        raise Transient("The connection to IRC was lost.")

    async def _come_back(self, connection: Connection) -> None:
        """Into the channels of before."""
        known = {chat.id for chat in await self._bridge.chats()} | self._channels.wanted
        for name in sorted(known):
            if connection.is_channel(name):
                with suppress(Transient, Rejected):
                    await self._join(name)

    def _connected(self) -> tuple[Connection, Hearing]:
        if self._connection is None or self._hearing is None:
            raise Transient("We are not connected to IRC at the moment.")
        return self._connection, self._hearing

    async def send(self, out: Outgoing) -> Sent:
        connection, hearing = self._connected()
        target = out.chat.id
        if connection.is_channel(target) and not self._channels.is_in(target):
            await self._join(target)
        room = connection.room_for("PRIVMSG", target)
        lines = [("PRIVMSG", target, text) for part in out.parts for text in said(part, room)]
        if not lines:
            raise Rejected("IRC cannot carry an empty message.")
        if len(lines) > MAX_LINES:
            raise Rejected(f"That would be {len(lines)} lines; IRC is given {MAX_LINES} at most.")
        hearing.refused.pop(connection.fold(target), None)
        await connection.write_and_confirm(lines)
        if why := hearing.refused.pop(connection.fold(target), None):
            raise Rejected(f"IRC: {why}")
        return Sent(out.transaction)

    async def chat(self, key: ChatKey) -> Chat:
        connection, _ = self._connected()
        if connection.is_channel(key.id):
            if not self._channels.is_in(key.id):
                await self._join(key.id)
            channel = self._channels.of(key.id)
            return Chat(channel.name, channel.topic, members=channel.others(connection.nick))
        name = self._channels.name(key.id)
        return Chat(name, kind="dm", members={key.id: name})

    async def user(self, id: str) -> User:
        return User(self._channels.name(id))

    async def open_chat(self, name: str) -> ChatKey:
        connection, _ = self._connected()
        if connection.is_channel(name) and CHANNEL.fullmatch(name):
            await self._join(name)
        elif not NICK.fullmatch(name):
            raise Rejected(f"{name} is neither a channel nor a nick.")
        return ChatKey(connection.fold(name), self._login.id)

    async def leave_chat(self, chat: ChatKey) -> None:
        connection, _ = self._connected()
        self._channels.wanted.discard(chat.id)
        if connection.is_channel(chat.id):
            await connection.write_and_confirm([("PART", chat.id)])

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        connection, hearing = self._connected()
        if not connection.is_channel(chat.id):
            raise Rejected("A conversation of two has no topic.")
        hearing.refused.pop(chat.id, None)
        await connection.write_and_confirm([("TOPIC", chat.id, topic)])
        if why := hearing.refused.pop(chat.id, None):
            raise Rejected(f"IRC: {why}")

    async def directory(self, search: str) -> dict[str, Chat]:
        connection, hearing = self._connected()
        hearing.listed = {}
        done = hearing.list_done = asyncio.get_running_loop().create_future()
        await connection.write("LIST")
        try:
            async with asyncio.timeout(LIST_S):
                await done
        except TimeoutError as error:
            raise Rejected("The list of channels did not come in time.") from error
        words = search.casefold()
        found = {
            name: chat
            for name, chat in hearing.listed.items()
            if words in f"{name} {chat.topic}".casefold()
        }
        return dict(list(found.items())[:MAX_LISTED])

    async def _join(self, name: str) -> None:
        """Raises Rejected with the server's reason."""
        connection, hearing = self._connected()
        folded = connection.fold(name)
        if self._channels.is_in(folded):
            return
        joined = hearing.joining.setdefault(folded, asyncio.get_running_loop().create_future())
        await connection.write("JOIN", name)
        try:
            async with asyncio.timeout(JOIN_S):
                await asyncio.shield(joined)
        except TimeoutError as error:
            raise Transient(f"The server does not let us into {name} in time.") from error
        finally:
            hearing.joining.pop(folded, None)


def said(part: Part, room: int) -> list[str]:
    """The lines of a part."""
    if isinstance(part, Text) and part.manner == "act":
        marks = len("\x01ACTION \x01")
        return [f"\x01ACTION {it}\x01" for it in cut(to_irc(part), room - marks)]
    text = to_irc(part) if isinstance(part, Text) else to_irc(Text(in_words(part)))
    return list(cut(text, room))


class Irc(Network):
    info = NetworkInfo(id="irc", name="IRC", command_prefix="!irc")
    flows = (Flow("nick", "A nick, with a password if it is registered"),)
    session_class = IrcSession

    def __init__(self, settings: IrcSettings) -> None:
        self.settings = settings

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        nick = await screen.ask(Field("nick", "Which nick do you want to have?"))
        if not NICK.fullmatch(nick):
            raise Rejected("A nick has letters, digits and some of []\\`_^{|}-, and no spaces.")
        password = await screen.ask(
            Field("password", "Its password, if it is registered?", secret=True, default="")
        )
        secrets = {"password": password} if password else {}
        return Login(f"{fold(nick)}@{self.settings.host}", nick, secrets)

    def session(self, login: Login, bridge: Bridge) -> IrcSession:
        return IrcSession(self.settings, login, bridge)
