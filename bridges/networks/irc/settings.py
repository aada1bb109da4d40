"""What the operator says about the IRC network."""

from collections.abc import Mapping
from typing import Any

from attrs import field, fields, frozen


@frozen
class IrcSettings:
    """`burst` lines may be sent at once, then one for each `seconds_per_line`.

    After `quiet_s` without a line we ask whether the server is there; so long it has to answer.
    """

    host: str
    port: int = 6697
    tls: bool = True
    server_password: str = field(default="", repr=False)
    burst: int = 4
    seconds_per_line: float = 2.0
    quiet_s: float = 60.0


def read(settings: Mapping[str, object]) -> IrcSettings:
    """Raises ValueError in words."""
    known: dict[str, type] = {one.name: one.type or str for one in fields(IrcSettings)}
    if unknown := set(settings) - set(known):
        raise ValueError(f"IRC knows no setting {', '.join(sorted(unknown))}.")
    if "host" not in settings:
        raise ValueError("IRC needs network_settings with the host of a server.")
    given: dict[str, Any] = {}
    for name, value in settings.items():
        wanted = (int, float) if known[name] is float else known[name]
        if not isinstance(value, wanted) or (isinstance(value, bool) and known[name] is not bool):
            raise ValueError(f"IRC's setting {name} must be of the type {known[name].__name__}.")
        given[name] = value
    return IrcSettings(**given)
