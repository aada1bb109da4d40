"""How long messages are kept, as clients ask for it. MSC1763."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.retention import Lifetimes


@frozen(eq=False)
class RetentionEndpoints:
    _lifetimes: Lifetimes

    @route("GET", "/unstable/org.matrix.msc1763/retention/configuration")
    async def configuration(self, request: Request) -> JsonObject:
        return self._lifetimes.configuration()
