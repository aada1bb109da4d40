"""Which servers a room keeps out. Spec: `m.room.server_acl`."""

import re
from collections.abc import Sequence
from ipaddress import ip_address

from attrs import frozen

from homeserver.events.push_rules.globs import Matcher, matches_whole
from homeserver.json_values import JsonObject, JsonValue

_PORT = re.compile(r":[0-9]{1,5}\Z", re.ASCII)


@frozen
class ServerAcl:
    """Compiled once for an event; what is malformed in it counts as left out."""

    _allow: Sequence[Matcher]
    _deny: Sequence[Matcher]
    _ip_literals: bool

    @classmethod
    def of(cls, content: JsonObject) -> "ServerAcl":
        return cls(
            _patterns(content.get("allow")),
            _patterns(content.get("deny")),
            content.get("allow_ip_literals") is not False,
        )

    def admits(self, server_name: str) -> bool:
        host = _PORT.sub("", server_name).lower()
        if not self._ip_literals and _is_ip_literal(host):
            return False
        if any(fits(host) for fits in self._deny):
            return False
        return any(fits(host) for fits in self._allow)


def _patterns(listed: JsonValue) -> list[Matcher]:
    patterns = listed if isinstance(listed, list) else []
    return [matches_whole(pattern) for pattern in patterns if isinstance(pattern, str)]


def _is_ip_literal(host: str) -> bool:
    if host.startswith("["):
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
