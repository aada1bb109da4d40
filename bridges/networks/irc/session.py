"""The connection of one login, and what may be asked of IRC."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

from attrs import define, field, frozen

from bridges.kit.abilities import Page
from bridges.kit.chats import Chat, Person, User
from bridges.kit.ears import Ears
from bridges.kit.failures import Rejected, Transient, Unsupported
from bridges.kit.guests import Guests
from bridges.kit.network import Bridge, Capabilities, Login, Session
from bridges.kit.parts import ChatKey, Outgoing, Sent
from bridges.networks.irc import modes
from bridges.networks.irc.channels import Channels, mask_of
from bridges.networks.irc.connection import Connection
from bridges.networks.irc.formatting import SPANS
from bridges.networks.irc.hearing import Hearing
from bridges.networks.irc.names import CHANNEL, NICK
from bridges.networks.irc.place import Place, key_of
from bridges.networks.irc.sasl import Account
from bridges.networks.irc.settings import IrcSettings
from bridges.networks.irc.speaking import Speaking

JOIN_S = LIST_S = 30
WELCOME_S = 10
MAX_LISTED = 1000
CHANNELS = "channels"
REACTION = "\x01ACTION reacts to {}: {}\x01"


@frozen
class Company:
    """Who else of ours is there: those of other logins, and guests."""

    ears: Ears
    guests: Guests


@define(eq=False)
class IrcSession(Session):
    capabilities = Capabilities(spans=SPANS, replies=True)

    _settings: IrcSettings
    _login: Login
    _bridge: Bridge
    _company: Company
    _speaking: Speaking = field(init=False)
    _channels: Channels = field(factory=Channels)
    _connection: Connection | None = None
    _hearing: Hearing | None = None
    _is_welcome: asyncio.Event = field(factory=asyncio.Event)
    _is_wanted: asyncio.Event = field(factory=asyncio.Event)
    """Unset: we are away until our person speaks."""
    _spoke_at: float = 0.0

    def __attrs_post_init__(self) -> None:
        self._is_wanted.set()
        self._speaking = Speaking(self._bridge)

    def _account(self) -> Account:
        secrets = self._login.secrets
        return Account(
            self._login.name,
            secrets.get("account", ""),
            secrets.get("password", ""),
            secrets.get("certificate", ""),
        )

    async def run(self) -> None:
        await self._is_wanted.wait()
        connection = await Connection.open(self._settings, self._account())
        ears = self._company.ears
        place = Place(self._login.id, self._bridge, self._channels, connection, ears)
        hearing = Hearing(place)
        beside: list[asyncio.Task[None]] = []
        try:
            self._connection, self._hearing = connection, hearing
            self._is_welcome.set()
            beside.append(asyncio.create_task(self._come_back(connection)))
            if self._settings.shared_rooms and self._settings.idle_hours:
                beside.append(asyncio.create_task(self._leave_when_idle(connection)))
            async for line in connection.lines():
                await hearing.hear(line)
        except asyncio.CancelledError:
            self._company.guests.end(self._bridge)
            raise
        finally:
            self._connection = self._hearing = None
            self._is_welcome.clear()
            connection.close()
            place.disconnected()
            for task in beside:
                task.cancel()
            await hearing.stop()
        raise Transient("The connection to IRC was lost.")

    async def _come_back(self, connection: Connection) -> None:
        """Into the channels of before."""
        known = {chat.id for chat in await self._bridge.chats()} | self._channels.wanted
        known |= set((await self._bridge.kept(CHANNELS) or "").split())
        for name in sorted(known):
            if connection.is_channel(name):
                with suppress(Transient, Rejected):
                    await self._join(name)

    async def _leave_when_idle(self, connection: Connection) -> None:
        """Unless we listen for others, too."""
        idle_s, now = self._settings.idle_hours * 3600, asyncio.get_running_loop().time
        self._spoke_at = now()
        while True:
            await asyncio.sleep(max(1.0, self._spoke_at + idle_s - now()))
            listens = any(
                self._company.ears.listens(it, self._login.id) for it in self._channels.wanted
            )
            if now() - self._spoke_at >= idle_s and not listens:
                self._is_wanted.clear()
                await connection.write("QUIT", "idle")
                return

    def _connected(self) -> tuple[Connection, Hearing]:
        if self._connection is None or self._hearing is None:
            raise Transient("We are not connected to IRC at the moment.")
        return self._connection, self._hearing

    async def _welcome(self) -> tuple[Connection, Hearing]:
        """Somebody who has just logged in need not ask twice."""
        self._is_wanted.set()
        self._spoke_at = asyncio.get_running_loop().time()
        with suppress(TimeoutError):
            async with asyncio.timeout(WELCOME_S):
                await self._is_welcome.wait()
        return self._connected()

    # -- words

    async def send(self, out: Outgoing) -> Sent:
        connection, hearing = await self._in(out.chat)
        return await self._speaking.say(out, connection, hearing)

    async def _in(self, chat: ChatKey) -> tuple[Connection, Hearing]:
        """A channel is joined before something happens there."""
        connection, hearing = await self._welcome()
        if connection.is_channel(chat.id) and not self._channels.is_in(chat.id):
            await self._join(chat.id)
        return connection, hearing

    async def redact(self, chat: ChatKey, target: str) -> None:
        connection, hearing = await self._in(chat)
        if not connection.features.has_redaction:
            raise Unsupported("This IRC server cannot take messages back.")
        hearing.refused.pop(connection.fold(target), None)
        await connection.ask("REDACT", chat.id, target)
        if why := hearing.refused.pop(connection.fold(target), None):
            raise Rejected(f"IRC: {why}")

    async def read(self, chat: ChatKey, upto: str) -> None:
        """Told to our other devices, where the server does that."""
        connection, hearing = self._connected()
        mark = hearing.place.markers.mark(chat.id, upto)
        if mark and connection.features.has_markers:
            await connection.write("MARKREAD", chat.id, mark)

    async def react(self, chat: ChatKey, target: str, emoji: str) -> None:
        connection, hearing = await self._in(chat)
        if connection.features.has_tags:
            tags = {"+draft/reply": target, "+draft/react": emoji}
            await connection.ask("TAGMSG", chat.id, tags=tags)
            return
        author = hearing.words.authors.of(target) or "that"
        await connection.write("PRIVMSG", chat.id, REACTION.format(author, emoji))

    async def unreact(self, chat: ChatKey, target: str, emoji: str) -> None:
        """Where a reaction was words, it stays."""
        connection, _ = await self._in(chat)
        if connection.features.has_tags:
            tags = {"+draft/reply": target, "+draft/unreact": emoji}
            await connection.ask("TAGMSG", chat.id, tags=tags)

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        connection, _ = self._connected()
        if connection.features.has_tags:
            tags = {"+typing": "active" if is_typing else "done"}
            await connection.write("TAGMSG", chat.id, tags=tags)

    async def history(self, chat: ChatKey, before: str | None, limit: int) -> Page:
        _, hearing = await self._in(chat)
        return await hearing.past.page(chat, before, limit)

    # -- chats and people

    async def chat(self, key: ChatKey) -> Chat:
        connection, hearing = await self._in(key)
        if not connection.is_channel(key.id):
            name = self._channels.name(key.id)
            return Chat(name, kind="dm", members={key.id: name})
        channel = self._channels.of(key.id)
        others = channel.others(connection.nick).items()
        return Chat(
            channel.name,
            channel.topic,
            members={id: nick for id, nick in others if not self._company.ears.are_ours(id)},
            levels=hearing.place.levels(key.id),
            has_all_members=True,
        )

    async def user(self, id: str) -> User:
        return User(self._channels.name(id))

    async def open_chat(self, name: str) -> ChatKey:
        connection, _ = await self._welcome()
        if connection.is_channel(name) and CHANNEL.fullmatch(name):
            await self._join(name)
        elif not NICK.fullmatch(name):
            raise Rejected(f"{name} is neither a channel nor a nick.")
        return key_of(connection, name, self._login.id)

    async def leave_chat(self, chat: ChatKey) -> None:
        connection, _ = self._connected()
        self._channels.wanted.discard(chat.id)
        await self._bridge.keep(CHANNELS, " ".join(sorted(self._channels.wanted)))
        if connection.is_channel(chat.id):
            await connection.confirm([("PART", chat.id)])

    async def follow(self, chat: ChatKey, is_present: bool) -> None:
        """Our person came into a room that others share, or left it."""
        if not is_present:
            await self.leave_chat(chat)
        elif self._is_wanted.is_set():
            await self._in(chat)

    async def voice(self, chat: ChatKey, person: Person) -> Session | None:
        """In channels that others share."""
        if chat.receiver:
            return None
        return await self._company.guests.of(person, self._bridge)

    async def silence(self, chat: ChatKey, user_id: str) -> None:
        await self._company.guests.silence(chat, user_id)

    async def directory(self, search: str) -> dict[str, Chat]:
        connection, hearing = await self._welcome()
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

    # -- what only some may do

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        await self._order(chat, [("TOPIC", chat.id, topic)])

    async def invite(self, chat: ChatKey, user: str) -> None:
        await self._order(chat, [("INVITE", user, chat.id)])

    async def kick(self, chat: ChatKey, user: str, reason: str) -> None:
        await self._order(chat, [("KICK", chat.id, user, reason or "Matrix")])

    async def ban(self, chat: ChatKey, user: str, reason: str) -> None:
        await self._order(chat, [("MODE", chat.id, "+b", mask_of(user))])
        # Who was not there need not go.
        with suppress(Rejected):
            await self.kick(chat, user, reason)

    async def unban(self, chat: ChatKey, user: str) -> None:
        masks = [it for it in self._channels.of(chat.id).banned if it.casefold() == mask_of(user)]
        await self._order(chat, [("MODE", chat.id, "-b", it) for it in masks or [mask_of(user)]])

    async def set_levels(self, chat: ChatKey, users: Mapping[str, int]) -> None:
        connection, _ = await self._in(chat)
        changed = list(modes.to_reach(self._channels.of(chat.id), users, connection.features))
        most = connection.features.modes_per_line
        pieces = [changed[at : at + most] for at in range(0, len(changed), most)]
        orders = [
            ("MODE", chat.id, "".join(mode for mode, _ in piece), *(nick for _, nick in piece))
            for piece in pieces
        ]
        await self._order(chat, orders)

    async def _order(self, chat: ChatKey, lines: Sequence[tuple[str, ...]]) -> None:
        """Raises Rejected in the server's words."""
        connection, hearing = await self._in(chat)
        if not connection.is_channel(chat.id):
            raise Rejected("In a conversation of two there is nothing to decide.")
        hearing.refused.clear()
        for command, *parameters in lines:
            await connection.ask(command, *parameters)
            if why := next(iter(hearing.refused.values()), None):
                raise Rejected(f"IRC: {why}")

    async def _join(self, name: str) -> None:
        """Raises Rejected with the server's reason."""
        connection, hearing = self._connected()
        folded = connection.fold(name)
        if self._channels.is_in(folded) and folded not in hearing.joining:
            return
        joined = hearing.joining.get(folded)
        if joined is None:
            joined = hearing.joining[folded] = asyncio.get_running_loop().create_future()
            hearing.hold(folded)
            await connection.write("JOIN", name)
        try:
            async with asyncio.timeout(JOIN_S):
                await asyncio.shield(joined)
        except TimeoutError as error:
            raise Transient(f"The server does not let us into {name} in time.") from error
        finally:
            hearing.joining.pop(folded, None)
        # What the server plays of the past has come when it has answered this.
        await connection.confirm([("MODE", name), ("MODE", name, "+b")])
        await self._bridge.keep(CHANNELS, " ".join(sorted(self._channels.wanted)))
        with suppress(Rejected):
            await hearing.past.catch_up(folded)
        await hearing.let_go(folded)
