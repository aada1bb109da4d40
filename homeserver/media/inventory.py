"""What has been uploaded, for administrators."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from homeserver.errors import InvalidParam, NotFound
from homeserver.media.moderation import MediaModeration
from homeserver.storage import media, media_lists
from homeserver.storage.database import Database
from homeserver.storage.media import Media
from homeserver.storage.media_lists import Usage
from homeserver.storage.transaction import Transaction

__all__ = ["ORDERS", "USAGE_ORDERS", "Inventory", "Item", "Page", "Usage"]


@frozen
class Item:
    media: Media
    is_protected: bool
    quarantined_by: str | None = None


@frozen(kw_only=True)
class Page:
    """Which part of a list is wanted."""

    order_by: str
    backwards: bool
    begin: int
    limit: int


ORDERS: dict[str, Callable[[Item], Any]] = {
    "created_ts": lambda it: it.media.created_ts,
    "media_id": lambda it: it.media.media_id,
    "upload_name": lambda it: it.media.file_name or "",
    "last_access_ts": lambda it: it.media.asked_ts or 0,
    "media_length": lambda it: it.media.size,
    "media_type": lambda it: it.media.content_type,
    "quarantined_by": lambda it: it.media.is_quarantined,
    "safe_from_quarantine": lambda it: it.is_protected,
}
USAGE_ORDERS: dict[str, Callable[[Usage], Any]] = {
    "user_id": lambda it: it.user_id,
    "displayname": lambda it: (it.display_name or "").lower(),
    "media_count": lambda it: it.count,
    "media_length": lambda it: it.length,
}


@frozen(eq=False)
class Inventory:
    _db: Database
    _moderation: MediaModeration
    _server_name: str

    async def of_user(self, user_id: str, wanted: Page) -> tuple[list[Item], int]:
        """A part of somebody's uploads, and how many there are."""
        found = await self._db.read(self._of_user, user_id)
        found.sort(key=ORDERS[wanted.order_by], reverse=wanted.backwards)
        return found[wanted.begin : wanted.begin + wanted.limit], len(found)

    async def one(self, origin: str, media_id: str) -> Item:
        """Raises NotFound."""
        return await self._db.read(one, origin, media_id)

    async def delete(self, origin: str, media_id: str) -> None:
        """Of ours only; raises NotFound."""
        if origin != self._server_name:
            raise InvalidParam("Only files of this server can be deleted.")
        await self._moderation.delete(origin, media_id)

    async def delete_of_user(self, user_id: str, wanted: Page) -> list[str]:
        """The ids of a part of somebody's uploads, which are gone now."""
        found, _ = await self.of_user(user_id, wanted)
        for item in found:
            await self._moderation.delete(item.media.origin, item.media.media_id)
        return [item.media.media_id for item in found]

    async def protect(self, media_id: str, protected: bool) -> None:
        """Keep a file from being quarantined, or no longer. Raises NotFound."""
        await self.one(self._server_name, media_id)
        await self._db.write(media_lists.protect, media_id, protected)

    async def usage(
        self, term: str, times: tuple[int, int], wanted: Page
    ) -> tuple[list[Usage], int]:
        """What the uploads of users take who are called so."""
        found = [
            it
            for it in await self._db.read(media_lists.usage, *times)
            if term.lower() in it.user_id or term.lower() in (it.display_name or "").lower()
        ]
        found.sort(key=USAGE_ORDERS[wanted.order_by], reverse=wanted.backwards)
        return found[wanted.begin : wanted.begin + wanted.limit], len(found)

    def _of_user(self, txn: Transaction, user_id: str) -> list[Item]:
        kept = media_lists.protected(txn)
        found = media_lists.of_user(txn, user_id, self._server_name)
        return [item_of(txn, it, it.media_id in kept) for it in found]


def one(txn: Transaction, origin: str, media_id: str) -> Item:
    found = media.find(txn, origin, media_id)
    if found is None:
        raise NotFound("There is no such file.")
    is_protected = found.user_id is not None and media_id in media_lists.protected(txn)
    return item_of(txn, found, is_protected)


def item_of(txn: Transaction, found: Media, is_protected: bool) -> Item:
    hidden = found.file is not None and found.is_quarantined
    by = media.quarantined_by(txn, found.file) if found.file and hidden else None
    return Item(found, is_protected, (by or "an administrator") if hidden else None)
