"""What came of sessions at providers: browsers, codes and login tokens by their hash, devices."""

from collections.abc import Collection

from attrs import frozen

from homeserver.storage.transaction import Transaction

Origin = tuple[str, str]
"""A provider, and what it calls its session, or empty."""
BY_HASH = ("browser_sessions", "login_tokens", "oauth_codes", "oauth_device_codes")


@frozen
class Descendant:
    user_id: str
    hash: bytes
    device_id: str | None


def begin(
    txn: Transaction, origin: Origin, user_id: str, hash: bytes, now_ms: int, expires_ts: int
) -> None:
    """`hash` is that of a cookie."""
    txn.execute("DELETE FROM provider_sessions WHERE expires_ts <= ?", now_ms)
    _add(txn, origin, user_id, hash, expires_ts)


def _add(txn: Transaction, origin: Origin, user_id: str, hash: bytes, expires_ts: int) -> None:
    txn.execute(
        """
        INSERT INTO provider_sessions (position, provider, sid, user_id, hash, expires_ts)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        txn.next_position(),
        *origin,
        user_id,
        hash,
        expires_ts,
    )


def pass_on(txn: Transaction, browser: bytes, code: bytes) -> None:
    """What is agreed to in a browser ends with what that came from."""
    rows = txn.query(
        "SELECT provider, sid, user_id, expires_ts FROM provider_sessions WHERE hash = ?", browser
    )
    for provider, sid, user_id, expires_ts in rows:
        _add(txn, (provider, sid), user_id, code, expires_ts)


def move(txn: Transaction, before: bytes, after: bytes, user_id: str) -> None:
    """The same user has a new cookie."""
    txn.execute(
        "UPDATE provider_sessions SET hash = ? WHERE hash = ? AND user_id = ?",
        after,
        before,
        user_id,
    )


def opened(txn: Transaction, code: bytes, device_id: str) -> None:
    txn.execute(
        "UPDATE provider_sessions SET hash = ?, device_id = ?, expires_ts = NULL WHERE hash = ?",
        b"",
        device_id,
        code,
    )


def of_sid(txn: Transaction, origin: Origin) -> list[Descendant]:
    return _found(txn, "provider = ? AND sid = ?", *origin)


def of_user(txn: Transaction, provider: str, user_id: str) -> list[Descendant]:
    return _found(txn, "user_id = ? AND provider = ?", user_id, provider)


def _found(txn: Transaction, chosen: str, *values: str) -> list[Descendant]:
    rows = txn.query(
        f"SELECT user_id, hash, device_id FROM provider_sessions WHERE {chosen}", *values
    )
    return [Descendant(user_id, bytes(hash), device_id) for user_id, hash, device_id in rows]


def end_by_hash(txn: Transaction, hash: bytes) -> None:
    """A browser is signed out, or a code or login token is good for nothing more."""
    for table in (*BY_HASH, "provider_sessions"):
        txn.execute(f"DELETE FROM {table} WHERE hash = ?", hash)


def forget_devices(txn: Transaction, user_id: str, device_ids: Collection[str]) -> None:
    txn.execute(
        "DELETE FROM provider_sessions "
        f"WHERE user_id = ? AND device_id IN ({txn.in_list(device_ids)})",
        user_id,
        *device_ids,
    )


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM provider_sessions WHERE user_id = ?", user_id)
