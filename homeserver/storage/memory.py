"""What storage remembers beside the rows: one bounded cache a subject, all of one database."""

from collections.abc import Callable
from typing import Any

from immutables import Map

from homeserver.storage.cache import Cache

MEBI = 1024 * 1024


class Memory:
    """Caches that work may look into and, through `txn.put`, change with the commit."""

    def __init__(self, max_bytes: int = 96 * MEBI) -> None:
        share = max_bytes // 16
        self.commits = 0
        self.name_ids: Cache[str, int] = Cache(share, lambda name, _: 150 + len(name))
        self.names: Cache[int, str] = Cache(share, lambda _, name: 150 + len(name))
        self.heads: Cache[str, Any] = Cache(3 * share, lambda _, head: head.size())
        self.events: Cache[int, Any] = Cache(7 * share, lambda _, stored: stored.size())
        self.positions: Cache[str, int] = Cache(share, lambda event_id, _: 150 + len(event_id))
        self.state_nodes: Cache[bytes, Any] = Cache(share, lambda _, node: 150 + 40 * len(node))
        self.rooms_of_users: Cache[str, Map[str, Any]] = Cache(
            2 * share, lambda _, rooms: 200 + 250 * len(rooms)
        )
        self.others: dict[str, Cache[Any, Any]] = {}
        """Caches that subjects bring themselves, by name."""

    def cache(self, name: str, max_bytes: int, size: Callable[[Any, Any], int]) -> Cache[Any, Any]:
        """The cache that a subject brings itself, made when it is first asked for."""
        found = self.others.get(name)
        if found is None:
            found = self.others.setdefault(name, Cache(max_bytes, size))
        return found

    def sizes(self) -> dict[str, int]:
        """Bytes by cache, for the metrics."""
        named = {name: cache for name, cache in vars(self).items() if isinstance(cache, Cache)}
        return {name: cache.bytes for name, cache in {**named, **self.others}.items()}
