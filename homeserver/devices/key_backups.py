"""Backups of the keys of rooms. Spec: Client-Server API, "Server-side key backups"."""

from attrs import frozen

from homeserver.devices.room_keys import NewKeys
from homeserver.errors import InvalidParam, MatrixError, NotFound, TooLarge
from homeserver.events.ids import fits
from homeserver.http.request import field
from homeserver.json_values import JsonObject, encode
from homeserver.storage import key_backups
from homeserver.storage.database import Database
from homeserver.storage.key_backups import Backup
from homeserver.storage.transaction import Transaction

__all__ = ["Backup", "Chosen", "KeyBackups", "Tally", "read_backup"]

MAX_BACKUPS = 20
MAX_AUTH_DATA_BYTES = 64 * 1024
MAX_KEYS = 1_000_000
"""In one backup."""


class WrongVersion(MatrixError):
    status = 403
    errcode = "M_WRONG_ROOM_KEYS_VERSION"

    def __init__(self, current: Backup) -> None:
        super().__init__(
            "Keys go into the current backup only.", current_version=str(current.version)
        )


@frozen
class Chosen:
    """Keys of a backup: of one session, of one room, or all."""

    version: str
    room_id: str | None = None
    session_id: str | None = None


@frozen
class Tally:
    """What a backup is like after a change."""

    etag: int
    count: int

    def json(self) -> JsonObject:
        return {"etag": str(self.etag), "count": self.count}


@frozen
class KeyBackups:
    _db: Database

    # -- versions

    async def create(self, user_id: str, algorithm: str, auth_data: JsonObject) -> str:
        """Begin a new backup, the current one from now on; its version."""
        return await self._db.write(_create, user_id, algorithm, auth_data)

    async def find(self, user_id: str, version: str | None = None) -> Backup:
        """Without a version, the current one."""
        if version is None:
            return found(await self._db.glance(key_backups.current, user_id))
        return await self._db.glance(_find, user_id, version)

    async def update(
        self, user_id: str, version: str, algorithm: str, auth_data: JsonObject
    ) -> None:
        await self._db.write(_update, user_id, version, algorithm, auth_data)

    async def delete(self, user_id: str, version: str) -> None:
        """With all keys in it. To delete it again changes nothing."""
        await self._db.write(_delete, user_id, version)

    # -- keys

    async def store(self, user_id: str, version: str, keys: NewKeys) -> Tally:
        """Add keys to the current backup; where one is there, the better one stays."""
        return await self._db.write(_store, user_id, version, keys)

    async def keys(self, user_id: str, chosen: Chosen) -> JsonObject:
        """Keys by room and session."""
        return await self._db.read(_keys, user_id, chosen)

    async def delete_keys(self, user_id: str, chosen: Chosen) -> Tally:
        return await self._db.write(_delete_keys, user_id, chosen)


def _create(txn: Transaction, user_id: str, algorithm: str, auth_data: JsonObject) -> str:
    if key_backups.how_many(txn, user_id) >= MAX_BACKUPS:
        raise TooLarge(f"You have {MAX_BACKUPS} backups. Delete one first.")
    newest = key_backups.newest(txn, user_id)
    version = newest.version + 1 if newest else 1
    key_backups.create(txn, user_id, version, algorithm, auth_data)
    return str(version)


def _find(txn: Transaction, user_id: str, version: str) -> Backup:
    number = read_version(version)
    return found(key_backups.find(txn, user_id, number) if number else None)


def _update(
    txn: Transaction, user_id: str, version: str, algorithm: str, auth_data: JsonObject
) -> None:
    backup = _find(txn, user_id, version)
    if backup.algorithm != algorithm:
        raise InvalidParam("The algorithm of a backup cannot be changed.")
    key_backups.update(txn, backup.id, auth_data)


def _delete(txn: Transaction, user_id: str, version: str) -> None:
    number = read_version(version)
    newest = key_backups.newest(txn, user_id)
    if newest is None or not 0 < number <= newest.version:
        raise unknown()
    backup = key_backups.find(txn, user_id, number)
    if backup is not None:
        key_backups.delete(txn, backup.id)


def _store(txn: Transaction, user_id: str, version: str, keys: NewKeys) -> Tally:
    current = found(key_backups.current(txn, user_id))
    if current.version != read_version(version):
        raise WrongVersion(current)
    ranks = key_backups.ranks(txn, current.id, keys)
    better = {
        place: key
        for place, key in keys.items()
        if place not in ranks or key.rank.is_better_than(ranks[place])
    }
    count = current.count + len(better.keys() - ranks.keys())
    if count > MAX_KEYS:
        raise TooLarge(f"A backup holds {MAX_KEYS} keys at most.")
    key_backups.save(txn, current.id, better)
    return _changed(txn, current, count) if better else Tally(current.etag, current.count)


def _keys(txn: Transaction, user_id: str, chosen: Chosen) -> JsonObject:
    backup = _find(txn, user_id, chosen.version)
    rooms: JsonObject = {}
    for room_id, session_id, key in key_backups.sessions(
        txn, backup.id, chosen.room_id, chosen.session_id
    ):
        rooms.setdefault(room_id, {})[session_id] = key
    return rooms


def _delete_keys(txn: Transaction, user_id: str, chosen: Chosen) -> Tally:
    backup = _find(txn, user_id, chosen.version)
    gone = key_backups.delete_keys(txn, backup.id, chosen.room_id, chosen.session_id)
    return _changed(txn, backup, backup.count - gone) if gone else Tally(backup.etag, backup.count)


def _changed(txn: Transaction, backup: Backup, count: int) -> Tally:
    key_backups.note_change(txn, backup.id, count)
    return Tally(backup.etag + 1, count)


def read_backup(body: JsonObject) -> tuple[str, JsonObject]:
    """The algorithm of a backup, and what belongs to it."""
    algorithm: str = field(body, "algorithm", str)
    auth_data: JsonObject = field(body, "auth_data", dict)
    if not algorithm or "\0" in algorithm or not fits(algorithm):
        raise InvalidParam("The name of an algorithm has 1 to 255 bytes, without NUL.")
    if len(encode(auth_data)) > MAX_AUTH_DATA_BYTES:
        raise TooLarge(f"'auth_data' may take {MAX_AUTH_DATA_BYTES} bytes.")
    return algorithm, auth_data


def read_version(text: str) -> int:
    """0 for what can be no version."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


def found(backup: Backup | None) -> Backup:
    if backup is None:
        raise unknown()
    return backup


def unknown() -> NotFound:
    return NotFound("You have no such backup.")
