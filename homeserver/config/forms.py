"""The forms of values: durations, sizes, addresses, names."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit

from homeserver.config.fields import Form

_UNITS_MS = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}
_UNITS_BYTES = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}

_HOSTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.?")
_IPV6_LITERAL = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]")
_MAX_SERVER_NAME = 230


def _read_duration(value: object) -> int:
    match = re.fullmatch(r"(\d{1,9})\s*(ms|[smhdwy])", str(value).strip())
    if match is None:
        raise ValueError("write a number and a unit (ms, s, m, h, d, w or y), such as 30s or 7d")
    return int(match[1]) * _UNITS_MS[match[2]]


def _show_duration(milliseconds: int) -> str:
    unit = max(
        (unit for unit, length in _UNITS_MS.items() if milliseconds % length == 0),
        key=_UNITS_MS.__getitem__,
    )
    return f"{milliseconds // _UNITS_MS[unit]}{unit}" if milliseconds else "0s"


def _read_size(value: object) -> int:
    match = re.fullmatch(r"(\d{1,12})\s*([KMGT]?)", str(value).strip())
    if match is None or isinstance(value, bool):
        raise ValueError("write a number of bytes, or one with K, M, G or T behind it, such as 50M")
    return int(match[1]) * _UNITS_BYTES[match[2]]


def _show_size(count: int) -> str:
    unit = max(
        (unit for unit, length in _UNITS_BYTES.items() if count % length == 0),
        key=_UNITS_BYTES.__getitem__,
    )
    return f"{count // _UNITS_BYTES[unit]}{unit}" if count else "0"


def _read_server_name(value: object) -> str:
    """Matrix Specification, Appendices, "Server Name": a host and perhaps a port, but no scheme."""
    if not isinstance(value, str) or "/" in value:
        raise ValueError("write a name such as example.org, without https:// before it")
    host, port = value, ""
    if not value.endswith("]") and ":" in value:
        host, _, port = value.rpartition(":")
        if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536):
            raise ValueError("the part behind the colon must be a port from 1 to 65535")
    if not (_HOSTNAME.fullmatch(host) or _IPV6_LITERAL.fullmatch(host)):
        raise ValueError("write a host name such as example.org, or an address such as 192.0.2.1")
    if value != value.lower():
        raise ValueError("write it in small letters")
    if len(value) > _MAX_SERVER_NAME:
        raise ValueError(f"a server name has {_MAX_SERVER_NAME} characters at most")
    return value


def _read_server_pattern(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9.:\[\]*?-]{1,255}", value):
        raise ValueError("write a server name; * stands for any letters, as in *.example.org")
    return value


def _read_base_url(value: object) -> str:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write a whole address such as https://matrix.example.org")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("write only scheme, host and path, such as https://matrix.example.org")
    return str(value).rstrip("/")


def _read_ip_range(value: object) -> IPv4Network | IPv6Network:
    if not isinstance(value, str):
        raise ValueError("write an address range such as 10.0.0.0/8, in quotes if need be")
    try:
        return ip_network(value)
    except ValueError as error:
        raise ValueError(f"{error}; write a range such as 10.0.0.0/8") from None


def _read_port(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 65_536:
        raise ValueError("write a port from 1 to 65535")
    return value


def _read_count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("write a whole number that is not negative")
    return value


def _read_rate(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e9:
        raise ValueError("write a number above zero, such as 0.5")
    return float(value)


def _unchanged(value: Any) -> Any:
    return value


Duration = Annotated[int, Form("duration", _read_duration, _show_duration)]
"""Milliseconds."""

Size = Annotated[int, Form("size", _read_size, _show_size)]
"""Bytes."""

ServerName = Annotated[str, Form("server name", _read_server_name)]
ServerPattern = Annotated[str, Form("server name with *", _read_server_pattern)]
BaseUrl = Annotated[str, Form("address", _read_base_url)]
"""Without a slash at its end."""

IpRange = Annotated[IPv4Network | IPv6Network, Form("address range", _read_ip_range)]
Port = Annotated[int, Form("port", _read_port, _unchanged)]
Count = Annotated[int, Form("number", _read_count, _unchanged)]
Rate = Annotated[float, Form("number", _read_rate, _unchanged)]
