"""What the operator says about XMPP."""

from collections.abc import Mapping

from attrs import frozen

from bridges.kit.settings import understood


@frozen
class XmppSettings:
    """Servers are found by DNS, unless `server` (host:port) says where all logins connect.

    Without `tls` passwords go over an open line: for servers on this machine only. `ca_path` is a
    file with an authority whose certificates are good besides those of the system. Files are
    fetched from public addresses, and from the web servers in `files_from` (addresses, with blanks
    between). After `quiet_s` seconds without a word the server is asked whether it is there.
    """

    server: str = ""
    tls: bool = True
    ca_path: str = ""
    files_from: str = ""
    quiet_s: int = 60
    media_max_bytes: int = 50_000_000


def read(settings: Mapping[str, object]) -> XmppSettings:
    """Raises ValueError in words."""
    found = understood("XMPP", XmppSettings, settings)
    if found.server and not found.server.rpartition(":")[2].isdecimal():
        raise ValueError("XMPP's setting server must be host:port.")
    return found
