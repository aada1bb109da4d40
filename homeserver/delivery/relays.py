"""Users of other servers who come and go through this one: others hear of it from us.

Spec: Server-Server API, "Joining Rooms", "Leaving Rooms", "Knocking upon a room".
"""

from attrs import frozen

from homeserver.changes import HandedIn
from homeserver.delivery.audience import Audience
from homeserver.delivery.fleeting import run
from homeserver.delivery.recovery import relayed
from homeserver.delivery.servers import Servers
from homeserver.storage.database import Database


@frozen(eq=False)
class Relays:
    _db: Database
    _audience: Audience
    _servers: Servers

    def handed_in(self, change: HandedIn) -> None:
        run("somebody's coming or going", self._tell(change.position, change.event_id))

    async def _tell(self, position: int, event_id: str) -> None:
        found = await self._db.glance(relayed, self._audience, position, event_id)
        if found is not None:
            self._servers.tell(*found)
            self._servers.go()
