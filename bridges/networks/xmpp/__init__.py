"""XMPP: each login is a client of its own account."""

from collections.abc import Mapping

from bridges.networks.xmpp.network import Xmpp
from bridges.networks.xmpp.settings import XmppSettings, read

SETTINGS = XmppSettings


def create(settings: Mapping[str, object]) -> Xmpp:
    return Xmpp(read(settings))
