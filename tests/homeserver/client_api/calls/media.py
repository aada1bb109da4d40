"""Calls of media."""

from tests.homeserver.client_api.calls.row import Call, Fails, Row

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
