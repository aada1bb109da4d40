"""Spec: Client-Server API, "Send-to-Device messaging"."""

from attrs import frozen

from homeserver.devices.to_device import ToDevice
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject

MAX_BODY = 8 * 1024 * 1024
"""Clients share the keys of a room with hundreds of devices at once."""


@frozen(eq=False)
class ToDeviceEndpoints:
    _to_device: ToDevice

    @route("PUT", "/v3/sendToDevice/{type}/{txn_id}", access=Access.GUEST, max_body=MAX_BODY)
    async def send(self, request: Request, type: str, txn_id: str) -> JsonObject:
        await self._to_device.send(request.requester, type, txn_id, request.json_object())
        return {}
