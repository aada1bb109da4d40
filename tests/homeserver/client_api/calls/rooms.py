"""Calls of rooms: their people, events and state."""

from tests.homeserver.client_api.calls.row import V3ROOM, Call, Fails, Row, in_room

TEXT = {"msgtype": "m.text", "body": "hello"}

ROOMS = (
    Row(
        "POST /v3/createRoom",
        Call("/v3/createRoom", {"preset": "public_chat", "name": "Town"}),
        Fails("/v3/createRoom", "M_UNSUPPORTED_ROOM_VERSION", {"room_version": "none"}),
    ),
    Row(
        "POST /v3/join/{roomIdOrAlias}",
        Call("/v3/join/{alias}", by="mallory"),
        Fails("/v3/join/{closed}", "M_FORBIDDEN", by="mallory"),
    ),
    Row(
        "POST /v3/rooms/{roomId}/join",
        Call(V3ROOM + "/join", by="mallory"),
        Fails("/v3/rooms/{closed}/join", "M_FORBIDDEN", by="mallory"),
    ),
    Row(
        "POST /v3/knock/{roomIdOrAlias}",
        Call("/v3/knock/{knocked}", {"reason": "please"}, by="mallory"),
        Fails("/v3/knock/{closed}", "M_FORBIDDEN", by="mallory"),
    ),
    in_room("POST /v3/rooms/{roomId}/invite", Call(V3ROOM + "/invite", {"user_id": "{carol}"})),
    in_room("POST /v3/rooms/{roomId}/kick", Call(V3ROOM + "/kick", {"user_id": "{bob}"})),
    in_room("POST /v3/rooms/{roomId}/ban", Call(V3ROOM + "/ban", {"user_id": "{bob}"})),
    Row(
        "POST /v3/rooms/{roomId}/unban",
        Call(V3ROOM + "/unban", {"user_id": "{banned}"}),
        Fails(V3ROOM + "/unban", "M_FORBIDDEN", {"user_id": "{banned}"}, "mallory"),
    ),
    Row(
        "POST /v3/rooms/{roomId}/leave",
        Call(V3ROOM + "/leave", by="bob"),
        Fails("/v3/rooms/!nowhere:test/leave", "M_FORBIDDEN"),
    ),
    Row(
        "POST /v3/rooms/{roomId}/forget",
        Call("/v3/rooms/{left}/forget", by="bob"),
        Fails(V3ROOM + "/forget", "M_UNKNOWN"),
    ),
    Row(
        "GET /v3/joined_rooms",
        Call("/v3/joined_rooms"),
        Fails("/v3/joined_rooms", "M_MISSING_TOKEN", by="anonymous"),
    ),
    Row(
        "POST /v3/rooms/{roomId}/upgrade",
        Call(V3ROOM + "/upgrade", {"new_version": "11"}),
        Fails(V3ROOM + "/upgrade", "M_UNSUPPORTED_ROOM_VERSION", {"new_version": "none"}),
    ),
    in_room(
        "PUT /v3/rooms/{roomId}/send/{eventType}/{txnId}",
        Call(V3ROOM + "/send/m.room.message/t", TEXT),
    ),
    in_room(
        "PUT /v3/rooms/{roomId}/state/{eventType}/{stateKey}",
        Call(V3ROOM + "/state/m.room.topic/", {"topic": "hello"}),
    ),
    in_room(
        "PUT /v3/rooms/{roomId}/redact/{eventId}/{txnId}",
        Call(V3ROOM + "/redact/{event}/t", {"reason": "a slip"}),
    ),
    in_room("GET /v3/rooms/{roomId}/state", Call(V3ROOM + "/state")),
    Row(
        "GET /v3/rooms/{roomId}/state/{eventType}/{stateKey}",
        Call(V3ROOM + "/state/m.room.name/"),
        Fails(V3ROOM + "/state/org.example.none/", "M_NOT_FOUND"),
    ),
    in_room("GET /v3/rooms/{roomId}/members", Call(V3ROOM + "/members?membership=join")),
    in_room("GET /v3/rooms/{roomId}/joined_members", Call(V3ROOM + "/joined_members")),
    in_room("GET /v3/rooms/{roomId}/messages", Call(V3ROOM + "/messages?dir=b&limit=5")),
    in_room("GET /v3/rooms/{roomId}/initialSync", Call(V3ROOM + "/initialSync")),
    Row(
        "GET /v3/rooms/{roomId}/event/{eventId}",
        Call(V3ROOM + "/event/{event}"),
        Fails(V3ROOM + "/event/{event}", "M_NOT_FOUND", by="mallory"),
    ),
    Row(
        "GET /v3/events/{eventId}",
        Call("/v3/events/{event}"),
        Fails("/v3/events/$none", "M_NOT_FOUND"),
    ),
    Row(
        "GET /v3/rooms/{roomId}/context/{eventId}",
        Call(V3ROOM + "/context/{event}?limit=4"),
        Fails(V3ROOM + "/context/$none", "M_NOT_FOUND"),
    ),
    Row(
        "GET /v1/rooms/{roomId}/timestamp_to_event",
        Call("/v1/rooms/{room}/timestamp_to_event?ts=0&dir=f"),
        Fails("/v1/rooms/{room}/timestamp_to_event?ts=0&dir=b", "M_NOT_FOUND"),
    ),
    Row(
        "GET /v1/rooms/{roomId}/relations/{eventId}",
        Call("/v1/rooms/{room}/relations/{event}"),
        Fails("/v1/rooms/{room}/relations/$none", "M_NOT_FOUND"),
    ),
    Row(
        "GET /v1/rooms/{roomId}/relations/{eventId}/{relType}",
        Call("/v1/rooms/{room}/relations/{event}/m.thread"),
        Fails("/v1/rooms/{room}/relations/$none/m.thread", "M_NOT_FOUND"),
    ),
    Row(
        "GET /v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}",
        Call("/v1/rooms/{room}/relations/{event}/m.thread/m.room.message"),
        Fails("/v1/rooms/{room}/relations/$none/m.thread/m.room.message", "M_NOT_FOUND"),
    ),
    in_room("GET /v1/rooms/{roomId}/threads", Call("/v1/rooms/{room}/threads?include=all")),
    in_room("GET /v1/rooms/{roomId}/hierarchy", Call("/v1/rooms/{space}/hierarchy")),
    Row(
        "GET /v1/room_summary/{roomIdOrAlias}",
        Call("/v1/room_summary/{room}", by="mallory"),
        Fails("/v1/room_summary/{closed}", "M_NOT_FOUND", by="mallory"),
    ),
    Row(
        "GET /v1/mutual_rooms",
        Call("/v1/mutual_rooms?user_id={bob}"),
        Fails("/v1/mutual_rooms", "M_MISSING_PARAM"),
    ),
    Row(
        "POST /v3/rooms/{roomId}/report",
        Call(V3ROOM + "/report", {"reason": "spam"}),
        Fails(V3ROOM + "/report", "M_MISSING_PARAM"),
    ),
    Row(
        "POST /v3/rooms/{roomId}/report/{eventId}",
        Call(V3ROOM + "/report/{event}", {"reason": "spam"}),
        Fails(V3ROOM + "/report/{event}", "M_NOT_FOUND", {"reason": "x"}, "mallory"),
    ),
    Row(
        "POST /v3/users/{userId}/report",
        Call("/v3/users/{bob}/report", {"reason": "spam"}),
        Fails("/v3/users/{bob}/report", "M_MISSING_PARAM"),
    ),
    in_room(
        "PUT /v3/rooms/{roomId}/typing/{userId}",
        Call(V3ROOM + "/typing/{alice}", {"typing": True, "timeout": 1000}),
    ),
    Row(
        "POST /v3/rooms/{roomId}/receipt/{receiptType}/{eventId}",
        Call(V3ROOM + "/receipt/m.read/{event}"),
        Fails(V3ROOM + "/receipt/m.unread/{event}", "M_INVALID_PARAM"),
    ),
    in_room(
        "POST /v3/rooms/{roomId}/read_markers",
        Call(V3ROOM + "/read_markers", {"m.fully_read": "{event}"}),
    ),
    Row(
        "POST /v3/search",
        Call("/v3/search", {"search_categories": {"room_events": {"search_term": "hello"}}}),
        Fails("/v3/search", "M_MISSING_PARAM", {"search_categories": {"room_events": {}}}),
    ),
)
