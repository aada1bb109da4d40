"""When users changed which field of their profile: what syncs tell of it."""

from collections.abc import Collection, Iterable

from homeserver.storage import events
from homeserver.storage.transaction import Row, Transaction


def note(txn: Transaction, user_id: str, fields: Iterable[str], position: int) -> None:
    """These fields were set or removed."""
    for field in fields:
        txn.insert(
            """
            INSERT INTO profile_changes (user_id, field, position) VALUES (?, ?, ?)
            ON CONFLICT (user_id, field) DO UPDATE SET position = excluded.position
            """,
            user_id,
            field,
            position,
        )


def between(txn: Transaction, after: int, upto: int) -> dict[str, set[str]]:
    """The fields that changed in this part of the number line, by user."""
    rows = txn.query(
        "SELECT user_id, field FROM profile_changes WHERE position > ? AND position <= ?",
        after,
        upto,
    )
    return _by_user(rows)


def of_users(txn: Transaction, users: Iterable[str]) -> dict[str, set[str]]:
    """The fields that these users have, or had."""
    found: dict[str, set[str]] = {}
    for part in events.portions(list(users)):
        rows = txn.query(
            f"SELECT user_id, field FROM profile_changes WHERE user_id IN ({txn.in_list(part)})",
            *part,
        )
        found.update(_by_user(rows))
    return found


def with_fields(txn: Transaction, fields: Collection[str]) -> dict[str, set[str]]:
    """Everybody who has, or had, one of these fields."""
    if not fields:
        return {}
    rows = txn.query(
        f"SELECT user_id, field FROM profile_changes WHERE field IN ({txn.in_list(fields)})",
        *fields,
    )
    return _by_user(rows)


def _by_user(rows: Iterable[Row]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for user_id, field in rows:
        found.setdefault(user_id, set()).add(field)
    return found
