"""Files hidden by whom they are from, or by the room that shows them."""

from attrs import frozen

from homeserver.errors import Forbidden, NotFound
from homeserver.events.ids import is_user_id
from homeserver.http.requester import Requester
from homeserver.media.moderation import MediaModeration
from homeserver.media.room_files import BEGINNING, PORTION, named_in
from homeserver.storage import media, media_lists
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class Quarantine:
    """What administrators ask for; answers how many files were hidden."""

    _db: Database
    _moderation: MediaModeration

    async def file(self, by: Requester, origin: str, media_id: str, *, hidden: bool) -> None:
        check_is_admin(by)
        await self._moderation.quarantine(origin, media_id, by=by.user_id if hidden else None)

    async def of_user(self, by: Requester, user_id: str) -> int:
        check_is_admin(by)
        if not is_user_id(user_id):
            raise NotFound("There is no such user here.")
        count, after = 0, ""
        while True:
            hidden, reached = await self._db.write(self._hide_of_user, by.user_id, user_id, after)
            count += hidden
            if reached is None:
                return count
            after = reached

    async def of_room(self, by: Requester, room_id: str) -> int:
        """All files that the room's events name; those in encrypted ones stay unknown."""
        check_is_admin(by)
        count, place = 0, BEGINNING
        while True:
            hidden, reached = await self._db.write(self._hide_in_room, by.user_id, room_id, place)
            count += hidden
            if reached is None:
                return count
            place = reached

    def _hide_of_user(
        self, txn: Transaction, by: str, user_id: str, after: str
    ) -> tuple[int, str | None]:
        found = media.files_of_user(txn, user_id, after, PORTION)
        hidden = [file for _, file in found if not media_lists.is_protected(txn, file)]
        for file in hidden:
            media.quarantine(txn, file, by)
        return len(hidden), found[-1][0] if found else None

    def _hide_in_room(
        self, txn: Transaction, by: str, room_id: str, after: int
    ) -> tuple[int, int | None]:
        named, reached = named_in(txn, room_id, after)
        files = {
            file.file
            for uri in named
            if (file := media.find(txn, *uri))
            and file.file
            and not file.is_quarantined
            and not media_lists.is_protected(txn, file.file)
        }
        for hash in files:
            media.quarantine(txn, hash, by)
        return len(files), reached


def check_is_admin(by: Requester) -> None:
    if not by.is_admin:
        raise Forbidden("Only administrators of this server can do this.")
