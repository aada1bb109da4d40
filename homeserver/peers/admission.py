"""Which servers this one talks with, by its settings."""

from homeserver.config.network import Federation
from homeserver.events.push_rules.globs import matches_whole
from homeserver.peers.addresses import split
from homeserver.peers.errors import NotAdmitted


class Admission:
    """`deny` is stronger than `allow`. A pattern fits a server's whole name, or its host."""

    def __init__(self, settings: Federation) -> None:
        self._enabled = settings.enabled
        self._allow = None if settings.allow is None else list(map(matches_whole, settings.allow))
        self._deny = list(map(matches_whole, settings.deny))

    def admits(self, server: str) -> bool:
        if not self._enabled:
            return False
        try:
            host, _ = split(server)
        except ValueError:
            return False
        names = {server.lower(), host.lower()}
        if any(fits(name) for fits in self._deny for name in names):
            return False
        return self._allow is None or any(fits(name) for fits in self._allow for name in names)

    def check(self, server: str) -> None:
        """Raise NotAdmitted."""
        if not self.admits(server):
            raise NotAdmitted(f"This server does not talk with {server[:300]}.")
