"""From an mxc:// URI to the file behind it."""

from typing import Protocol

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import MatrixError, NotFound
from homeserver.media.addresses import check_address
from homeserver.media.arrivals import Arrivals
from homeserver.storage import media, media_upkeep
from homeserver.storage.database import Database
from homeserver.storage.media import Media

DEFAULT_WAIT_MS = 20_000
MAX_WAIT_MS = 60_000
DAY_MS = 24 * 3_600_000


class NotYetUploaded(MatrixError):
    status = 504
    errcode = "M_NOT_YET_UPLOADED"


class RemoteMedia(Protocol):
    """Files of other servers. The federation side brings the object that fetches them."""

    async def fetch(self, origin: str, media_id: str, wait_ms: int) -> None:
        """Bring the file into the store, with its row; raises NotFound."""


class NoRemoteMedia:
    async def fetch(self, origin: str, media_id: str, wait_ms: int) -> None:
        raise NotFound("This server does not fetch files of other servers.")


@frozen
class Downloads:
    _server_name: str
    _db: Database
    _clock: Clock
    _arrivals: Arrivals
    _remote: RemoteMedia
    _freezes: bool = True
    """Whether new files are only for who is logged in."""
    _notes_own_use: bool = False
    """Whether it is written down that somebody asks for files of our users."""

    async def find(
        self, origin: str, media_id: str, *, wait_ms: int, authenticated: bool, fetch: bool = True
    ) -> Media:
        """What may be shown; waits for uploads that were announced, and, if it may `fetch` files of
        other servers, for those.

        Raises NotFound, also for what is quarantined, or frozen for who is not authenticated.
        """
        check_address(origin, media_id)
        wait_ms = max(0, min(wait_ms, MAX_WAIT_MS))
        # What is fetched for nobody in particular would be kept from them.
        may_fetch = fetch and (authenticated or not self._freezes)
        found = await self._find(origin, media_id, wait_ms, may_fetch)
        if found.needs_token and not authenticated:
            raise NotFound("This file is only for who is logged in.")
        if found.is_quarantined:
            raise NotFound("This file is not shown any more.")
        await self._note_use(found)
        return found

    async def _note_use(self, found: Media) -> None:
        """Once a day."""
        now_ms = self._clock.now_ms()
        if found.used_ts is not None:
            if now_ms - found.used_ts > DAY_MS:
                await self._db.write(media.touch, found, now_ms)
        elif self._notes_own_use and now_ms - (found.asked_ts or 0) > DAY_MS:
            await self._db.write(media_upkeep.note_asked, found, now_ms)

    async def _find(self, origin: str, media_id: str, wait_ms: int, may_fetch: bool) -> Media:
        found = await self._db.glance(media.find, origin, media_id)
        if found is None and origin != self._server_name and may_fetch:
            await self._remote.fetch(origin, media_id, wait_ms)
            found = await self._db.glance(media.find, origin, media_id)
        if self._is_pending(found):
            found = await self._wait(origin, media_id, wait_ms)
        if found is None or (found.file is None and not self._is_pending(found)):
            raise NotFound("There is no such file.")
        if found.file is None:
            raise NotYetUploaded("This file was announced, but has not come yet.")
        return found

    async def _wait(self, origin: str, media_id: str, wait_ms: int) -> Media | None:
        with self._arrivals.expect(media_id) as arrival:
            found = await self._db.glance(media.find, origin, media_id)
            if self._is_pending(found) and wait_ms:
                await arrival.wait(wait_ms)
                found = await self._db.glance(media.find, origin, media_id)
            return found

    def _is_pending(self, found: Media | None) -> bool:
        if found is None or found.file is not None:
            return False
        return (found.expires_ts or 0) > self._clock.now_ms()
