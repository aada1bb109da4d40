"""People on Matrix by addresses of a component. What these cannot hold is escaped (XEP-0106)."""

import re

from attrs import frozen

ESCAPED = " \"&'/:<>@\\"
CODE = re.compile(r"\\(20|22|26|27|2f|3a|3c|3e|40|5c)")
LOCAL = re.compile(r"[a-z0-9._=/+-]{1,255}")
"""Of users of today; older ids may differ only in what an address does not tell apart."""
BETWEEN = "%"


@frozen
class Jids:
    """`home`: the homeserver, whose name is left out."""

    domain: str
    home: str

    def of(self, user_id: str) -> str | None:
        """None for ids that have no address."""
        local, _, server = user_id[1:].partition(":")
        if not LOCAL.fullmatch(local) or not server:
            return None
        elsewhere = "" if server == self.home else f"{BETWEEN}{escaped(server)}"
        return f"{escaped(local)}{elsewhere}@{self.domain}"

    def user_of(self, jid: str) -> str | None:
        """Whose address that is, if it can be anybody's."""
        node, _, domain = jid.partition("@")
        if domain != self.domain or not node:
            return None
        local, between, server = node.partition(BETWEEN)
        local, server = unescaped(local), unescaped(server)
        if not LOCAL.fullmatch(local) or (between and not server):
            return None
        return f"@{local}:{server or self.home}"


def escaped(text: str) -> str:
    return "".join(f"\\{ord(it):02x}" if it in ESCAPED else it for it in text)


def unescaped(text: str) -> str:
    return CODE.sub(lambda found: chr(int(found[1], 16)), text)
