"""The parts of a server name. Spec: Appendices, "Server Name"."""

from ipaddress import ip_address

from homeserver.events.ids import is_server_name


def split(server_name: str) -> tuple[str, int | None]:
    """Host, without the brackets of IPv6, and port; ValueError for what is no server name."""
    if not is_server_name(server_name):
        raise ValueError("this is no server name")
    host, port = server_name, ""
    if not server_name.endswith("]") and ":" in server_name:
        host, _, port = server_name.rpartition(":")
    number = int(port) if port else None
    if number is not None and not 0 < number < 65_536:
        raise ValueError("there is no such port")
    return host.strip("[]"), number


def is_ip_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
