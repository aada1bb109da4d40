"""Calls of profiles, presence, and what a user keeps."""

from tests.homeserver.client_api.calls.row import Call, Fails, Row

USER = "/v3/user/{alice}"

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
