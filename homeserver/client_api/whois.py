"""Spec: Client-Server API, "Server administration"."""

from attrs import frozen

from homeserver.devices.devices import Device, Devices
from homeserver.errors import Forbidden, NotFound
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.accounts import Accounts


@frozen(eq=False)
class WhoisEndpoints:
    """Everybody may ask this about themselves."""

    _devices: Devices
    _accounts: Accounts

    @route("GET", "/v3/admin/whois/{user_id}", "/_synapse/admin/v1/whois/{user_id}")
    async def whois(self, request: Request, user_id: str) -> JsonObject:
        if user_id != request.user_id and not request.requester.is_admin:
            raise Forbidden("Only administrators of this server ask this about others.")
        if await self._accounts.find(user_id) is None:
            raise NotFound("There is no such user here.")
        devices = await self._devices.of_user(user_id)
        return {"user_id": user_id, "devices": {it.device_id: sessions_of(it) for it in devices}}


def sessions_of(device: Device) -> JsonObject:
    """A device has one session; of its connections, the last one is known."""
    if device.last_seen_ts is None:
        return {"sessions": []}
    connection = {
        "ip": device.last_seen_ip or "",
        "last_seen": device.last_seen_ts,
        "user_agent": device.last_seen_user_agent or "",
    }
    return {"sessions": [{"connections": [connection]}]}
