"""Backups of room keys, which the server keeps and cannot read."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import orjson
from attrs import frozen
from orjson import Fragment

from homeserver.json_values import JsonObject, encode
from homeserver.storage.transaction import Transaction

PORTION = 500

Place = tuple[str, str]
"""A room's id and a session's."""


@frozen
class Backup:
    """`etag` counts the changes; `count` the keys."""

    id: int
    version: int
    algorithm: str
    auth_data: JsonObject
    etag: int
    count: int
    deleted: bool


@frozen
class KeyRank:
    """What decides which of two keys for one session is the better one."""

    is_verified: bool
    first_message_index: int
    forwarded_count: int

    def is_better_than(self, other: "KeyRank") -> bool:
        """Spec: "Server-side key backups"."""
        return self._order() < other._order()

    def _order(self) -> tuple[bool, int, int]:
        return not self.is_verified, self.first_message_index, self.forwarded_count


@frozen
class BackedUpKey:
    """`session_data` is encrypted by the client."""

    rank: KeyRank
    session_data: JsonObject


Keys = Mapping[Place, BackedUpKey]


# -- versions


def newest(txn: Transaction, user_id: str) -> Backup | None:
    """The backup of the highest version that there has been, perhaps deleted."""
    return _one(txn, "user_id = ? ORDER BY version DESC LIMIT 1", user_id)


def current(txn: Transaction, user_id: str) -> Backup | None:
    """The newest backup that is not deleted."""
    return _one(txn, "user_id = ? AND deleted = 0 ORDER BY version DESC LIMIT 1", user_id)


def find(txn: Transaction, user_id: str, version: int) -> Backup | None:
    """None for a deleted one, too."""
    return _one(txn, "user_id = ? AND version = ? AND deleted = 0", user_id, version)


def how_many(txn: Transaction, user_id: str) -> int:
    row = txn.one("SELECT COUNT(*) FROM key_backups WHERE user_id = ? AND deleted = 0", user_id)
    return int(row[0]) if row else 0


def create(
    txn: Transaction, user_id: str, version: int, algorithm: str, auth_data: JsonObject
) -> None:
    # What was deleted counts only as long as it is the newest.
    txn.execute("DELETE FROM key_backups WHERE user_id = ? AND deleted = 1", user_id)
    txn.execute(
        """
        INSERT INTO key_backups (id, user_id, version, algorithm, auth_data)
        VALUES (?, ?, ?, ?, ?)
        """,
        txn.next_position(),
        user_id,
        version,
        algorithm,
        encode(auth_data).decode(),
    )


def update(txn: Transaction, backup: int, auth_data: JsonObject) -> None:
    txn.execute(
        "UPDATE key_backups SET auth_data = ? WHERE id = ?", encode(auth_data).decode(), backup
    )


def delete(txn: Transaction, backup: int) -> None:
    txn.execute("DELETE FROM backed_up_keys WHERE backup = ?", backup)
    txn.execute("UPDATE key_backups SET deleted = 1, auth_data = '{}' WHERE id = ?", backup)


def delete_of_user(txn: Transaction, user_id: str) -> None:
    """All backups of somebody who wants to be forgotten."""
    txn.execute(
        "DELETE FROM backed_up_keys WHERE backup IN (SELECT id FROM key_backups WHERE user_id = ?)",
        user_id,
    )
    txn.execute("DELETE FROM key_backups WHERE user_id = ?", user_id)


def note_change(txn: Transaction, backup: int, count: int) -> None:
    """Keys were changed; so many are there now."""
    txn.execute("UPDATE key_backups SET etag = etag + 1, count = ? WHERE id = ?", count, backup)


# -- keys


def ranks(txn: Transaction, backup: int, places: Collection[Place]) -> dict[Place, KeyRank]:
    """Of those keys that the backup has."""
    found: dict[Place, KeyRank] = {}
    for portion in _portions(places):
        rows = ",".join("(?,?)" for _ in portion)
        for room_id, session_id, verified, index, forwarded in txn.query(
            f"""
            WITH wanted (room_id, session_id) AS (VALUES {rows})
            SELECT k.room_id, k.session_id, k.is_verified, k.first_message_index, k.forwarded_count
            FROM wanted JOIN backed_up_keys k ON k.backup = ?
                AND k.room_id = wanted.room_id AND k.session_id = wanted.session_id
            """,
            *(part for place in portion for part in place),
            backup,
        ):
            found[room_id, session_id] = KeyRank(bool(verified), index, forwarded)
    return found


def save(txn: Transaction, backup: int, keys: Keys) -> None:
    """Store keys, in place of those that are there."""
    for (room_id, session_id), key in keys.items():
        txn.insert(
            """
            INSERT INTO backed_up_keys (backup, room_id, session_id, first_message_index,
                forwarded_count, is_verified, session_data)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (backup, room_id, session_id) DO UPDATE SET
                first_message_index = excluded.first_message_index,
                forwarded_count = excluded.forwarded_count,
                is_verified = excluded.is_verified, session_data = excluded.session_data
            """,
            backup,
            room_id,
            session_id,
            key.rank.first_message_index,
            key.rank.forwarded_count,
            int(key.rank.is_verified),
            encode(key.session_data).decode(),
        )


def sessions(
    txn: Transaction, backup: int, room_id: str | None, session_id: str | None
) -> Iterator[tuple[str, str, JsonObject]]:
    """Room, session and key as clients see it; of one room or session, or of all."""
    condition, parameters = _chosen(backup, room_id, session_id)
    rows = txn.query(
        f"""
        SELECT room_id, session_id, first_message_index, forwarded_count, is_verified, session_data
        FROM backed_up_keys WHERE {condition} ORDER BY room_id, session_id
        """,
        *parameters,
    )
    for room, session, index, forwarded, verified, data in rows:
        yield (
            room,
            session,
            {
                "first_message_index": index,
                "forwarded_count": forwarded,
                "is_verified": bool(verified),
                "session_data": Fragment(data),
            },
        )


def delete_keys(txn: Transaction, backup: int, room_id: str | None, session_id: str | None) -> int:
    """Of one room or session, or all; how many there were."""
    condition, parameters = _chosen(backup, room_id, session_id)
    return txn.execute(f"DELETE FROM backed_up_keys WHERE {condition}", *parameters)


def _chosen(
    backup: int, room_id: str | None, session_id: str | None
) -> tuple[str, tuple[object, ...]]:
    if room_id is None:
        return "backup = ?", (backup,)
    if session_id is None:
        return "backup = ? AND room_id = ?", (backup, room_id)
    return "backup = ? AND room_id = ? AND session_id = ?", (backup, room_id, session_id)


def _one(txn: Transaction, condition: str, *parameters: object) -> Backup | None:
    row = txn.one(
        f"""
        SELECT id, version, algorithm, auth_data, etag, count, deleted FROM key_backups
        WHERE {condition}
        """,
        *parameters,
    )
    if row is None:
        return None
    id, version, algorithm, auth_data, etag, count, deleted = row
    return Backup(id, version, algorithm, orjson.loads(auth_data), etag, count, bool(deleted))


def _portions(places: Iterable[Place]) -> Iterator[list[Place]]:
    rest = list(places)
    for start in range(0, len(rest), PORTION):
        yield rest[start : start + PORTION]
