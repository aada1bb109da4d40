"""The devices of users."""

from attrs import frozen

from homeserver.devices.devices import Device, Devices
from homeserver.errors import BadJson
from homeserver.http.request import Request, field
from homeserver.http.response import Response, json_response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.administration import Administration

DEVICES = "/_synapse/admin/v2/users/{user_id}/devices"


@frozen(eq=False)
class AdminDeviceEndpoints:
    _administration: Administration
    _devices: Devices

    @route("GET", DEVICES, access=Access.ADMIN)
    async def listed(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        found = [device_json(user_id, it) for it in await self._devices.of_user(user_id)]
        return {"devices": found, "total": len(found)}

    @route("POST", DEVICES, access=Access.ADMIN)
    async def make(self, request: Request, user_id: str) -> Response:
        await self._administration.find(user_id)
        device_id = field(request.json_object(), "device_id", str)
        await self._devices.rename_or_create(user_id, device_id, None)
        return json_response({}, 201)

    @route("GET", DEVICES + "/{device_id}", access=Access.ADMIN)
    async def one(self, request: Request, user_id: str, device_id: str) -> JsonObject:
        await self._administration.find(user_id)
        return device_json(user_id, await self._devices.find(user_id, device_id))

    @route("PUT", DEVICES + "/{device_id}", access=Access.ADMIN)
    async def rename(self, request: Request, user_id: str, device_id: str) -> JsonObject:
        await self._administration.find(user_id)
        name = field(request.json_object(), "display_name", str, None)
        await self._devices.rename(user_id, device_id, name)
        return {}

    @route("DELETE", DEVICES + "/{device_id}", access=Access.ADMIN)
    async def delete(self, request: Request, user_id: str, device_id: str) -> JsonObject:
        await self._administration.find(user_id)
        await self._devices.delete(user_id, [device_id])
        return {}

    @route("POST", "/_synapse/admin/v2/users/{user_id}/delete_devices", access=Access.ADMIN)
    async def delete_many(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        device_ids = field(request.json_object(), "devices", list)
        if not all(isinstance(device_id, str) for device_id in device_ids):
            raise BadJson("'devices' must be an array of strings.")
        await self._devices.delete(user_id, device_ids)
        return {}


def device_json(user_id: str, device: Device) -> JsonObject:
    return {
        "user_id": user_id,
        "device_id": device.device_id,
        "display_name": device.display_name,
        "last_seen_ip": device.last_seen_ip,
        "last_seen_ts": device.last_seen_ts,
        "last_seen_user_agent": device.last_seen_user_agent,
    }
