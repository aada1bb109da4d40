"""What the machine needs of a store: few methods, each one atomic step."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Protocol

from attrs import frozen


@frozen
class Change:
    """A record to be written, or removed where the value is None."""

    kind: str
    key: str
    value: bytes | None


class Store(Protocol):
    """Sealed records of one device, by kind and key. What is in them, it cannot read.

    To open one that is open elsewhere raises StoreInUse: two machines that advance one ratchet
    would say different things by the same key.
    """

    def get(self, kind: str, key: str) -> bytes | None: ...

    def find(self, kind: str, prefix: str = "") -> list[tuple[str, bytes]]:
        """All records of a kind whose key begins so, ordered by key."""
        ...

    def apply(self, changes: Iterable[Change]) -> None:
        """All of them, or none; when this returns, they survive a crash."""
        ...

    def close(self) -> None: ...


def account_number(account: str) -> int:
    """A number for locks, the same in every process."""
    return int.from_bytes(sha256(account.encode()).digest()[:8], "big", signed=True)


def behind(prefix: str) -> str:
    """The first text that sorts behind all that begin with the prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else "\U0010ffff"
