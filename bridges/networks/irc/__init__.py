"""IRC: one connection for each login, as a bouncer has."""

from collections.abc import Mapping

from bridges.networks.irc.network import Irc
from bridges.networks.irc.settings import IrcSettings, read

SETTINGS = IrcSettings


def create(settings: Mapping[str, object]) -> Irc:
    return Irc(read(settings))
