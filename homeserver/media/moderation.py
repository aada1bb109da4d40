"""What administrators do about files: hide them, delete them."""

from attrs import frozen

from homeserver.errors import Forbidden, NotFound
from homeserver.media.keeping import Keeping
from homeserver.storage import media, media_lists
from homeserver.storage.database import Database
from homeserver.storage.media import Media
from homeserver.storage.transaction import Transaction

BATCH = 100


@frozen
class MediaModeration:
    _db: Database
    _keeping: Keeping

    async def quarantine(self, origin: str, media_id: str, *, by: str | None) -> None:
        """Show the content to nobody, under any address, also when it is uploaded again.

        None for who does so lifts it.
        """
        await self._db.write(self._quarantine, origin, media_id, by)

    async def delete(self, origin: str, media_id: str) -> int:
        """The bytes that this freed: none if others have uploaded the same."""
        return await self._keeping.delete(await self._find(origin, media_id))

    async def delete_of_user(self, user_id: str) -> int:
        """All that somebody has uploaded; the bytes that this freed."""
        freed = 0
        while found := await self._db.read(media.of_user, user_id, BATCH):
            for address in found:
                freed += await self.delete(*address)
        return freed

    async def _find(self, origin: str, media_id: str) -> Media:
        found = await self._db.read(media.find, origin, media_id)
        if found is None:
            raise NotFound("There is no such file.")
        return found

    def _quarantine(self, txn: Transaction, origin: str, media_id: str, by: str | None) -> None:
        found = media.find(txn, origin, media_id)
        if found is None or found.file is None:
            raise NotFound("There is no such file.")
        if by is not None and media_lists.is_protected(txn, found.file):
            raise Forbidden("This file is protected from quarantine.")
        media.quarantine(txn, found.file, by)
