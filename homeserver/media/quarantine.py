"""Files hidden by whom they are from, or by the room that shows them."""

from attrs import frozen

from homeserver.errors import Forbidden, NotFound
from homeserver.events.ids import is_room_id, is_user_id
from homeserver.http.requester import Requester
from homeserver.media.moderation import MediaModeration
from homeserver.media.uris import uris_in
from homeserver.storage import events, heads, media, media_lists
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

PORTION = 500
"""Events, or files, that are looked at in one transaction."""
BEGINNING = -(2**62)


@frozen(eq=False)
class Quarantine:
    """What administrators ask for; answers how many files were hidden."""

    _db: Database
    _moderation: MediaModeration

    async def file(self, by: Requester, origin: str, media_id: str, *, hidden: bool) -> None:
        check_is_admin(by)
        await self._moderation.quarantine(origin, media_id, quarantined=hidden)

    async def of_user(self, by: Requester, user_id: str) -> int:
        check_is_admin(by)
        if not is_user_id(user_id):
            raise NotFound("There is no such user here.")
        count, after = 0, ""
        while True:
            hidden, reached = await self._db.write(self._hide_of_user, user_id, after)
            count += hidden
            if reached is None:
                return count
            after = reached

    async def of_room(self, by: Requester, room_id: str) -> int:
        """All files that the room's events name; those in encrypted ones stay unknown."""
        check_is_admin(by)
        if not is_room_id(room_id) or not await self._db.read(heads.load, room_id):
            raise NotFound("There is no such room here.")
        count, place = 0, BEGINNING
        while True:
            hidden, reached = await self._db.write(self._hide_in_room, room_id, place)
            count += hidden
            if reached is None:
                return count
            place = reached

    def _hide_of_user(self, txn: Transaction, user_id: str, after: str) -> tuple[int, str | None]:
        found = media.files_of_user(txn, user_id, after, PORTION)
        hidden = [file for _, file in found if not media_lists.is_protected(txn, file)]
        for file in hidden:
            media.quarantine(txn, file, quarantined=True)
        return len(hidden), found[-1][0] if found else None

    def _hide_in_room(self, txn: Transaction, room_id: str, after: int) -> tuple[int, int | None]:
        head = heads.load(txn, room_id)
        found = events.after(txn, head.room, after, PORTION) if head else []
        files = {
            file.file
            for stored in found
            for uri in uris_in(stored.event.content)
            if (file := media.find(txn, *uri))
            and file.file
            and not file.is_quarantined
            and not media_lists.is_protected(txn, file.file)
        }
        for hash in files:
            media.quarantine(txn, hash, quarantined=True)
        return len(files), found[-1].place if len(found) == PORTION else None


def check_is_admin(by: Requester) -> None:
    if not by.is_admin:
        raise Forbidden("Only administrators of this server can do this.")
