"""A successful and a failing call of each client-server endpoint of rooms, media and profiles.

`{room}` and such are filled in by the `Town` in town.py. `by` is who calls; without a body a POST
or PUT sends `{}`. The error is that which the specification, or its module, names for the endpoint.
"""

from typing import Any

from attrs import field, frozen

CLIENT = "/_matrix/client"


@frozen
class Call:
    path: str
    body: Any = None
    by: str = "alice"


@frozen
class Fails:
    path: str
    code: str
    body: Any = None
    by: str = "alice"
    status: int = field(default=0)
    """Where the code does not say it."""


@frozen
class Row:
    """`endpoint` is method and path as the specification has them, below /_matrix/client."""

    endpoint: str
    works: Call
    fails: Fails

    @property
    def name(self) -> str:
        method, path = self.endpoint.split(" ")
        return f"{method} {path if path.startswith(('/_', '/.')) else CLIENT + path}"


def _room(endpoint: str, works: Call, *, by: str = "mallory", body: Any = None) -> Row:
    """Fails for who is not in the room."""
    return Row(endpoint, works, Fails(works.path, "M_FORBIDDEN", body or works.body, by))


V3ROOM = "/v3/rooms/{room}"
USER = "/v3/user/{alice}"
RULE = "/v3/pushrules/global/{kind}/{ruleId}"
OWN_RULE = "/v3/pushrules/global/content/mine"
NO_RULE = "/v3/pushrules/global/content/none"
TEXT = {"msgtype": "m.text", "body": "hello"}
OTHERS_FILTER = "/v3/user/{bob}/filter/1"

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
    _room("POST /v3/rooms/{roomId}/invite", Call(V3ROOM + "/invite", {"user_id": "{carol}"})),
    _room("POST /v3/rooms/{roomId}/kick", Call(V3ROOM + "/kick", {"user_id": "{bob}"})),
    _room("POST /v3/rooms/{roomId}/ban", Call(V3ROOM + "/ban", {"user_id": "{bob}"})),
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
    _room(
        "PUT /v3/rooms/{roomId}/send/{eventType}/{txnId}",
        Call(V3ROOM + "/send/m.room.message/t", TEXT),
    ),
    _room(
        "PUT /v3/rooms/{roomId}/state/{eventType}/{stateKey}",
        Call(V3ROOM + "/state/m.room.topic/", {"topic": "hello"}),
    ),
    _room(
        "PUT /v3/rooms/{roomId}/redact/{eventId}/{txnId}",
        Call(V3ROOM + "/redact/{event}/t", {"reason": "a slip"}),
    ),
    _room("GET /v3/rooms/{roomId}/state", Call(V3ROOM + "/state")),
    Row(
        "GET /v3/rooms/{roomId}/state/{eventType}/{stateKey}",
        Call(V3ROOM + "/state/m.room.name/"),
        Fails(V3ROOM + "/state/org.example.none/", "M_NOT_FOUND"),
    ),
    _room("GET /v3/rooms/{roomId}/members", Call(V3ROOM + "/members?membership=join")),
    _room("GET /v3/rooms/{roomId}/joined_members", Call(V3ROOM + "/joined_members")),
    _room("GET /v3/rooms/{roomId}/messages", Call(V3ROOM + "/messages?dir=b&limit=5")),
    _room("GET /v3/rooms/{roomId}/initialSync", Call(V3ROOM + "/initialSync")),
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
    _room("GET /v1/rooms/{roomId}/threads", Call("/v1/rooms/{room}/threads?include=all")),
    _room("GET /v1/rooms/{roomId}/hierarchy", Call("/v1/rooms/{space}/hierarchy")),
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
    _room(
        "PUT /v3/rooms/{roomId}/typing/{userId}",
        Call(V3ROOM + "/typing/{alice}", {"typing": True, "timeout": 1000}),
    ),
    Row(
        "POST /v3/rooms/{roomId}/receipt/{receiptType}/{eventId}",
        Call(V3ROOM + "/receipt/m.read/{event}"),
        Fails(V3ROOM + "/receipt/m.unread/{event}", "M_INVALID_PARAM"),
    ),
    _room(
        "POST /v3/rooms/{roomId}/read_markers",
        Call(V3ROOM + "/read_markers", {"m.fully_read": "{event}"}),
    ),
    Row(
        "POST /v3/search",
        Call("/v3/search", {"search_categories": {"room_events": {"search_term": "hello"}}}),
        Fails("/v3/search", "M_MISSING_PARAM", {"search_categories": {"room_events": {}}}),
    ),
)

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
    _room("GET /v3/rooms/{roomId}/aliases", Call(V3ROOM + "/aliases"), by="mallory"),
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

