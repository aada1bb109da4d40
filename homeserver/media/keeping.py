"""Files come in and go out of the store together with their rows."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from attrs import field, frozen

from homeserver.errors import Forbidden
from homeserver.media.content_locks import ContentLocks
from homeserver.media.depots import Depot, OnlyTheFolder
from homeserver.media.incoming import IncomingFile
from homeserver.media.store import FileStore
from homeserver.media.threads import Aside
from homeserver.storage import media, media_contents, media_thumbnails
from homeserver.storage.database import Database
from homeserver.storage.media import Media
from homeserver.storage.transaction import Transaction

T = TypeVar("T")

Record = Callable[[Transaction, bytes, int], T]
"""Writes the rows that use a file: its hash and its size."""


@frozen
class Keeping:
    """Small files are rows themselves, written in one commit with those that use them.

    Any other file is on the disk before its row, and the row is gone before the file. So after a
    crash there may be files without rows, which the upkeep finds, but no rows without files.
    """

    _db: Database
    _store: FileStore
    _aside: Aside
    _depot: Depot = field(factory=OnlyTheFolder)
    _locks: ContentLocks = field(factory=ContentLocks)

    async def keep(self, arrived: bytes | IncomingFile, record: Record[T]) -> T:
        """Store what has arrived; a second file with the same content takes no more room."""
        if isinstance(arrived, IncomingFile):
            return await self._keep_file(arrived, record)
        if len(arrived) > self._depot.small_bytes:
            return await self._keep_file(self._to_file(arrived), record)
        self._store.check_room(len(arrived))
        hash = hashlib.sha256(arrived).digest()
        return await self._db.write(self._record_small, hash, arrived, record)

    def _to_file(self, data: bytes) -> IncomingFile:
        incoming = self._store.open(len(data))
        incoming.write(data)
        return incoming

    async def _keep_file(self, incoming: IncomingFile, record: Record[T]) -> T:
        hash, size = incoming.hash, incoming.size
        async with self._locks.hold(hash):
            await self._put(hash, incoming)
            await self._aside(lambda: self._store.keep(incoming))
            try:
                return await self._db.write(self._record, hash, size, record)
            except Exception:
                await self._remove_unused(hash)
                raise

    async def delete(self, found: Media) -> int:
        """Forget it; the bytes that were freed, also those of its thumbnails."""
        if found.file is None:
            await self._db.write(media.remove, found)
            return 0
        async with self._locks.hold(found.file):
            freed = await self._db.write(self._delete, found)
            return freed + await self._remove_unused(found.file)

    async def remove_unused(self, hash: bytes) -> int:
        """Delete a file if no row uses it; the bytes that were freed."""
        async with self._locks.hold(hash):
            return await self._remove_unused(hash)

    async def _remove_unused(self, hash: bytes) -> int:
        if not await self._db.write(self._forget_unused, hash):
            return 0
        await self._depot.remove(hash)
        return await self._aside(lambda: self._store.remove(hash))

    async def _put(self, hash: bytes, incoming: IncomingFile) -> None:
        """Where files stay for good, if that is elsewhere; once for the same content."""
        if isinstance(self._depot, OnlyTheFolder) or await self._db.read(media.is_used, hash):
            return
        try:
            await self._depot.put(hash, incoming)
        except Exception:
            incoming.discard()
            raise

    def _forget_unused(self, txn: Transaction, hash: bytes) -> bool:
        if media.is_used(txn, hash):
            return False
        media_thumbnails.remove_of(txn, hash)
        return True

    def _delete(self, txn: Transaction, found: Media) -> int:
        if found.file is None or media.find(txn, found.origin, found.media_id) != found:
            return 0
        media.remove(txn, found)
        return media.release(txn, found.file)

    def _record(self, txn: Transaction, hash: bytes, size: int, record: Record[T]) -> T:
        check_may_be_kept(txn, hash)
        media.use(txn, hash, size)
        return record(txn, hash, size)

    def _record_small(self, txn: Transaction, hash: bytes, data: bytes, record: Record[T]) -> T:
        check_may_be_kept(txn, hash)
        media_contents.use(txn, hash, data)
        return record(txn, hash, len(data))


def check_may_be_kept(txn: Transaction, hash: bytes) -> None:
    if media.is_quarantined(txn, hash):
        raise Forbidden("This server does not take this file.")
