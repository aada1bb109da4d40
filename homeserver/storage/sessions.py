"""Logins and their tokens, by the hash of the token."""

from collections.abc import Collection

from attrs import frozen

from homeserver.storage import provider_sessions
from homeserver.storage.transaction import Transaction

NO_DEVICE = ""
"""In place of a device's id: an administrator speaks as the user."""
KEPT_GENERATIONS = 20
"""So many replaced tokens are remembered, to notice when one is used again."""


@frozen
class Token:
    """A token, and the session that it belongs to."""

    session: int
    user_id: str
    device_id: str
    session_generation: int
    generation: int
    refreshes: bool
    expires_ts: int | None

    @property
    def is_replaced(self) -> bool:
        return self.generation < self.session_generation

    @property
    def is_first_use(self) -> bool:
        """Whether its use is what replaces the tokens before it."""
        return self.generation > self.session_generation

    def has_expired(self, now_ms: int) -> bool:
        return self.expires_ts is not None and self.expires_ts <= now_ms


def open(txn: Transaction, user_id: str, device_id: str, now_ms: int) -> int:
    """Begin a login on a device, ending the one before it there."""
    end(txn, user_id, [device_id])
    session = txn.next_position()
    txn.execute(
        """
        INSERT INTO sessions (id, user_id, device_id, generation, created_ts)
        VALUES (?, ?, ?, 0, ?)
        """,
        session,
        user_id,
        device_id,
        now_ms,
    )
    return session


def add_token(
    txn: Transaction,
    session: int,
    hash: bytes,
    generation: int,
    refreshes: bool,
    expires_ts: int | None,
) -> None:
    txn.execute(
        """
        INSERT INTO session_tokens (hash, session, generation, refreshes, expires_ts)
        VALUES (?, ?, ?, ?, ?)
        """,
        hash,
        session,
        generation,
        int(refreshes),
        expires_ts,
    )


def find(txn: Transaction, hash: bytes) -> Token | None:
    row = txn.one(
        """
        SELECT s.id, s.user_id, s.device_id, s.generation, t.generation, t.refreshes, t.expires_ts
        FROM session_tokens t JOIN sessions s ON s.id = t.session WHERE t.hash = ?
        """,
        hash,
    )
    if row is None:
        return None
    session, user_id, device_id, session_generation, generation, refreshes, expires_ts = row
    return Token(
        session, user_id, device_id, session_generation, generation, bool(refreshes), expires_ts
    )


def confirm(txn: Transaction, session: int, generation: int) -> None:
    """The tokens of this generation have arrived: those before them are replaced."""
    txn.execute(
        "UPDATE sessions SET generation = ? WHERE id = ? AND generation < ?",
        generation,
        session,
        generation,
    )
    txn.execute(
        "DELETE FROM session_tokens WHERE session = ? AND generation <= ?",
        session,
        generation - KEPT_GENERATIONS,
    )


def drop_generation(txn: Transaction, session: int, generation: int, keep: int) -> None:
    """Forget tokens that were handed out and never used, if there are more than `keep` of them."""
    row = txn.one(
        "SELECT COUNT(*) FROM session_tokens WHERE session = ? AND generation = ?",
        session,
        generation,
    )
    if row and row[0] > keep:
        txn.execute(
            "DELETE FROM session_tokens WHERE session = ? AND generation = ?", session, generation
        )


def end(txn: Transaction, user_id: str, device_ids: Collection[str]) -> None:
    """End the logins on these devices: their tokens are unknown from now on."""
    if not device_ids:
        return
    chosen = f"user_id = ? AND device_id IN ({txn.in_list(device_ids)})"
    for table in ("session_tokens", "oauth_sessions"):
        txn.execute(
            f"DELETE FROM {table} WHERE session IN (SELECT id FROM sessions WHERE {chosen})",
            user_id,
            *device_ids,
        )
    txn.execute(f"DELETE FROM sessions WHERE {chosen}", user_id, *device_ids)
    provider_sessions.forget_devices(txn, user_id, device_ids)


def device_of(txn: Transaction, session: int) -> str | None:
    row = txn.one("SELECT device_id FROM sessions WHERE id = ?", session)
    return row[0] if row else None
