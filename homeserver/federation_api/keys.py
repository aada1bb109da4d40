"""Spec: Server-Server API, "Retrieving server keys"."""

from collections.abc import Mapping
from typing import Protocol

from attrs import frozen

from homeserver.errors import BadJson, InvalidParam
from homeserver.events.ids import is_server_name
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject, JsonValue

MINIMUM = "minimum_valid_until_ts"
MAX_QUERY_BYTES = 256 * 1024


class Keys(Protocol):
    def published(self) -> JsonObject:
        """Our own keys, signed."""

    async def query(self, wanted: Mapping[str, Mapping[str, int]]) -> list[JsonObject]:
        """Keys of servers; by server name and key id, until when they should be valid."""


@frozen(eq=False)
class KeyEndpoints:
    _keys: Keys

    @route("GET", "/_matrix/key/v2/server", access=Access.PUBLIC)
    async def own(self, request: Request) -> JsonObject:
        return self._keys.published()

    @route("GET", "/_matrix/key/v2/query/{server_name}", access=Access.PUBLIC)
    async def query_one(self, request: Request, server_name: str) -> JsonObject:
        if not is_server_name(server_name):
            raise InvalidParam("The path does not name a server.")
        minimum = request.integer(MINIMUM, 0)
        return {"server_keys": await self._keys.query({server_name: {"": minimum}})}

    @route("POST", "/_matrix/key/v2/query", access=Access.PUBLIC, max_body=MAX_QUERY_BYTES)
    async def query(self, request: Request) -> JsonObject:
        listed = field(request.json_object(), "server_keys", dict)
        wanted = {server: criteria(server, keys) for server, keys in listed.items()}
        return {"server_keys": await self._keys.query(wanted)}


def criteria(server: str, keys: JsonValue) -> dict[str, int]:
    if not isinstance(keys, dict) or not all(isinstance(of, dict) for of in keys.values()):
        raise BadJson(f"What is asked of {server[:255]!r} must be objects by key id.")
    return {id: field(of, MINIMUM, int, 0) for id, of in keys.items()}
