"""What is done to rooms: closed, entered, given to somebody, freed of loose ends."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN
from homeserver.errors import InvalidParam
from homeserver.http.request import Request, field
from homeserver.http.requester import Requester
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.blocking import Blocking
from homeserver.rooms.inspecting import Inspecting
from homeserver.rooms.joining import Joining
from homeserver.rooms.promoting import Promoting
from homeserver.users.administration import Administration

ROOM = ADMIN + "/rooms/{room_id}"


@frozen(eq=False)
class RoomChangeEndpoints:
    _administration: Administration
    _blocking: Blocking
    _promoting: Promoting
    _joining: Joining
    _inspecting: Inspecting

    @route("GET", ROOM + "/block", access=Access.ADMIN)
    async def is_blocked(self, request: Request, room_id: str) -> JsonObject:
        by = await self._blocking.blocked_by(room_id)
        return {"block": False} if by is None else {"block": True, "user_id": by}

    @route("PUT", ROOM + "/block", access=Access.ADMIN)
    async def block(self, request: Request, room_id: str) -> JsonObject:
        blocked: bool = field(request.json_object(), "block", bool)
        await self._blocking.set(request.user_id, room_id, blocked)
        return {"block": blocked}

    @route("POST", ROOM + "/make_room_admin", access=Access.ADMIN)
    async def promote(self, request: Request, room_id: str) -> JsonObject:
        user_id = field(request.json_object_or_empty(), "user_id", str, request.user_id)
        await self._administration.find(user_id)
        await self._promoting.promote(room_id, user_id)
        return {}

    @route("POST", ADMIN + "/join/{room}", access=Access.ADMIN)
    async def join(self, request: Request, room: str) -> JsonObject:
        user_id = field(request.json_object(), "user_id", str)
        if (await self._administration.find(user_id)).is_deactivated:
            raise InvalidParam("This account has been deactivated.")
        via = request.parameters.get("via") or request.parameters.get("server_name") or ()
        requester = Requester(user_id, "")
        return {"room_id": await self._joining.join(requester, room, via, {})}

    @route("GET", ROOM + "/forward_extremities", access=Access.ADMIN)
    async def extremities(self, request: Request, room_id: str) -> JsonObject:
        found = [
            {
                "event_id": stored.event.event_id,
                "state_group": state_group(stored.room_state),
                "depth": stored.event.depth,
                "received_ts": stored.event.origin_server_ts,
            }
            for stored in await self._inspecting.extremities(room_id)
        ]
        return {"count": len(found), "results": found}

    @route("DELETE", ROOM + "/forward_extremities", access=Access.ADMIN)
    async def prune(self, request: Request, room_id: str) -> JsonObject:
        return {"deleted": await self._inspecting.prune(room_id)}


def state_group(root: bytes) -> int:
    """A number for a state of a room: equal states have the same."""
    return int.from_bytes(root[:6], "big")
