"""Rooms: listed and looked into."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN, PAGE, backwards_of
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.inspecting import Inspecting
from homeserver.rooms.overviews import ORDERS, ListedRoom, Overviews, RoomSearch

ROOM = ADMIN + "/rooms/{room_id}"
MAX_CONTEXT = 100


@frozen(eq=False)
class RoomEndpoints:
    _overviews: Overviews
    _inspecting: Inspecting

    @route("GET", ADMIN + "/rooms", access=Access.ADMIN)
    async def listed(self, request: Request) -> JsonObject:
        begin, limit = request.integer("from", 0), request.integer("limit", PAGE, maximum=1000)
        search = RoomSearch(
            term=request.text("search_term"),
            is_public=choice_of(request, "public_rooms"),
            is_empty=choice_of(request, "empty_rooms"),
            order_by=request.choice("order_by", "name", tuple(ORDERS)),
            backwards=backwards_of(request),
            begin=begin,
            limit=limit,
        )
        found, total = await self._overviews.page(search)
        rooms = [room_json(room) for room in found]
        page: JsonObject = {"rooms": rooms, "offset": begin, "total_rooms": total}
        if begin + len(found) < total:
            page["next_batch"] = begin + len(found)
        if begin > 0:
            page["prev_batch"] = max(0, begin - limit)
        return page

    @route("GET", ADMIN + "/statistics/database/rooms", access=Access.ADMIN)
    async def sizes(self, request: Request) -> JsonObject:
        """The rooms whose events take most, by the length of these."""
        found = await self._overviews.largest()
        return {"rooms": [{"room_id": it, "estimated_size": size} for it, size in found]}

    @route("GET", ROOM, access=Access.ADMIN)
    async def one(self, request: Request, room_id: str) -> JsonObject:
        room, devices = await self._overviews.one(room_id)
        tombstone = room.state.get("m.room.tombstone")
        return {
            **room_json(room),
            "topic": room.text("m.room.topic", "topic"),
            "avatar": room.text("m.room.avatar", "url"),
            "joined_local_devices": devices,
            "forgotten": room.joined_here == 0,
            "tombstoned": tombstone is not None,
            "replacement_room": room.text("m.room.tombstone", "replacement_room"),
        }

    @route("GET", ROOM + "/members", access=Access.ADMIN)
    async def members(self, request: Request, room_id: str) -> JsonObject:
        found = await self._inspecting.members(room_id)
        return {"members": found, "total": len(found)}

    @route("GET", ROOM + "/state", access=Access.ADMIN)
    async def state(self, request: Request, room_id: str) -> JsonObject:
        return {"state": await self._inspecting.state(room_id, request.optional_text("type"))}

    @route("GET", ROOM + "/context/{event_id}", access=Access.ADMIN)
    async def around(self, request: Request, room_id: str, event_id: str) -> JsonObject:
        limit = request.integer("limit", 10, maximum=MAX_CONTEXT)
        return await self._inspecting.around(room_id, event_id, limit)

    @route("GET", ADMIN + "/fetch_event/{event_id}", access=Access.ADMIN)
    async def event(self, request: Request, event_id: str) -> JsonObject:
        return {"event": await self._inspecting.event(event_id)}


def choice_of(request: Request, name: str) -> bool | None:
    return None if request.optional_text(name) is None else request.boolean(name)


def room_json(room: ListedRoom) -> JsonObject:
    create = room.state.get("m.room.create", {})
    return {
        "room_id": room.room_id,
        "name": room.name,
        "canonical_alias": room.canonical_alias,
        "joined_members": room.joined,
        "joined_local_members": room.joined_here,
        "version": room.version,
        "creator": room.creator,
        "encryption": room.text("m.room.encryption", "algorithm"),
        "federatable": create.get("m.federate") is not False,
        "public": room.is_public,
        "join_rules": room.text("m.room.join_rules", "join_rule"),
        "guest_access": room.text("m.room.guest_access", "guest_access"),
        "history_visibility": room.text("m.room.history_visibility", "history_visibility"),
        "state_events": room.state_events,
        "room_type": room.text("m.room.create", "type"),
    }
