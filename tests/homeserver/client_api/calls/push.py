"""Calls of push rules, pushers and notifications."""

from tests.homeserver.client_api.calls.row import Call, Fails, Row

RULE = "/v3/pushrules/global/{kind}/{ruleId}"
OWN_RULE = "/v3/pushrules/global/content/mine"
NO_RULE = "/v3/pushrules/global/content/none"

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
