"""Asks others for the event closest to a time, where the history that is here has gaps.

Spec: Server-Server API, `GET /timestamp_to_event/{roomId}`.
"""

from attrs import frozen

from homeserver.events.resolution.sources import UnresolvableState
from homeserver.logs import logger
from homeserver.peers.errors import PeerError
from homeserver.rooms import timeline
from homeserver.rooms.incoming.history import History
from homeserver.rooms.incoming.receiving import Receiving
from homeserver.rooms.timestamps import Moment
from homeserver.storage import missing_events
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction

MAX_SERVERS = 3

log = logger(__name__)


@frozen(eq=False)
class EventsElsewhere:
    _receiving: Receiving
    _history: History

    async def bring(self, user_id: str, room_id: str, wanted: Moment, known: Stored | None) -> bool:
        """Whether others had an event closer than the one that is known, and it is here now."""
        for server in await self._receiving.db.read(self._to_ask, user_id, room_id, wanted, known):
            try:
                if await self._bring_from(server, room_id, wanted, known):
                    return True
            except (PeerError, UnresolvableState) as error:
                log.info("%s has no closer event of %s: %s", server, room_id, error)
        return False

    async def _bring_from(
        self, server: str, room_id: str, wanted: Moment, known: Stored | None
    ) -> bool:
        direction = "b" if wanted.backwards else "f"
        told = await self._receiving.others.closest(server, room_id, wanted.ts, direction)
        event_id, ts = told.get("event_id"), told.get("origin_server_ts")
        if not isinstance(event_id, str) or type(ts) is not int or not is_closer(ts, wanted, known):
            return False
        return await self._history.bring(server, room_id, event_id)

    def _to_ask(
        self, txn: Transaction, user_id: str, room_id: str, wanted: Moment, known: Stored | None
    ) -> list[str]:
        """Servers that may know better; none if nothing is missing where it would matter."""
        head = timeline.head(txn, room_id)
        if head is None or not head.is_joined(user_id):
            return []
        if known is not None and known.event.origin_server_ts == wanted.ts:
            return []
        place = None if known is None else known.place or 0
        gaps = missing_events.gaps(txn, head.room)
        if place is not None:
            gaps = [gap for gap in gaps if (gap > place if wanted.backwards else gap <= place)]
        own = self._receiving.server_name
        return [server for server in head.servers if server != own][:MAX_SERVERS] if gaps else []


def is_closer(ts: int, wanted: Moment, known: Stored | None) -> bool:
    """Whether an event of this time stands between the time that is wanted and what is known."""
    if wanted.backwards:
        return ts <= wanted.ts and (known is None or ts > known.event.origin_server_ts)
    return ts >= wanted.ts and (known is None or ts < known.event.origin_server_ts)
