"""Calls of sync, and of what the server says of itself."""

from tests.homeserver.client_api.calls.row import Call, Fails, Row

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
