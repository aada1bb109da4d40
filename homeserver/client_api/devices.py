"""Spec: Client-Server API, "Device management"."""

from typing import Any

from attrs import frozen

from homeserver.devices.devices import Device, Devices
from homeserver.errors import BadJson
from homeserver.http.request import Request, field
from homeserver.http.response import Response, json_response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.interactive_auth import InteractiveAuth


@frozen
class DeviceEndpoints:
    _devices: Devices
    _interactive_auth: InteractiveAuth

    @route("GET", "/v3/devices", access=Access.GUEST)
    async def listed(self, request: Request) -> JsonObject:
        devices = await self._devices.of_user(request.user_id)
        return {"devices": [device_json(device) for device in devices]}

    @route("GET", "/v3/devices/{device_id}", access=Access.GUEST)
    async def one(self, request: Request, device_id: str) -> JsonObject:
        return device_json(await self._devices.find(request.user_id, device_id))

    @route("PUT", "/v3/devices/{device_id}", access=Access.GUEST)
    async def update(self, request: Request, device_id: str) -> JsonObject | Response:
        name = field(request.json_object(), "display_name", str, None)
        if request.requester.appservice:
            is_new = await self._devices.rename_or_create(request.user_id, device_id, name)
            return json_response({}, 201 if is_new else 200)
        await self._devices.rename(request.user_id, device_id, name)
        return {}

    @route("DELETE", "/v3/devices/{device_id}")
    async def delete(self, request: Request, device_id: str) -> JsonObject:
        await self._confirm(request, request.json_object_or_empty())
        await self._devices.delete(request.user_id, [device_id])
        return {}

    @route("POST", "/v3/delete_devices")
    async def delete_many(self, request: Request) -> JsonObject:
        body = request.json_object()
        if not is_text_list(body.get("devices", [])):
            raise BadJson("'devices' must be an array of strings.")
        body = await self._confirm(request, body)
        device_ids = field(body, "devices", list)
        await self._devices.delete(request.user_id, device_ids)
        return {}

    async def _confirm(self, request: Request, body: JsonObject) -> JsonObject:
        """Application services need no further proof (MSC4190)."""
        if request.requester.appservice:
            return body
        confirmed = await self._interactive_auth.confirm(request, body, request.user_id)
        return confirmed.body


def is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def device_json(device: Device) -> JsonObject:
    answer: JsonObject = {
        "device_id": device.device_id,
        "display_name": device.display_name,
        "last_seen_ip": device.last_seen_ip,
        "last_seen_ts": device.last_seen_ts,
    }
    return {name: value for name, value in answer.items() if value is not None}
