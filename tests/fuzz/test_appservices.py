"""What a bridge that has gone mad asks for: it has a token, and may do a great deal with it."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.clients.started_server import started_homeserver
from tests.fuzz.effort import EFFORT
from tests.fuzz.inputs import NOT_JSON_OBJECTS, fields_for, ids, numbers, texts, values
from tests.fuzz.test_paths import encoded
from tests.fuzz.wire import Answer, Wire
from tests.spec.check import SpecChecker

AS_TOKEN = "the token of a mad bridge"
CLIENT = "/_matrix/client"
BATCH = CLIENT + "/unstable/com.beeper.backfill/rooms/{}/batch_send"
DELETE = CLIENT + "/unstable/com.beeper.yeet/rooms/{}/delete"
PING = CLIENT + "/v1/appservice/{}/ping"
REGISTRATION = {
    "id": "mad",
    "url": None,
    "as_token": AS_TOKEN,
    "hs_token": "another",
    "sender_localpart": "_mad_bot",
    "namespaces": {"users": [{"regex": "@_mad_.*", "exclusive": True}]},
}


class Bridge:
    def __init__(self, base_url: str) -> None:
        self._wire = Wire(base_url, SpecChecker.load())
        room = self.ask("POST", f"{CLIENT}/v3/createRoom", {"preset": "public_chat"})
        self.room_id = str(room.json["room_id"])

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        return self._wire.ask(method, path, body, AS_TOKEN)


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    folder: Path = tmp_path_factory.mktemp("mad")
    file = folder / "mad.yaml"
    file.write_text(yaml.safe_dump(REGISTRATION))
    database = {"engine": "sqlite", "path": str(folder / "homeserver.db")}
    with started_homeserver(folder, database, appservice_config_files=[str(file)]) as server:
        yield Bridge(server.base_url)


past_events = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["m.room.message", "m.room.redaction", "m.reaction"]) | texts,
        "sender": st.sampled_from(["@_mad_bot:localhost", "@_mad_x:localhost"]) | ids,
        "content": values,
        "origin_server_ts": numbers,
    },
    optional={"state_key": texts, "redacts": ids, "event_id": ids},
)
batches = st.fixed_dictionaries(
    {"events": st.lists(past_events, max_size=4) | values},
    optional={
        "forward": st.booleans() | values,
        "forward_if_no_messages": st.booleans() | values,
        "send_notification": st.booleans() | values,
        "mark_read_by": ids | values,
    },
)


@EFFORT
@given(batch=batches)
def test_any_batch_is_answered(bridge: Bridge, batch: Any) -> None:
    bridge.ask("POST", BATCH.format(bridge.room_id), batch)


@pytest.mark.parametrize("flaw", NOT_JSON_OBJECTS)
def test_what_is_no_json_object_is_no_batch(bridge: Bridge, flaw: str) -> None:
    answer = bridge.ask("POST", BATCH.format(bridge.room_id), NOT_JSON_OBJECTS[flaw])

    assert answer.refused, f"{flaw}: {answer}"


@EFFORT
@given(name=ids)
def test_any_name_is_answered(bridge: Bridge, name: str) -> None:
    named = encoded([("", name)])[1:]
    for path in (BATCH, DELETE, PING):
        answer = bridge.ask("POST", path.format(named), {"events": []})
        assert answer.refused, f"{path} {name!r}: {answer}"


ROOM_FIELDS = [
    "com.beeper.initial_members",
    "com.beeper.auto_join_invites",
    "com.beeper.local_room_id",
    "invite",
    "room_version",
]


@EFFORT
@given(wish=fields_for(ROOM_FIELDS))
def test_any_wish_for_a_room_is_answered(bridge: Bridge, wish: Any) -> None:
    bridge.ask("POST", f"{CLIENT}/v3/createRoom", wish)


@EFFORT
@given(
    query=st.lists(
        st.tuples(
            st.sampled_from(["user_id", "device_id", "org.matrix.msc3202.device_id", "ts"]),
            ids | numbers.map(str),
        ),
        max_size=4,
    )
)
def test_any_mask_is_answered(bridge: Bridge, query: list[tuple[str, str]]) -> None:
    path = f"{CLIENT}/v3/rooms/{bridge.room_id}/send/m.room.message/{secrets.token_hex(8)}"

    bridge.ask("PUT", f"{path}?{encoded(query)}", {"msgtype": "m.text", "body": "who am I?"})


@EFFORT
@given(body=fields_for(["type", "username", "inhibit_login", "device_id"]))
def test_any_registration_is_answered(bridge: Bridge, body: Any) -> None:
    login = {"type": "m.login.application_service"}

    bridge.ask("POST", f"{CLIENT}/v3/register", {**body, **login})
    bridge.ask("POST", f"{CLIENT}/v3/login", {**body, **login})
