"""Data that clients keep for their user, global and by room."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen
from orjson import Fragment

from homeserver.changes import AccountDataChanged
from homeserver.json_values import JsonObject, decode, encode
from homeserver.storage import push_rules, room_marks
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Row, Transaction

IGNORED_USERS = "m.ignored_user_list"
PUSH_RULES = "m.push_rules"
TAGS = "m.tag"
CACHE_BYTES = 2 * 1024 * 1024
PORTION = 500


@frozen
class AccountData:
    """`content` is JSON text; `room_id` is None for global data."""

    room_id: str | None
    type: str
    content: str

    def event(self) -> JsonObject:
        """As /sync shows it, ready to be encoded."""
        return {"type": self.type, "content": Fragment(self.content)}


def find(txn: Transaction, user_id: str, room_id: str | None, type: str) -> JsonObject | None:
    if type == PUSH_RULES and room_id is None:
        return push_rules.of(txn, user_id).rule_set.as_client_json()
    row = txn.one(
        """
        SELECT content FROM account_data
        WHERE user_id = ? AND room_id = ? AND type = ? AND deleted = 0
        """,
        user_id,
        room_id or "",
        type,
    )
    return None if row is None else decode(row[0])


def count(txn: Transaction, user_id: str) -> int:
    """How many things are kept for a user, in all."""
    row = txn.one("SELECT COUNT(*) FROM account_data WHERE user_id = ?", user_id)
    return int(row[0]) if row else 0


def save(
    txn: Transaction, user_id: str, room_id: str | None, type: str, content: JsonObject
) -> int:
    """Set one thing and make it known; its position."""
    return _save(txn, user_id, room_id, type, content, deleted=False)


def delete(txn: Transaction, user_id: str, room_id: str | None, type: str) -> int:
    """Take one thing away: syncs show it empty, once."""
    return _save(txn, user_id, room_id, type, {}, deleted=True)


def changed_since(txn: Transaction, user_id: str, after: int, upto: int) -> list[AccountData]:
    """What changed in this part of the number line, global and in every room."""
    rows = txn.query(
        """
        SELECT room_id, type, content FROM account_data
        WHERE user_id = ? AND position > ? AND position <= ? ORDER BY position
        """,
        user_id,
        after,
        upto,
    )
    changed = [_read(row) for row in rows]
    rules = push_rules.of(txn, user_id)
    if after < rules.position <= upto:
        changed.append(AccountData(None, PUSH_RULES, rules.as_json()))
    return changed


def all_of(txn: Transaction, user_id: str) -> list[AccountData]:
    """Everything, for a first sync. Push rules are always among it."""
    rows = txn.query(
        "SELECT room_id, type, content FROM account_data WHERE user_id = ? AND deleted = 0",
        user_id,
    )
    rules = AccountData(None, PUSH_RULES, push_rules.of(txn, user_id).as_json())
    return [rules, *map(_read, rows)]


def all_global(txn: Transaction, user_id: str) -> list[AccountData]:
    """What belongs to no room. Push rules are always among it."""
    rules = AccountData(None, PUSH_RULES, push_rules.of(txn, user_id).as_json())
    return [rules, *in_room(txn, user_id, "")]


def in_rooms(
    txn: Transaction, user_id: str, room_ids: Sequence[str]
) -> dict[str, list[AccountData]]:
    """For rooms that a sync shows from their beginning."""
    found: dict[str, list[AccountData]] = {}
    for start in range(0, len(room_ids), PORTION):
        part = room_ids[start : start + PORTION]
        rows = txn.query(
            f"""
            SELECT room_id, type, content FROM account_data
            WHERE user_id = ? AND room_id IN ({txn.in_list(part)}) AND deleted = 0
            """,
            user_id,
            *part,
        )
        for row in rows:
            found.setdefault(row[0], []).append(_read(row))
    return found


def in_room(txn: Transaction, user_id: str, room_id: str) -> list[AccountData]:
    """For a room that a sync shows from its beginning."""
    rows = txn.query(
        """
        SELECT room_id, type, content FROM account_data
        WHERE user_id = ? AND room_id = ? AND deleted = 0
        """,
        user_id,
        room_id,
    )
    return [_read(row) for row in rows]


def in_room_since(txn: Transaction, user_id: str, room_id: str, after: int) -> list[AccountData]:
    """What changed of one room behind this place."""
    rows = txn.query(
        """
        SELECT room_id, type, content FROM account_data
        WHERE user_id = ? AND room_id = ? AND position > ?
        """,
        user_id,
        room_id,
        after,
    )
    return [_read(row) for row in rows]


def ignored_by(txn: Transaction, user_id: str) -> frozenset[str]:
    """Whom a user does not want to hear of; asked for every sync, so kept in memory."""
    cache = _ignored(txn)
    known: frozenset[str] | None = txn.see(cache, user_id)
    if known is None:
        known = _ignored_in(find(txn, user_id, None, IGNORED_USERS) or {})
        txn.fill(cache, user_id, known)
    return known


def _save(
    txn: Transaction,
    user_id: str,
    room_id: str | None,
    type: str,
    content: JsonObject,
    *,
    deleted: bool,
) -> int:
    position = txn.next_position()
    txn.insert(
        """
        INSERT INTO account_data (user_id, room_id, type, position, content, deleted)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (user_id, room_id, type) DO UPDATE
        SET position = excluded.position, content = excluded.content, deleted = excluded.deleted
        """,
        user_id,
        room_id or "",
        type,
        position,
        encode(content).decode(),
        int(deleted),
    )
    if type == IGNORED_USERS and room_id is None:
        txn.put(_ignored(txn), user_id, _ignored_in(content))
    room_marks.changed(txn, user_id, type)
    txn.announce(AccountDataChanged(position, user_id, room_id, type))
    return position


def _ignored_in(content: JsonObject) -> frozenset[str]:
    users: Any = content.get("ignored_users")
    return frozenset(users) if isinstance(users, dict) else frozenset()


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM account_data WHERE user_id = ?", user_id)
    txn.drop(_ignored(txn), user_id)
    room_marks.forget_user(txn, user_id)


def _ignored(txn: Transaction) -> Cache[str, frozenset[str]]:
    return txn.memory.cache("ignored_users", CACHE_BYTES, lambda _, users: 400 + 120 * len(users))


def _read(row: Row) -> AccountData:
    room_id, type, content = row
    return AccountData(room_id or None, type, content)
