"""Where apps that know no OAuth 2.0 may be answered: anywhere, once the user agrees."""

from homeserver.users.oauth.redirects import parsed

SCRIPTS = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "view-source"})


def is_way_back(url: str) -> bool:
    """Not what would run in our own name, or what browsers read in more than one way."""
    parts = parsed(url)
    if parts is None or parts.scheme in SCRIPTS:
        return False
    if parts.scheme in ("http", "https"):
        return bool(parts.hostname) and "@" not in parts.netloc
    return True


def is_trusted(url: str, beginnings: tuple[str, ...]) -> bool:
    """Whether an address begins with one of these, which name at least a whole host."""
    return any(
        url.startswith(it if it.count("/") > 2 or "://" not in it else it + "/")
        for it in beginnings
    )
