"""What is deleted of users who want to be forgotten; their events stay."""

from collections.abc import Callable, Mapping

from attrs import frozen

from homeserver.json_values import JsonObject, decode, encode
from homeserver.storage import (
    account_data,
    cross_signing_keys,
    holdings,
    profiles,
    push_rules,
    receipts,
)
from homeserver.storage.all_holdings import EVENTS, LISTED, MEDIA, REASONS
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

CACHE_BYTES = 1024 * 1024
ALL = ""
"""The one key of the cache: there are few of them."""


@frozen
class Erasure:
    """`removed` says how many rows of which kind went, `kept` what is left, and why."""

    erased_ts: int
    removed: JsonObject
    kept: list[JsonObject]


def begin(txn: Transaction, user_id: str, now_ms: int) -> Callable[[], None]:
    """Count what is there while it is there; what is returned deletes it."""
    removed = {
        it.title: number
        for it in (*LISTED, MEDIA)
        if (it.kept is None or it is MEDIA) and (number := holdings.count(txn, it, user_id))
    }
    return lambda: _erase(txn, user_id, now_ms, removed)


def find(txn: Transaction, user_id: str) -> Erasure | None:
    row = txn.one("SELECT erased_ts, removed FROM erased_users WHERE user_id = ?", user_id)
    if row is None:
        return None
    kept: list[JsonObject] = [
        {"what": it.title, "count": number, "reason": it.kept, "why": REASONS[it.kept]}
        for it in (EVENTS, *LISTED)
        if it.kept is not None and (number := holdings.count(txn, it, user_id))
    ]
    return Erasure(row[0], decode(row[1]), kept)


def erased_at(txn: Transaction) -> Mapping[str, int]:
    """Since which place on the number line users are to be forgotten."""
    known: Mapping[str, int] | None = txn.see(_cache(txn), ALL)
    if known is None:
        known = dict(txn.query("SELECT user_id, position FROM erased_users"))
        txn.fill(_cache(txn), ALL, known)
    return known


def take_back(txn: Transaction, user_id: str) -> None:
    """The account is there again; what was deleted is not."""
    txn.execute("DELETE FROM erased_users WHERE user_id = ?", user_id)
    txn.drop(_cache(txn), ALL)


def _erase(txn: Transaction, user_id: str, now_ms: int, removed: JsonObject) -> None:
    # What memory knows, too, is deleted by who keeps it there.
    profiles.erase(txn, user_id)
    cross_signing_keys.remove(txn, user_id)
    account_data.delete_of_user(txn, user_id)
    push_rules.delete_of_user(txn, user_id)
    receipts.delete_of_user(txn, user_id)
    for it in LISTED:
        if it.kept is None:
            holdings.remove(txn, it, user_id)
    txn.execute("UPDATE accounts SET agreed_terms = NULL WHERE user_id = ?", user_id)
    txn.execute("UPDATE admin_actions SET ip = '' WHERE admin = ?", user_id)
    # What other servers may still have to hear is that the devices are gone, not their names.
    txn.execute(
        "DELETE FROM device_updates WHERE user_id = ? AND content NOT LIKE ?",
        user_id,
        '%"deleted":true%',
    )
    txn.execute(
        """
        INSERT INTO erased_users (user_id, position, erased_ts, removed) VALUES (?, ?, ?, ?)
        ON CONFLICT (user_id) DO UPDATE SET position = excluded.position,
            erased_ts = excluded.erased_ts, removed = excluded.removed
        """,
        user_id,
        txn.next_position(),
        now_ms,
        encode(removed).decode(),
    )
    txn.drop(_cache(txn), ALL)


def _cache(txn: Transaction) -> Cache[str, Mapping[str, int]]:
    return txn.memory.cache("erased_users", CACHE_BYTES, lambda _, users: 200 + 200 * len(users))
