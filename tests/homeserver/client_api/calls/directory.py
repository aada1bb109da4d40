"""Calls of aliases and of the directory of public rooms."""

from tests.homeserver.client_api.calls.row import V3ROOM, Call, Fails, Row, in_room

DIRECTORY = (
    Row(
        "GET /v3/directory/room/{roomAlias}",
        Call("/v3/directory/room/{alias}", by="anonymous"),
        Fails("/v3/directory/room/%23none:test", "M_NOT_FOUND"),
    ),
    Row(
        "PUT /v3/directory/room/{roomAlias}",
        Call("/v3/directory/room/%23new:test", {"room_id": "{room}"}),
        Fails("/v3/directory/room/{alias}", "M_UNKNOWN", {"room_id": "{room}"}, status=409),
    ),
    Row(
        "DELETE /v3/directory/room/{roomAlias}",
        Call("/v3/directory/room/{alias}"),
        Fails("/v3/directory/room/%23none:test", "M_NOT_FOUND"),
    ),
    in_room("GET /v3/rooms/{roomId}/aliases", Call(V3ROOM + "/aliases"), by="mallory"),
    Row(
        "GET /v3/directory/list/room/{roomId}",
        Call("/v3/directory/list/room/{room}"),
        Fails("/v3/directory/list/room/!nowhere:test", "M_NOT_FOUND"),
    ),
    Row(
        "PUT /v3/directory/list/room/{roomId}",
        Call("/v3/directory/list/room/{room}", {"visibility": "public"}),
        Fails("/v3/directory/list/room/!nowhere:test", "M_NOT_FOUND", {"visibility": "public"}),
    ),
    Row(
        "GET /v3/publicRooms",
        Call("/v3/publicRooms?limit=3"),
        Fails("/v3/publicRooms?limit=x", "M_INVALID_PARAM"),
    ),
    Row(
        "POST /v3/publicRooms",
        Call("/v3/publicRooms", {"filter": {"generic_search_term": "Town"}}),
        Fails("/v3/publicRooms", "M_BAD_JSON", {"filter": 5}),
    ),
    Row(
        "POST /v3/user_directory/search",
        Call("/v3/user_directory/search", {"search_term": "bob"}),
        Fails("/v3/user_directory/search", "M_MISSING_PARAM"),
    ),
)
