"""Spec: Client-Server API, "Client Config"."""

from attrs import frozen

from homeserver.client_api.ownership import must_be_own
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.account_data import AccountData

GLOBAL = "/user/{user_id}/account_data/{type}"
IN_ROOM = "/user/{user_id}/rooms/{room_id}/account_data/{type}"
MSC3391 = "/unstable/org.matrix.msc3391"


@frozen(eq=False)
class AccountDataEndpoints:
    _account_data: AccountData

    @route("GET", "/v3" + GLOBAL)
    async def get_global(self, request: Request, user_id: str, type: str) -> JsonObject:
        must_be_own(request, user_id)
        return await self._account_data.get(user_id, None, type)

    @route("PUT", "/v3" + GLOBAL)
    async def put_global(self, request: Request, user_id: str, type: str) -> JsonObject:
        must_be_own(request, user_id)
        await self._account_data.put(user_id, None, type, request.json_object())
        return {}

    @route("DELETE", MSC3391 + GLOBAL)
    async def delete_global(self, request: Request, user_id: str, type: str) -> JsonObject:
        must_be_own(request, user_id)
        await self._account_data.delete(user_id, None, type)
        return {}

    @route("GET", "/v3" + IN_ROOM)
    async def get_in_room(
        self, request: Request, user_id: str, room_id: str, type: str
    ) -> JsonObject:
        must_be_own(request, user_id)
        return await self._account_data.get(user_id, room_id, type)

    @route("PUT", "/v3" + IN_ROOM)
    async def put_in_room(
        self, request: Request, user_id: str, room_id: str, type: str
    ) -> JsonObject:
        must_be_own(request, user_id)
        await self._account_data.put(user_id, room_id, type, request.json_object())
        return {}

    @route("DELETE", MSC3391 + IN_ROOM)
    async def delete_in_room(
        self, request: Request, user_id: str, room_id: str, type: str
    ) -> JsonObject:
        must_be_own(request, user_id)
        await self._account_data.delete(user_id, room_id, type)
        return {}
