"""Who comes, goes, is put out or is called otherwise, as happenings; and what they may do."""

from secrets import token_hex

from attrs import define, field

from bridges.kit.chats import User
from bridges.kit.happenings import (
    ChatChange,
    MemberChange,
    Message,
    Notice,
    Presence,
    Sender,
    UserChange,
)
from bridges.kit.parts import Text
from bridges.networks.irc import modes
from bridges.networks.irc.channels import Member
from bridges.networks.irc.formatting import from_irc
from bridges.networks.irc.lines import Line
from bridges.networks.irc.place import Place
from bridges.networks.irc.splits import Splits

MAX_MEMBERS = 100_000
MUTE_MODES = frozenset("mt")
"""Modes of a channel that change what its people may do."""


@define(eq=False)
class Moving:
    _place: Place
    splits: Splits = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.splits = Splits(self._has_left, self._tell)

    async def hear(self, line: Line) -> None:
        acts = {
            "JOIN": self._join,
            "PART": self._part,
            "KICK": self._kick,
            "QUIT": self._quit,
            "NICK": self._nick,
            "MODE": self._mode,
            "INVITE": self._invite,
            "TOPIC": self._topic,
            "AWAY": self._away,
            "ACCOUNT": self._account,
        }
        if act := acts.get(line.command):
            await act(line)

    async def _moved(
        self, channel: str, nick: str, present: bool, reason: str = "", how: str = "", by: str = ""
    ) -> None:
        place = self._place
        await place.heard.receive(
            MemberChange(
                place.key(channel),
                place.sender(nick),
                token_hex(16),
                present,
                reason,
                how,
                place.sender(by) if by and not place.connection.is_us(by) else None,
            )
        )

    async def _join(self, line: Line) -> None:
        place, channel = self._place, line.parameter(0)
        folded = place.fold(channel)
        if place.connection.is_us(line.nick):
            place.enter(channel)
            return
        members = place.channels.of(folded).members
        if len(members) < MAX_MEMBERS:
            members[place.fold(line.nick)] = Member(line.nick)
        if not self.splits.is_back(folded, line.nick):
            await self._moved(channel, line.nick, True)
        if line.parameter(1) not in ("", "*"):
            await self._known_as(line.nick, line.parameter(1))

    async def _part(self, line: Line) -> None:
        channel = line.parameter(0)
        if self._place.connection.is_us(line.nick):
            self._place.exit(channel)
            return
        self._forget(channel, line.nick)
        await self._moved(channel, line.nick, False, line.parameter(1))

    def _forget(self, channel: str, nick: str) -> None:
        place = self._place
        place.channels.of(place.fold(channel)).members.pop(place.fold(nick), None)

    async def _kick(self, line: Line) -> None:
        place, channel, gone = self._place, line.parameter(0), line.parameter(1)
        is_banned = place.channels.of(place.fold(channel)).has_banned(gone)
        if not place.connection.is_us(gone):
            self._forget(channel, gone)
            how = "banned" if is_banned else "kicked"
            await self._moved(channel, gone, False, line.parameter(2), how, line.nick)
            return
        place.exit(channel)
        you = place.connection.nick if place.connection.settings.shared_rooms else "you"
        words = f"{line.nick} put {you} out of the channel: {line.parameter(2)}"
        await place.bridge.receive(Notice(place.key(channel), token_hex(16), words))

    async def _quit(self, line: Line) -> None:
        place, folded = self._place, self._place.fold(line.nick)
        for channel in place.channels.with_member(folded):
            place.channels.of(channel).members.pop(folded, None)
            if self.splits.is_split(line.parameter(0)):
                self.splits.gone(channel, line.nick, line.parameter(0))
            else:
                await self._moved(channel, line.nick, False, line.parameter(0))
        await place.connection.regain(line.nick)

    async def _has_left(self, channel: str, nick: str, reason: str) -> None:
        await self._moved(channel, nick, False, reason)

    async def _tell(self, channel: str, text: str) -> None:
        await self._place.heard.receive(Notice(self._place.key(channel), token_hex(16), text))

    async def _nick(self, line: Line) -> None:
        """The old nick leaves and the new one comes: none is left behind."""
        place, old, new = self._place, line.nick, line.parameter(0)
        before, after = place.fold(old), place.fold(new)
        are_ours = place.ears.are_ours(before) or place.ears.are_ours(after)
        for channel in place.channels.with_member(before):
            members = place.channels.of(channel).members
            member = members.pop(before)
            members[after] = Member(new, member.ranks)
            if place.connection.is_us(new) or are_ours:
                continue
            if before != after:
                await self._moved(channel, old, False, f"is now {new}")
            await self._moved(channel, new, True)
            if member.ranks:
                await self._tell_levels(channel, new)
        if place.connection.is_us(new):
            place.own.add(after)
            place.is_called(new)
        await place.connection.regain(old)

    async def _topic(self, line: Line) -> None:
        place, channel, topic = self._place, line.parameter(0), line.parameter(1)
        place.channels.of(place.fold(channel)).topic = topic
        if not place.connection.is_us(line.nick):
            sender = place.sender(line.nick)
            text = from_irc(topic).body
            change = ChatChange(place.key(channel), sender, token_hex(16), topic=text)
            await place.heard.receive(change)

    async def _invite(self, line: Line) -> None:
        place, invited, channel = self._place, line.parameter(0), line.parameter(1)
        if not place.connection.is_us(invited):
            await self._moved(channel, invited, False, "", "invited", line.nick)
            return
        words = Text(f"invites you to {channel}. To go there, say: !irc open {channel}", (), "act")
        chat, sender = place.key(line.nick), place.sender(line.nick)
        await place.heard.receive(Message(chat, sender, token_hex(16), (words,)))

    # -- modes

    async def _mode(self, line: Line) -> None:
        place, name = self._place, line.parameter(0)
        if not place.connection.is_channel(name):
            return
        channel, telling = place.channels.of(place.fold(name)), False
        features = place.connection.features
        for change in modes.changes(features, line.parameter(1), list(line.parameters[2:])):
            if change.mode in features.ranks:
                telling |= self._rank(name, change)
            elif change.mode == "b":
                await self._ban(name, line.nick, change)
            elif change.mode not in features.list_modes:
                (channel.modes.add if change.is_set else channel.modes.discard)(change.mode)
                telling |= change.mode in MUTE_MODES
        if telling:
            await self._tell_levels(name, line.nick)

    def _rank(self, name: str, change: modes.Change) -> bool:
        place = self._place
        member = place.channels.of(place.fold(name)).members.get(place.fold(change.argument))
        if member is not None:
            (member.ranks.add if change.is_set else member.ranks.discard)(change.mode)
        return member is not None

    async def _tell_levels(self, name: str, by: str) -> None:
        place = self._place
        levels = place.levels(place.fold(name))
        sender = Sender(place.fold(by), by, me=place.connection.is_us(by))
        change = ChatChange(place.key(name), sender, token_hex(16), levels=levels)
        await place.heard.receive(change)

    async def _ban(self, name: str, by: str, change: modes.Change) -> None:
        """Of a mask; where that is one nick, the ghost is kept out, too."""
        place, mask = self._place, change.argument
        channel = place.channels.of(place.fold(name))
        (channel.banned.add if change.is_set else channel.banned.discard)(mask)
        nick = mask.removesuffix("!*@*")
        if nick == mask or set(nick) & set("*?"):
            word = "bans" if change.is_set else "no longer bans"
            notice = Notice(place.key(name), token_hex(16), f"{by} {word} {mask}")
            await place.heard.receive(notice)
        elif place.fold(nick) not in channel.members:
            # Whoever is still there is put out by a KICK.
            await self._moved(name, nick, False, "", "banned" if change.is_set else "unbanned", by)

    # -- how they are

    async def _away(self, line: Line) -> None:
        state = "unavailable" if line.parameter(0) else "online"
        sender = self._place.sender(line.nick)
        await self._place.heard.receive(Presence(sender, state, line.parameter(0)))

    async def _account(self, line: Line) -> None:
        if line.parameter(0) != "*":
            await self._known_as(line.nick, line.parameter(0))

    async def _known_as(self, nick: str, account: str) -> None:
        """Nicks may be anybody's; the account is whose it is."""
        user = User(nick, handles=(f"irc-account:{account}",))
        await self._place.heard.receive(UserChange(self._place.sender(nick), user))
