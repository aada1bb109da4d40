"""Where answers may be sent. Spec: Client-Server API, "Redirect URI validation"; RFC 8252."""

from urllib.parse import SplitResult, urlsplit, urlunsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MAX_LENGTH = 2000


def parsed(uri: object) -> SplitResult | None:
    """None for what is no URI, or holds what could mean something else to a browser."""
    if not isinstance(uri, str) or not 0 < len(uri) <= MAX_LENGTH:
        return None
    if not uri.isascii() or not uri.isprintable() or any(sign in uri for sign in ' \\"<>'):
        return None
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme else None


def is_web_page(uri: object, host: str | None = None) -> bool:
    """Whether it is an https address without a password, at this host or one below it."""
    parts = parsed(uri)
    if parts is None or parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        return False
    return host is None or parts.hostname == host or parts.hostname.endswith("." + host)


def may_register(uri: object, host: str, application_type: str) -> bool:
    """Whether an app whose home page is at `host` may be answered there."""
    parts = parsed(uri)
    if parts is None or not isinstance(uri, str) or "#" in uri:
        return False
    if parts.scheme == "https":
        return is_web_page(uri, host)
    if application_type != "native":
        return False
    if parts.scheme == "http":
        return parts.netloc in ("localhost", "127.0.0.1", "[::1]")
    reverse = ".".join(reversed(host.split(".")))
    is_own = parts.scheme == reverse or parts.scheme.startswith(reverse + ".")
    # "com.example://x" has an authority even if it is empty: "com.example:///x".
    return is_own and not uri[len(parts.scheme) + 1 :].startswith("//")


def matches(uri: str, registered: str) -> bool:
    """Letter for letter; but programs on this machine listen on any port that is free."""
    if uri == registered:
        return True
    parts, known = parsed(uri), parsed(registered)
    if parts is None or known is None or known.scheme != "http" or "@" in parts.netloc:
        return False
    if known.hostname not in LOOPBACK or parts.hostname != known.hostname or not parts.port:
        return False
    return urlunsplit(parts._replace(netloc=known.netloc)) == registered


def source_of(uri: str) -> str:
    """How a Content-Security-Policy names the place."""
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https") and parts.hostname != "::1":
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"