USERS = (
    Row(
        "GET /v3/profile/{userId}",
        Call("/v3/profile/{bob}"),
        Fails("/v3/profile/@none:test", "M_NOT_FOUND"),
    ),
    Row(
        "GET /v3/profile/{userId}/{keyName}",
        Call("/v3/profile/{bob}/displayname"),
        Fails("/v3/profile/{bob}/m.tz", "M_NOT_FOUND"),
    ),
    Row(
        "PUT /v3/profile/{userId}/{keyName}",
        Call("/v3/profile/{alice}/m.tz", {"m.tz": "Europe/Paris"}),
        Fails("/v3/profile/{bob}/m.tz", "M_FORBIDDEN", {"m.tz": "Europe/Paris"}),
    ),
    Row(
        "DELETE /v3/profile/{userId}/{keyName}",
        Call("/v3/profile/{alice}/displayname"),
        Fails("/v3/profile/{bob}/displayname", "M_FORBIDDEN"),
    ),
    Row(
        "GET /v3/presence/{userId}/status",
        Call("/v3/presence/{bob}/status"),
        Fails("/v3/presence/{mallory}/status", "M_FORBIDDEN"),
    ),
    Row(
        "PUT /v3/presence/{userId}/status",
        Call("/v3/presence/{alice}/status", {"presence": "online"}),
        Fails("/v3/presence/{bob}/status", "M_FORBIDDEN", {"presence": "online"}),
    ),
    Row(
        "GET /v3/user/{userId}/account_data/{type}",
        Call(USER + "/account_data/org.example.a"),
        Fails(USER + "/account_data/org.example.none", "M_NOT_FOUND"),
    ),
    Row(
        "PUT /v3/user/{userId}/account_data/{type}",
        Call(USER + "/account_data/org.example.b", {"x": 1}),
        Fails("/v3/user/{bob}/account_data/org.example.b", "M_FORBIDDEN", {"x": 1}),
    ),
    Row(
        "GET /v3/user/{userId}/rooms/{roomId}/account_data/{type}",
        Call(USER + "/rooms/{room}/account_data/org.example.a"),
        Fails(USER + "/rooms/{room}/account_data/org.example.none", "M_NOT_FOUND"),
    ),
    Row(
        "PUT /v3/user/{userId}/rooms/{roomId}/account_data/{type}",
        Call(USER + "/rooms/{room}/account_data/org.example.b", {"x": 1}),
        Fails(USER + "/rooms/{room}/account_data/m.fully_read", "M_BAD_JSON", {"x": 1}, status=405),
    ),
    Row(
        "GET /v3/user/{userId}/rooms/{roomId}/tags",
        Call(USER + "/rooms/{room}/tags"),
        Fails("/v3/user/{bob}/rooms/{room}/tags", "M_FORBIDDEN"),
    ),
    Row(
        "PUT /v3/user/{userId}/rooms/{roomId}/tags/{tag}",
        Call(USER + "/rooms/{room}/tags/u.work", {"order": 0.5}),
        Fails(USER + "/rooms/{room}/tags/u.work", "M_BAD_JSON", {"order": "first"}),
    ),
    Row(
        "DELETE /v3/user/{userId}/rooms/{roomId}/tags/{tag}",
        Call(USER + "/rooms/{room}/tags/u.work"),
        Fails("/v3/user/{bob}/rooms/{room}/tags/u.work", "M_FORBIDDEN"),
    ),
    Row(
        "POST /v3/user/{userId}/filter",
        Call(USER + "/filter", {"room": {"timeline": {"limit": 5}}}),
        Fails("/v3/user/{bob}/filter", "M_FORBIDDEN"),
    ),
    Row(
        "GET /v3/user/{userId}/filter/{filterId}",
        Call(USER + "/filter/{filter}"),
        Fails(USER + "/filter/12345", "M_NOT_FOUND"),
    ),
    Row(
        "POST /v3/user/{userId}/openid/request_token",
        Call(USER + "/openid/request_token"),
        Fails("/v3/user/{bob}/openid/request_token", "M_FORBIDDEN"),
    ),
    Row(
        "GET /v3/admin/whois/{userId}",
        Call("/v3/admin/whois/{alice}"),
        Fails("/v3/admin/whois/{bob}", "M_FORBIDDEN"),
    ),
    Row(
        "GET /v1/admin/lock/{userId}",
        Call("/v1/admin/lock/{bob}", by="admin"),
        Fails("/v1/admin/lock/{bob}", "M_FORBIDDEN"),
    ),
    Row(
        "PUT /v1/admin/lock/{userId}",
        Call("/v1/admin/lock/{bob}", {"locked": True}, by="admin"),
        Fails("/v1/admin/lock/{admin}", "M_FORBIDDEN", {"locked": True}, by="admin"),
    ),
    Row(
        "GET /v1/admin/suspend/{userId}",
        Call("/v1/admin/suspend/{bob}", by="admin"),
        Fails("/v1/admin/suspend/@none:test", "M_NOT_FOUND", by="admin"),
    ),
    Row(
        "PUT /v1/admin/suspend/{userId}",
        Call("/v1/admin/suspend/{bob}", {"suspended": True}, by="admin"),
        Fails("/v1/admin/suspend/{bob}", "M_FORBIDDEN", {"suspended": True}),
    ),
)

