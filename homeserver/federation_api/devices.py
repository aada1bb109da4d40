"""Spec: Server-Server API, "Device Management", "End-to-End Encryption"."""

from collections.abc import Mapping

from attrs import frozen

from homeserver.devices.remote_lists import (
    is_device_id,
    is_stream_id,
    read_device,
    read_signing_keys,
)
from homeserver.devices.serving import DevicesForServers
from homeserver.devices.tracking import DeviceUpdate, Tracking
from homeserver.errors import InvalidParam
from homeserver.federation_api.edus import check_own
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.incoming.edus import Handler

V1 = "/_matrix/federation/v1"
MAX_PREVIOUS = 100


@frozen(eq=False)
class DeviceEndpoints:
    _devices: DevicesForServers

    @route("GET", V1 + "/user/devices/{user_id}", access=Access.SERVER)
    async def devices(self, request: Request, user_id: str) -> JsonObject:
        return await self._devices.devices(user_id)

    @route("POST", V1 + "/user/keys/query", access=Access.SERVER)
    async def query(self, request: Request) -> JsonObject:
        return await self._devices.query(request.json_object())

    @route("POST", V1 + "/user/keys/claim", access=Access.SERVER)
    async def claim(self, request: Request) -> JsonObject:
        return await self._devices.claim(request.json_object())


@frozen(eq=False)
class ToldOfDevices:
    """What other servers tell of their users' devices, in EDUs."""

    _tracking: Tracking

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "m.device_list_update": self.device,
            "m.signing_key_update": self.signing_keys,
        }

    async def device(self, origin: str, content: JsonObject) -> None:
        user_id, device_id = field(content, "user_id", str), field(content, "device_id", str)
        stream_id, previous = field(content, "stream_id", int), field(content, "prev_id", list, [])
        check_own(origin, user_id)
        if not is_device_id(device_id) or not all(map(is_stream_id, [stream_id, *previous])):
            raise InvalidParam("An update of a device has an id, and stream ids that are integers.")
        device = None
        if not field(content, "deleted", bool, False):
            name = content.get("device_display_name")
            device = read_device(user_id, device_id, content.get("keys"), name)
        # What follows more updates than anybody sends at once is taken for a gap.
        known = previous if len(previous) <= MAX_PREVIOUS else []
        await self._tracking.update(DeviceUpdate(user_id, device_id, stream_id, known, device))

    async def signing_keys(self, origin: str, content: JsonObject) -> None:
        user_id = field(content, "user_id", str)
        check_own(origin, user_id)
        keys = read_signing_keys(
            user_id, content.get("master_key"), content.get("self_signing_key")
        )
        await self._tracking.change_signing_keys(user_id, keys)
