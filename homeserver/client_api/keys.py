"""Spec: Client-Server API, "Key management API"."""

from attrs import frozen

from homeserver.devices.key_changes import KeyChanges
from homeserver.devices.keys import Keys, read_seconds
from homeserver.devices.one_time_keys import OneTimeKeys
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.tokens import read_token


@frozen(eq=False)
class KeyEndpoints:
    _keys: Keys
    _one_time_keys: OneTimeKeys
    _changes: KeyChanges

    @route("POST", "/v3/keys/upload", "/unstable/keys/upload", access=Access.GUEST)
    async def upload(self, request: Request) -> JsonObject:
        counts = await self._keys.upload(request.user_id, request.device_id, request.json_object())
        return {"one_time_key_counts": counts.one_time}

    @route("POST", "/v3/keys/query", "/unstable/keys/query", access=Access.GUEST)
    async def query(self, request: Request) -> JsonObject:
        return await self._keys.query(request.user_id, request.json_object())

    @route("POST", "/v3/keys/claim", "/unstable/keys/claim", access=Access.GUEST)
    async def claim(self, request: Request) -> JsonObject:
        body = request.json_object()
        return await self._one_time_keys.claim(body, read_seconds(body))

    @route("GET", "/v3/keys/changes", "/unstable/keys/changes")
    async def changes(self, request: Request) -> JsonObject:
        place = read_token(request.required_text("from"))
        read_token(request.required_text("to"))
        return await self._changes.since(request.user_id, place)

    @route("POST", "/unstable/org.matrix.msc4162/keys/reset")
    async def reset(self, request: Request) -> JsonObject:
        body = request.json_object()
        counts = await self._one_time_keys.discard(request.user_id, request.device_id, body)
        return {"device_one_time_keys_count": counts.one_time}
