"""Servers that come into a room get what of ours is sticky there. MSC4354."""

from attrs import frozen

from homeserver.delivery.audience import Audience
from homeserver.delivery.fleeting import run
from homeserver.rooms.sticky_events import StickyEvents
from homeserver.rooms.timeline import Appended
from homeserver.storage import outgoing
from homeserver.storage.database import Database
from homeserver.storage.outgoing import Kind, News, ServerNames
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class StickyNews:
    _db: Database
    _audience: Audience
    _sticky: StickyEvents

    def appended(self, change: Appended) -> None:
        """Perhaps with the event a server has come that was not there before."""
        if change.head.servers is change.former.servers or not change.former.extremities:
            return
        new = self._audience.in_room(change.head) - self._audience.in_room(change.former)
        if new and self._sticky.unseen(change.room_id, 0, change.position):
            run("what is sticky", self._tell(change, new))

    async def _tell(self, change: Appended, servers: ServerNames) -> None:
        await self._db.write(self._add, change, servers)

    def _add(self, txn: Transaction, change: Appended, servers: ServerNames) -> None:
        for stored in self._sticky.shown(txn, change.room_id, 0, change.position):
            if self._audience.is_ours(stored.event.sender):
                news = News(txn.next_position(), Kind.EVENT, change.head.room, stored.position)
                outgoing.add(txn, news, servers)
