"""Spec: Application Service API, "Client-Server API Extensions"."""

from attrs import frozen

from homeserver.appservices.pinging import Pinging
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject


@frozen(eq=False)
class AppServiceEndpoints:
    _pinging: Pinging

    @route("POST", "/v1/appservice/{service_id}/ping")
    @route("POST", "/unstable/fi.mau.msc2659/appservice/{service_id}/ping")
    async def ping(self, request: Request, service_id: str) -> JsonObject:
        txn_id = field(request.json_object_or_empty(), "transaction_id", str, None)
        asking = request.requester.appservice
        return {"duration_ms": await self._pinging.ping(asking, service_id, txn_id)}
