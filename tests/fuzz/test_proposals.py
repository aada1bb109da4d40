"""Endpoints and parameters of proposals, which the digest of the specification does not know."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.effort import EFFORT
from tests.fuzz.inputs import NOT_JSON_OBJECTS, fields_for, ids, numbers, texts, values
from tests.fuzz.test_paths import encoded
from tests.fuzz.town import Town

CLIENT = "/_matrix/client"
OLD_DELAYS = CLIENT + "/unstable/org.matrix.msc4140"
SUBSCRIPTION = CLIENT + "/unstable/io.element.msc4306/rooms/{room}/thread/{event}/subscription"
ADMIN = "/_synapse/admin/v1"

WITH_BODY = (
    ("PUT", CLIENT + "/v3/rooms/{room}/delayed_event/m.room.message/{x}"),
    ("PUT", OLD_DELAYS + "/rooms/{room}/delayed_event/m.room.redaction/{x}"),
    ("POST", OLD_DELAYS + "/delayed_events/{x}"),
    ("PUT", SUBSCRIPTION),
    ("POST", ADMIN + "/send_server_notice"),
    ("PUT", ADMIN + "/send_server_notice/{x}"),
)
WITHOUT_BODY = (
    ("POST", CLIENT + "/v1/delayed_events/{x}/{y}"),
    ("POST", OLD_DELAYS + "/delayed_events/{x}/{y}"),
    ("GET", CLIENT + "/v1/delayed_events/{x}"),
    ("GET", SUBSCRIPTION),
    ("DELETE", SUBSCRIPTION),
    ("GET", CLIENT + "/unstable/org.matrix.msc1763/retention/configuration"),
    ("GET", CLIENT + "/unstable/im.nheko.summary/summary/{x}"),
    ("GET", CLIENT + "/unstable/im.nheko.summary/rooms/{x}/summary"),
    ("POST", ADMIN + "/media/quarantine/{x}/{y}"),
    ("POST", ADMIN + "/user/{x}/media/quarantine"),
    ("POST", ADMIN + "/room/{x}/media/quarantine"),
)
FIELDS = ["delay_ms", "delay", "content", "state_key", "action", "automatic", "user_id", "type"]
QUERIED = (
    (CLIENT + "/v1/delayed_events", ["from", "dir", "status", "from_ts", "to_ts", "room_id"]),
    (CLIENT + "/unstable/io.element.msc4308/thread_subscriptions", ["from", "to", "dir", "limit"]),
    (
        CLIENT + "/v3/rooms/{room}/event/{event}",
        ["fi.mau.msc2815.include_unredacted_content"],
    ),
    (
        CLIENT + "/unstable/uk.half-shot.msc2666/user/mutual_rooms",
        ["user_id", "batch_token"],
    ),
)
SENDING = [
    "org.matrix.msc4140.delay",
    "org.matrix.msc4354.sticky_duration_ms",
    "sticky_duration_ms",
    "ts",
]


def filled(town: Town, path: str, x: str = "x", y: str = "y") -> str:
    parts = {"{room}": town.room_id, "{event}": town.event_id, "{x}": x, "{y}": y}
    for name, value in parts.items():
        path = path.replace(name, encoded([("", value)])[1:].replace("+", "%20"))
    return path


@pytest.mark.parametrize("flaw", NOT_JSON_OBJECTS)
def test_what_is_no_json_object_is_refused(town: Town, flaw: str) -> None:
    for method, path in WITH_BODY:
        answer = town.mallory.ask(method, filled(town, path), NOT_JSON_OBJECTS[flaw])
        assert answer.refused, f"{method} {path} took {flaw}: {answer}"


@EFFORT
@given(endpoint=st.sampled_from(WITH_BODY), body=fields_for(FIELDS), x=texts)
def test_any_body_is_answered(town: Town, endpoint: tuple[str, str], body: Any, x: str) -> None:
    method, path = endpoint
    town.mallory.ask(method, filled(town, path, x), body)


@EFFORT
@given(endpoint=st.sampled_from(WITHOUT_BODY), x=ids, y=texts)
def test_any_name_is_answered(town: Town, endpoint: tuple[str, str], x: str, y: str) -> None:
    method, path = endpoint
    town.mallory.ask(method, filled(town, path, x, y))


@EFFORT
@given(
    endpoint=st.sampled_from(QUERIED),
    pairs=st.lists(st.tuples(st.integers(0, 5), ids | numbers.map(str)), max_size=4),
)
def test_any_query_is_answered(
    town: Town, endpoint: tuple[str, list[str]], pairs: list[tuple[int, str]]
) -> None:
    path, names = endpoint
    query = [(names[which % len(names)], value) for which, value in pairs]
    town.mallory.ask("GET", f"{filled(town, path)}?{encoded(query)}")


@EFFORT
@given(
    pairs=st.lists(st.tuples(st.sampled_from(SENDING), ids | numbers.map(str)), max_size=3),
    content=values,
)
def test_any_way_of_sending_is_answered(
    town: Town, pairs: list[tuple[str, str]], content: Any
) -> None:
    for way in ("send/m.room.message/x", "state/com.example.fuzz/x"):
        path = f"{CLIENT}/v3/rooms/{{room}}/{way}"
        town.mallory.ask("PUT", f"{filled(town, path)}?{encoded(pairs)}", {"x": content})
