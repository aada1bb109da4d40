"""Browsers that are at a provider, or have come back from there."""

from attrs import frozen

from homeserver.json_values import JsonObject, decode, encode
from homeserver.storage.transaction import Transaction


@frozen(kw_only=True)
class SsoVisit:
    """`browser` is the hash of its cookie; `claims` are what the provider told of a new face.

    `proves`: whether `user_id` shows once more who it is, rather than wants to be known there.
    """

    browser: bytes
    provider: str
    nonce: str
    verifier: str
    next: str
    user_id: str
    claims: JsonObject
    expires_ts: int
    proves: bool = False


def add(txn: Transaction, state: bytes, it: SsoVisit, now_ms: int) -> None:
    txn.execute("DELETE FROM sso_visits WHERE expires_ts <= ?", now_ms)
    txn.execute(
        """
        INSERT INTO sso_visits (
            state, browser, provider, nonce, verifier, next, user_id, claims, expires_ts,
            proves
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        state,
        it.browser,
        it.provider,
        it.nonce,
        it.verifier,
        it.next,
        it.user_id,
        encode(it.claims).decode(),
        it.expires_ts,
        int(it.proves),
    )


def find(txn: Transaction, state: bytes, now_ms: int) -> SsoVisit | None:
    row = txn.one(
        """
        SELECT browser, provider, nonce, verifier, next, user_id, claims, expires_ts, proves
        FROM sso_visits WHERE state = ? AND expires_ts > ?
        """,
        state,
        now_ms,
    )
    if row is None:
        return None
    claims: JsonObject = decode(row[6].encode())
    return SsoVisit(
        browser=bytes(row[0]),
        provider=row[1],
        nonce=row[2],
        verifier=row[3],
        next=row[4],
        user_id=row[5],
        claims=claims,
        expires_ts=row[7],
        proves=bool(row[8]),
    )


def take(txn: Transaction, state: bytes, now_ms: int) -> SsoVisit | None:
    """It works once."""
    found = find(txn, state, now_ms)
    txn.execute("DELETE FROM sso_visits WHERE state = ?", state)
    return found


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM sso_visits WHERE user_id = ?", user_id)
