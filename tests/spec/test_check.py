import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.spec.check import DIGEST, SpecChecker, SpecMismatch
from tests.spec.slips import correct

SEND = "/_matrix/client/v3/rooms/%21room%3Aa/send/m.room.message/1"
WHOAMI = "/_matrix/client/v3/account/whoami"
DEVICE = "/_matrix/client/v3/devices/ABC"
DOWNLOAD = "/_matrix/client/v1/media/download/a/b"
STATE = "/_matrix/federation/v1/state/%21room%3Aa?event_id=%24x"


def error(errcode: str) -> dict[str, Any]:
    return {"errcode": errcode, "error": "No."}


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("PUT", SEND, 200, {"event_id": "$event"}),
        ("PUT", SEND.replace("v3", "r0"), 200, {"event_id": "$event", "more": 1}),
        ("PUT", SEND, 403, error("M_FORBIDDEN")),
        ("PUT", SEND, 403, error("ORG.EXAMPLE.REFUSED")),
        ("PUT", SEND, 500, error("M_UNKNOWN")),
        ("PUT", SEND, 429, error("M_LIMIT_EXCEEDED")),
        ("GET", SEND, 405, error("M_UNRECOGNIZED")),
        ("GET", DOWNLOAD, 200, None),
        ("GET", DOWNLOAD, 307, None),
        ("GET", DOWNLOAD, 304, None),
        ("GET", DOWNLOAD, 504, error("M_NOT_YET_UPLOADED")),
        ("HEAD", WHOAMI, 200, None),
        ("OPTIONS", WHOAMI, 204, None),
        ("DELETE", DEVICE, 401, {"flows": [{"stages": []}], "session": "x"}),
        ("DELETE", DEVICE, 401, error("M_UNKNOWN_TOKEN")),
        ("GET", STATE, 200, {"auth_chain": [], "pdus": []}),
        ("GET", STATE, 404, error("M_NOT_FOUND")),
        ("GET", "/_synapse/anything", 200, "text"),
        ("GET", "/_matrix/client/unstable/org.example/x", 409, error("ORG.EXAMPLE.X")),
        ("GET", "/index.html", 404, None),
    ],
)
def test_what_the_specification_allows(
    spec: SpecChecker, method: str, path: str, status: int, body: object
) -> None:
    spec.check(method, path, status, body)


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "complaint"),
    [
        ("PUT", SEND, 200, {}, "event_id"),
        ("PUT", SEND, 200, {"event_id": 5}, "event_id"),
        ("PUT", SEND, 200, None, "not of type"),
        ("PUT", SEND, 201, {"event_id": "$event"}, "knows only"),
        ("PUT", SEND, 304, None, "knows only"),
        ("GET", SEND, 200, {}, "no such method"),
        ("PUT", SEND, 403, None, "JSON object"),
        ("PUT", SEND, 403, {"error": "No."}, "errcode"),
        ("PUT", SEND, 403, {"errcode": "M_FORBIDDEN"}, "`error`"),
        ("PUT", SEND, 403, error("M_NOPE"), "M_NOPE"),
        ("PUT", SEND, 403, error("M_UNKNOWN_TOKEN"), "401"),
        ("PUT", SEND, 409, error("M_UNKNOWN"), "this status"),
        ("PUT", SEND, 502, error("M_FORBIDDEN"), "this status"),
        ("GET", WHOAMI, 401, {"flows": [], "session": "x"}, "user-interactive"),
        ("DELETE", DEVICE, 401, {"flows": [{}]}, "stages"),
        ("GET", STATE, 200, {"pdus": []}, "auth_chain"),
        ("GET", "/_matrix/nowhere", 404, {"reason": "none"}, "errcode"),
        ("GET", "/_synapse/nowhere", 404, error("M_NOPE"), "M_NOPE"),
    ],
)
def test_what_the_specification_forbids(
    spec: SpecChecker, method: str, path: str, status: int, body: object, complaint: str
) -> None:
    with pytest.raises(SpecMismatch, match=complaint) as refused:
        spec.check(method, path, status, body)

    assert str(refused.value).startswith(f"{method} {path} answered {status}")


def test_json_is_announced_as_json(spec: SpecChecker) -> None:
    body = {"user_id": "@alice:a"}

    spec.check("GET", WHOAMI, 200, body, {"content-type": "application/json; charset=utf-8"})
    with pytest.raises(SpecMismatch, match="text/plain"):
        spec.check("GET", WHOAMI, 200, body, {"Content-Type": "text/plain"})
    with pytest.raises(SpecMismatch, match="Content-Type"):
        spec.check("GET", WHOAMI, 200, body, {"Date": "today"})


def test_requests_to_others_are_checked(spec: SpecChecker) -> None:
    path = "/_matrix/app/v1/transactions/35"

    spec.check_request("PUT", path, {"events": []})
    with pytest.raises(SpecMismatch, match="events"):
        spec.check_request("PUT", path, {})
    with pytest.raises(SpecMismatch, match="not in the specification"):
        spec.check_request("PATCH", path, {})


def test_every_schema_of_the_digest_is_one(spec: SpecChecker) -> None:
    for operation in spec._operations.values():
        for part in [operation.get("request", {}), *operation["responses"].values()]:
            Draft202012Validator.check_schema(part.get("schema", {}))
    for schema in spec._definitions.values():
        Draft202012Validator.check_schema(schema)


def test_events_sent_to_other_servers_need_no_origin(spec: SpecChecker) -> None:
    event = {
        "type": "m.room.member",
        "state_key": "@alice:a",
        "sender": "@alice:a",
        "origin_server_ts": 1,
        "content": {"membership": "join"},
    }

    spec.check_request("PUT", "/_matrix/federation/v2/send_join/%21room%3Aa/%24event", event)


def test_an_exception_that_the_specification_needs_no_longer_is_noticed() -> None:
    digest = json.loads(DIGEST.read_bytes())
    correct(digest)

    with pytest.raises(ValueError, match="has corrected"):
        correct(digest)
