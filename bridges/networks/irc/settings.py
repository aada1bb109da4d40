"""What the operator says about the IRC network."""

from collections.abc import Mapping

from attrs import field, frozen

from bridges.kit.settings import asked, understood


@frozen
class IrcSettings:
    """`burst` lines may be sent at once, then one for each `seconds_per_line`.

    After `quiet_s` without a line we ask whether the server is there; so long it has to answer.
    With `shared_rooms`, no more than `max_connections` people are connected (0: all), and who says
    nothing for `idle_hours` is disconnected until they speak (0: never). So many `guests`, people
    without a login, have a connection and a nick of their own. `ca_path` is a file with an
    authority whose certificates are good besides those of the system.
    """

    host: str = asked("Which server?")
    port: int = asked("At which port?", 6697)
    tls: bool = asked("With TLS?", True)
    shared_rooms: bool = asked("Shall people of this server meet in one room per channel?", False)
    max_connections: int = 0
    idle_hours: float = 0.0
    guests: int = 0
    guest_nick: str = "{name}[m]"
    ca_path: str = ""
    server_password: str = field(default="", repr=False)
    nickserv: str = "NickServ"
    burst: int = 4
    seconds_per_line: float = 2.0
    quiet_s: float = 60.0


def read(settings: Mapping[str, object]) -> IrcSettings:
    """Raises ValueError in words."""
    found = understood("IRC", IrcSettings, settings)
    if found.guests and not found.shared_rooms:
        raise ValueError("IRC's setting guests needs shared_rooms.")
    if "{name}" not in found.guest_nick:
        raise ValueError("IRC's setting guest_nick must hold {name}.")
    return found