PUSH = (
    Row(
        "GET /v3/pushrules/",
        Call("/v3/pushrules/"),
        Fails("/v3/pushrules/", "M_MISSING_TOKEN", by="anonymous"),
    ),
    Row(
        "GET /v3/pushrules/global/",
        Call("/v3/pushrules/global/"),
        Fails("/v3/pushrules/global/", "M_MISSING_TOKEN", by="anonymous"),
    ),
    Row(
        "GET " + RULE,
        Call("/v3/pushrules/global/override/.m.rule.master"),
        Fails(NO_RULE, "M_NOT_FOUND"),
    ),
    Row(
        "PUT " + RULE,
        Call(OWN_RULE, {"pattern": "cake", "actions": ["notify"]}),
        Fails(OWN_RULE, "M_MISSING_PARAM", {"actions": []}),
    ),
    Row("DELETE " + RULE, Call("{rule}"), Fails(NO_RULE, "M_NOT_FOUND")),
    Row(
        "GET " + RULE + "/actions",
        Call("{rule}/actions"),
        Fails(NO_RULE + "/actions", "M_NOT_FOUND"),
    ),
    Row(
        "PUT " + RULE + "/actions",
        Call("{rule}/actions", {"actions": []}),
        Fails(NO_RULE + "/actions", "M_NOT_FOUND", {"actions": []}),
    ),
    Row(
        "GET " + RULE + "/enabled",
        Call("{rule}/enabled"),
        Fails(NO_RULE + "/enabled", "M_NOT_FOUND"),
    ),
    Row(
        "PUT " + RULE + "/enabled",
        Call("{rule}/enabled", {"enabled": False}),
        Fails(NO_RULE + "/enabled", "M_NOT_FOUND", {"enabled": False}),
    ),
    Row(
        "GET /v3/pushers",
        Call("/v3/pushers"),
        Fails("/v3/pushers", "M_MISSING_TOKEN", by="anonymous"),
    ),
    Row(
        "POST /v3/pushers/set",
        Call("/v3/pushers/set", {"kind": None, "app_id": "org.example", "pushkey": "key"}),
        Fails("/v3/pushers/set", "M_MISSING_PARAM", {"kind": "http"}),
    ),
    Row(
        "GET /v3/notifications",
        Call("/v3/notifications?limit=3"),
        Fails("/v3/notifications?limit=x", "M_INVALID_PARAM"),
    ),
)

