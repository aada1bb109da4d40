"""Where a session stands: what hearing, moving and speaking share."""

from datetime import datetime
from secrets import token_hex

from attrs import define, field

from bridges.kit.chats import Levels
from bridges.kit.ears import Ears, SharedEar
from bridges.kit.happenings import Sender
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey
from bridges.networks.irc import modes
from bridges.networks.irc.channels import Channels
from bridges.networks.irc.connection import Connection
from bridges.networks.irc.handshake import variants
from bridges.networks.irc.lines import Line
from bridges.networks.irc.markers import Markers


@define(eq=False)
class Place:
    login_id: str
    bridge: Bridge
    channels: Channels
    connection: Connection
    ears: Ears
    markers: Markers = field(factory=Markers)
    own: set[str] = field(init=False)
    """What we may have been called, folded."""
    heard: Bridge = field(init=False)
    """Is told what no other login of ours tells."""

    def __attrs_post_init__(self) -> None:
        self.heard = SharedEar(self.bridge, self.ears, self.login_id, self._is_ours)
        self.is_called(self.connection.nick)
        names = variants(self.connection.account.nick) | {self.connection.nick}
        self.own = set(map(self.connection.fold, names))

    def _is_ours(self, sender: Sender, chat: str) -> bool:
        return self.ears.are_ours(sender.id)

    def fold(self, name: str) -> str:
        return self.connection.fold(name)

    def key(self, name: str) -> ChatKey:
        return key_of(self.connection, name, self.login_id)

    def is_called(self, nick: str) -> None:
        self.ears.is_called(self.login_id, self.fold(nick))

    def enter(self, name: str) -> None:
        self.channels.enter(self.fold(name), name)
        self.ears.enter(self.fold(name), self.login_id)

    def exit(self, name: str) -> None:
        self.channels.exit(self.fold(name))
        self.ears.exit(self.fold(name), self.login_id)

    def disconnected(self) -> None:
        self.channels.disconnected()
        self.ears.leave(self.login_id)

    def levels(self, channel: str) -> Levels:
        """Our people are named by the framework."""
        here = self.channels.of(channel)
        ours = {id for id in here.members if self.ears.are_ours(id)}
        return modes.levels(here, ours | self.own)

    def sender(self, nick: str) -> Sender:
        self.channels.meet(self.fold(nick), nick)
        return Sender(self.fold(nick), nick)

    def was_us(self, nick: str) -> bool:
        """Also under another of our nicks: in the past."""
        return self.fold(nick) in self.own


def key_of(connection: Connection, name: str, login_id: str) -> ChatKey:
    is_shared = connection.settings.shared_rooms and connection.is_channel(name)
    return ChatKey(connection.fold(name), "" if is_shared else login_id)


def id_of(line: Line) -> str:
    return line.tags.get("msgid") or token_hex(16)


def sent_at_ms(tag: str) -> int | None:
    try:
        return int(datetime.fromisoformat(tag).timestamp() * 1000)
    except ValueError:
        return None
