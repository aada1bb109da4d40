"""What the operator says about XMPP."""

from collections.abc import Mapping

from attrs import frozen

from bridges.kit.settings import asked, understood


@frozen
class XmppSettings:
    """With a `component` (XEP-0114) everybody on Matrix has an address at that domain, and needs no
    account: at most `guests` of them without the right to use the bridge otherwise, who leave
    when they have been silent for `idle_hours`.

    Else servers are found by DNS, unless `server` (host:port) says where all logins connect.
    Without `tls` passwords go over an open line: for servers on this machine only. `ca_path` is a
    file with an authority whose certificates are good besides those of the system. Files are
    fetched from public addresses, and from the web servers in `files_from` (addresses, with blanks
    between). After `quiet_s` seconds without a word the server is asked whether it is there.
    """

    component: str = asked("Under which domain of an XMPP server of yours? (empty: accounts)", "")
    component_secret: str = asked("The secret of that component?", "", is_secret=True)
    component_server: str = asked("Where does that server take components?", "127.0.0.1:5347")
    guests: int = 100
    idle_hours: float = 24.0
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
    if not found.component_server.rpartition(":")[2].isdecimal():
        raise ValueError("XMPP's setting component_server must be host:port.")
    if found.component and ("." not in found.component or not found.component_secret):
        raise ValueError("XMPP's component needs a domain below its server's, and a secret.")
    return found
