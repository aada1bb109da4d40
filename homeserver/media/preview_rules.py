"""Which URLs may be previewed."""

from urllib.parse import urlsplit, urlunsplit

from attrs import frozen

from homeserver.config.media import UrlPreviews
from homeserver.errors import Forbidden, InvalidParam
from homeserver.events.type_patterns import TypePatterns

MAX_URL = 2048


@frozen
class PreviewRules:
    _is_enabled: bool
    _allowed: TypePatterns | None
    _denied: TypePatterns

    @classmethod
    def of(cls, settings: UrlPreviews) -> "PreviewRules":
        allowed = None if settings.allow is None else TypePatterns.of(_lower(settings.allow))
        return cls(settings.enabled, allowed, TypePatterns.of(_lower(settings.deny)))

    def check(self, url: str) -> str:
        """The URL as it is fetched; raises Forbidden and InvalidParam."""
        if not self._is_enabled:
            raise Forbidden("This server makes no previews of links.")
        plain, host = normal(url)
        if self._denied.match(host) or not (self._allowed is None or self._allowed.match(host)):
            raise Forbidden("This server makes no previews of pages of this host.")
        return plain


def normal(url: str) -> tuple[str, str]:
    """A URL in plain letters and without its fragment, and its host; raises InvalidParam."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
        port = parts.port
    except ValueError:
        raise InvalidParam("This is not a valid URL.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidParam("Only http and https URLs have previews.")
    if parts.username is not None or parts.password is not None:
        raise InvalidParam("URLs with passwords have no previews.")
    shown = f"[{host}]" if ":" in host else host
    place = shown if port is None else f"{shown}:{port}"
    plain = urlunsplit((parts.scheme, place, _plain(parts.path) or "/", _plain(parts.query), ""))
    if len(plain) > MAX_URL:
        raise InvalidParam(f"A URL to preview has {MAX_URL} characters at most.")
    return plain, host


def _plain(text: str) -> str:
    """With percent signs for all that a request line cannot hold."""
    return "".join(
        letter if "!" <= letter <= "~" else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in text
    )


def _lower(patterns: tuple[str, ...]) -> list[str]:
    return [pattern.lower() for pattern in patterns]
