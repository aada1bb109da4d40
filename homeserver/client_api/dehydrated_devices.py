"""MSC3814: dehydrated devices, version 2."""

from attrs import frozen

from homeserver.devices.dehydrated import DehydratedDevices, Messages
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.tokens import read_token, write_token

DEVICE = "/unstable/org.matrix.msc3814.v1/dehydrated_device"
MAX_BODY = 2 * 1024 * 1024
LIMIT, MAX_LIMIT = 100, 500


@frozen(eq=False)
class DehydratedDeviceEndpoints:
    _devices: DehydratedDevices

    @route("PUT", DEVICE, max_body=MAX_BODY)
    async def put(self, request: Request) -> JsonObject:
        return {"device_id": await self._devices.put(request.user_id, request.json_object())}

    @route("GET", DEVICE)
    async def get(self, request: Request) -> JsonObject:
        device = await self._devices.find(request.user_id)
        return {"device_id": device.device_id, "device_data": device.data}

    @route("DELETE", DEVICE)
    async def delete(self, request: Request) -> JsonObject:
        return {"device_id": await self._devices.delete(request.user_id)}

    @route("GET", DEVICE + "/{device_id}/events")
    async def events(self, request: Request, device_id: str) -> JsonObject:
        """`next_batch` is there only if there is more."""
        limit = request.integer("limit", LIMIT, minimum=1, maximum=MAX_LIMIT)
        start = request.optional_text("from")
        found = await self._messages(request, device_id, start, limit)
        return answer(found) if found.more else {"events": found.events}

    @route("POST", DEVICE + "/{device_id}/events")
    async def events_in_older_form(self, request: Request, device_id: str) -> JsonObject:
        """`next_batch` is always there: the last batch is empty."""
        start: str | None = field(request.json_object_or_empty(), "next_batch", str, None)
        return answer(await self._messages(request, device_id, start, LIMIT))

    async def _messages(
        self, request: Request, device_id: str, start: str | None, limit: int
    ) -> Messages:
        after = read_token(start) if start else 0
        return await self._devices.messages(request.user_id, device_id, after, limit)


def answer(found: Messages) -> JsonObject:
    return {"events": found.events, "next_batch": write_token(found.upto)}
