"""Where a session stands: what hearing, moving and speaking share."""

from datetime import datetime
from secrets import token_hex

from attrs import define, field

from bridges.kit.happenings import Sender
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey
from bridges.networks.irc.channels import Channels
from bridges.networks.irc.connection import Connection
from bridges.networks.irc.handshake import variants
from bridges.networks.irc.lines import Line


@define(eq=False)
class Place:
    login_id: str
    bridge: Bridge
    channels: Channels
    connection: Connection
    own: set[str] = field(init=False)
    """What we may have been called, folded."""

    def __attrs_post_init__(self) -> None:
        names = variants(self.connection.account.nick) | {self.connection.nick}
        self.own = set(map(self.connection.fold, names))

    def fold(self, name: str) -> str:
        return self.connection.fold(name)

    def key(self, channel: str) -> ChatKey:
        return ChatKey(self.fold(channel), self.login_id)

    def sender(self, nick: str) -> Sender:
        self.channels.meet(self.fold(nick), nick)
        return Sender(self.fold(nick), nick)

    def was_us(self, nick: str) -> bool:
        """Also under another of our nicks: in the past."""
        return self.fold(nick) in self.own


def id_of(line: Line) -> str:
    return line.tags.get("msgid") or token_hex(16)


def sent_at_ms(tag: str) -> int | None:
    try:
        return int(datetime.fromisoformat(tag).timestamp() * 1000)
    except ValueError:
        return None
