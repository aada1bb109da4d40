"""A store for tests, and for devices that live as long as their process."""

from collections.abc import Iterable

from e2ee.store import Change


class MemoryStore:
    """A copy of it is a snapshot to go back to."""

    def __init__(self, records: dict[tuple[str, str], bytes] | None = None) -> None:
        self._records = dict(records or {})

    def copy(self) -> "MemoryStore":
        return MemoryStore(self._records)

    def get(self, kind: str, key: str) -> bytes | None:
        return self._records.get((kind, key))

    def find(self, kind: str, prefix: str = "") -> list[tuple[str, bytes]]:
        return sorted(
            (key, value)
            for (its_kind, key), value in self._records.items()
            if its_kind == kind and key.startswith(prefix)
        )

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.value is None:
                self._records.pop((change.kind, change.key), None)
            else:
                self._records[change.kind, change.key] = change.value

    def close(self) -> None:
        pass
