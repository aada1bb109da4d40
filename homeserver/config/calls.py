"""Settings of calls: relays for two people, and a LiveKit server for many."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from attrs import frozen

from homeserver.config.fields import Form, secret, section, setting
from homeserver.config.forms import BaseUrl, Duration

TURN_SCHEMES = ("turn:", "turns:", "stun:", "stuns:")


def _read_turn_uri(value: object) -> str:
    """RFC 7065: `turn:host:port?transport=udp`."""
    if not isinstance(value, str) or not value.startswith(TURN_SCHEMES) or " " in value:
        raise ValueError("write an address such as turn:turn.example.org:3478?transport=udp")
    return value


def _read_socket_url(value: object) -> str:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError("write the address of a web socket, such as wss://livekit.example.org")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("write only scheme, host and path, such as wss://livekit.example.org")
    return str(value).rstrip("/")


def _unchanged(value: Any) -> Any:
    return value


TurnUri = Annotated[str, Form("TURN address", _read_turn_uri, _unchanged)]
SocketUrl = Annotated[str, Form("web socket address", _read_socket_url, _unchanged)]


@frozen(kw_only=True)
class Turn:
    """Relays for calls of two people behind routers: a TURN server, such as coturn."""

    uris: tuple[TurnUri, ...] = setting(
        (),
        "Its addresses.",
        example=["turn:turn.example.org:3478?transport=udp", "turns:turn.example.org:5349"],
    )
    shared_secret: str | None = secret(
        "coturn's `static-auth-secret`: users get passwords made with it that soon expire."
    )
    username: str | None = setting(
        None, "Without a shared secret: the name that everybody uses.", example="matrix"
    )
    password: str | None = secret("Without a shared secret: the password that everybody uses.")
    user_lifetime: Duration = setting(
        86_400_000, "How long what a user gets is good; clients ask anew before."
    )
    allow_guests: bool = setting(True, "Whether guests may use the relays.")


@frozen(kw_only=True)
class LiveKit:
    """Calls of many people: a LiveKit server that carries pictures and sound."""

    url: SocketUrl | None = setting(
        None, "Where clients reach it.", example="wss://livekit.example.org"
    )
    api_url: BaseUrl | None = setting(
        None,
        "Where this server reaches it, if not at the same place by http.",
        example="http://127.0.0.1:7880",
    )
    key: str | None = setting(
        None, "The name of the key in LiveKit's settings (`keys`).", example="isthmus"
    )
    secret: str | None = secret("The secret of that key.")
    service_url: BaseUrl | None = setting(
        None,
        "A service of your own that gives tokens (lk-jwt-service), where this server shall not.",
        example="https://rtc.example.org/livekit/jwt",
    )
    token_lifetime: Duration = setting(
        600_000, "How long a token opens LiveKit's door. Who is inside stays inside."
    )


@frozen(kw_only=True)
class Calls:
    """Voice and video."""

    turn: Turn = section(Turn)
    livekit: LiveKit = section(LiveKit)