MEDIA = (
    Row(
        "POST /_matrix/media/v3/upload",
        Call("/_matrix/media/v3/upload", b"file"),
        Fails("/_matrix/media/v3/upload", "M_MISSING_TOKEN", b"file", "anonymous"),
    ),
    Row(
        "POST /_matrix/media/v1/create",
        Call("/_matrix/media/v1/create"),
        Fails("/_matrix/media/v1/create", "M_MISSING_TOKEN", by="anonymous"),
    ),
    Row(
        "PUT /_matrix/media/v3/upload/{serverName}/{mediaId}",
        Call("/_matrix/media/v3/upload/{pending}", b"file"),
        Fails("/_matrix/media/v3/upload/{file}", "M_CANNOT_OVERWRITE_MEDIA", b"file", status=409),
    ),
    Row(
        "GET /v1/media/download/{serverName}/{mediaId}",
        Call("/v1/media/download/{file}"),
        Fails("/v1/media/download/test/none", "M_NOT_FOUND"),
    ),
    Row(
        "GET /v1/media/download/{serverName}/{mediaId}/{fileName}",
        Call("/v1/media/download/{file}/name.txt"),
        Fails("/v1/media/download/{pending}/x?timeout_ms=0", "M_NOT_YET_UPLOADED", status=504),
    ),
    Row(
        "GET /v1/media/thumbnail/{serverName}/{mediaId}",
        Call("/v1/media/thumbnail/{picture}?width=32&height=32"),
        Fails("/v1/media/thumbnail/{file}?width=32&height=32", "M_UNKNOWN"),
    ),
    Row(
        "GET /v1/media/config",
        Call("/v1/media/config"),
        Fails("/v1/media/config", "M_MISSING_TOKEN", by="anonymous"),
    ),
    Row(
        "GET /v1/media/preview_url",
        Call("/v1/media/preview_url?url=http%3A%2F%2Fexample.org%2F"),
        Fails("/v1/media/preview_url", "M_MISSING_PARAM"),
    ),
    Row(
        "GET /_matrix/media/v3/download/{serverName}/{mediaId}",
        Call("/_matrix/media/v3/download/{open}", by="anonymous"),
        Fails("/_matrix/media/v3/download/{file}", "M_NOT_FOUND", by="anonymous"),
    ),
    Row(
        "GET /_matrix/media/v3/download/{serverName}/{mediaId}/{fileName}",
        Call("/_matrix/media/v3/download/{open}/x", by="anonymous"),
        Fails("/_matrix/media/v3/download/{file}/x", "M_NOT_FOUND", by="anonymous"),
    ),
    Row(
        "GET /_matrix/media/v3/thumbnail/{serverName}/{mediaId}",
        Call("/_matrix/media/v3/thumbnail/{open}?width=32&height=32", by="anonymous"),
        Fails(
            "/_matrix/media/v3/thumbnail/{file}?width=32&height=32", "M_NOT_FOUND", by="anonymous"
        ),
    ),
    Row(
        "GET /_matrix/media/v3/config",
        Call("/_matrix/media/v3/config"),
        Fails("/_matrix/media/v3/config", "M_MISSING_TOKEN", by="anonymous"),
    ),
    Row(
        "GET /_matrix/media/v3/preview_url",
        Call("/_matrix/media/v3/preview_url?url=http%3A%2F%2Fexample.org%2F"),
        Fails("/_matrix/media/v3/preview_url?url=gopher%3A%2F%2Fx", "M_INVALID_PARAM"),
    ),
)

SYNC_AND_FACTS = (
    Row("GET /v3/sync", Call("/v3/sync?timeout=0"), Fails("/v3/sync?since=x", "M_INVALID_PARAM")),
    Row(
        "GET /v3/events",
        Call("/v3/events?timeout=0"),
        Fails("/v3/events?from=x", "M_INVALID_PARAM"),
    ),
    Row(
        "GET /v3/initialSync",
        Call("/v3/initialSync?limit=1"),
        Fails("/v3/initialSync?limit=x", "M_INVALID_PARAM"),
    ),
    Row(
        "GET /versions",
        Call("/versions", by="anonymous"),
        Fails("/versions/none", "M_UNRECOGNIZED", by="anonymous"),
    ),
    Row(
        "GET /v3/capabilities",
        Call("/v3/capabilities"),
        Fails("/v3/capabilities", "M_MISSING_TOKEN", by="anonymous"),
    ),
    Row(
        "GET /.well-known/matrix/client",
        Call("/.well-known/matrix/client", by="anonymous"),
        Fails("/.well-known/matrix/client", "M_NOT_FOUND", by="silent"),
    ),
    Row(
        "GET /.well-known/matrix/support",
        Call("/.well-known/matrix/support", by="anonymous"),
        Fails("/.well-known/matrix/support", "M_NOT_FOUND", by="silent"),
    ),
    Row(
        "GET /.well-known/matrix/policy_server",
        Call("/.well-known/matrix/policy_server", by="anonymous"),
        Fails("/.well-known/matrix/policy_server", "M_NOT_FOUND", by="silent"),
    ),
)

ROWS = (*ROOMS, *DIRECTORY, *USERS, *PUSH, *MEDIA, *SYNC_AND_FACTS)

ELSEWHERE = (
    "/v3/keys/",
    "/v3/room_keys/",
    "/v3/devices",
    "/v3/delete_devices",
    "/v3/sendToDevice",
    "/v3/login",
    "/v1/login",
    "/v3/logout",
    "/v3/refresh",
    "/v3/register",
    "/v1/register",
    "/v3/account",
    "/v1/auth_metadata",
    "/v3/voip",
    "/v1/appservice",
    "/v3/directory/list/appservice",
    "/v3/thirdparty",
)
"""Subjects that are proved elsewhere: keys, devices, accounts, calls, application services."""
