import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.events.hashes import (
    content_hash,
    event_id_from_hash,
    event_id_of,
    has_content_hash,
    reference_hash,
)
from homeserver.events.redaction import redact
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.json_values import JsonObject
from tests.homeserver.events.rooms import ALL, before, pdu, since

V1, V3, V4 = ROOM_VERSIONS["1"], ROOM_VERSIONS["3"], ROOM_VERSIONS["4"]
json_objects = st.dictionaries(st.text("abc"), st.integers(0, 9) | st.text("xyz"))

# Spec: Appendices, "Cryptographic Test Vectors", "Event Signing".
MINIMAL = {
    "room_id": "!x:domain",
    "sender": "@a:domain",
    "origin": "domain",
    "origin_server_ts": 1000000,
    "signatures": {},
    "hashes": {},
    "type": "X",
    "content": {},
    "prev_events": [],
    "auth_events": [],
    "depth": 3,
    "unsigned": {"age_ts": 1000000},
}
REDACTABLE = {
    "content": {"body": "Here is the message content"},
    "event_id": "$0:domain",
    "origin": "domain",
    "origin_server_ts": 1000000,
    "type": "m.room.message",
    "room_id": "!r:domain",
    "sender": "@u:domain",
    "signatures": {},
    "unsigned": {"age_ts": 1000000},
}


def test_the_content_hashes_of_the_spec() -> None:
    assert content_hash(MINIMAL, V1) == "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos"
    assert content_hash(REDACTABLE, V1) == "onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g"


@given(st.sampled_from(ALL), json_objects, json_objects, json_objects)
def test_hashes_do_not_cover_what_other_servers_may_add(
    id: str, content: JsonObject, unsigned: JsonObject, signatures: Any
) -> None:
    version = ROOM_VERSIONS[id]
    bare = pdu(version, "m.room.message", content)
    carried = {**bare, "unsigned": unsigned, "signatures": {"else.where": signatures}}
    assert content_hash(carried, version) == content_hash(bare, version)
    assert reference_hash(carried, version) == reference_hash(bare, version)


@given(st.sampled_from(ALL), json_objects)
def test_an_event_keeps_its_id_when_it_is_redacted(id: str, content: JsonObject) -> None:
    version = ROOM_VERSIONS[id]
    whole = pdu(version, "m.room.message", content)
    assert event_id_of(redact(whole, version), version) == event_id_of(whole, version)


@pytest.mark.parametrize("id", ALL)
def test_a_changed_word_is_noticed(id: str) -> None:
    version = ROOM_VERSIONS[id]
    sent = pdu(version, "m.room.message", {"body": "yes"})
    sent["hashes"] = {"sha256": content_hash(sent, version)}
    assert has_content_hash(sent, version)
    assert not has_content_hash({**sent, "content": {"body": "no"}}, version)
    for wrong in ("none", {}, {"sha256": 5}, {"sha256": "***"}):
        assert not has_content_hash({**sent, "hashes": wrong}, version)


def test_a_content_hash_may_be_padded() -> None:
    version = ROOM_VERSIONS["12"]
    sent = pdu(version, "m.room.message", {"body": "yes"})
    sent["hashes"] = {"sha256": content_hash(sent, version) + "="}
    assert has_content_hash(sent, version)


@pytest.mark.parametrize("id", before(3))
def test_versions_1_and_2_name_events_themselves(id: str) -> None:
    version = ROOM_VERSIONS[id]
    assert event_id_of({**REDACTABLE}, version) == "$0:domain"


def test_version_3_spells_hashes_in_standard_base64_and_version_4_for_urls() -> None:
    assert event_id_from_hash(b"\xff" * 32, V3) == "$" + "/" * 42 + "8"
    assert event_id_from_hash(b"\xff" * 32, V4) == "$" + "_" * 42 + "8"


@pytest.mark.parametrize("id", since(4))
def test_an_event_id_is_a_hash_of_43_letters(id: str) -> None:
    version = ROOM_VERSIONS[id]
    event_id = event_id_of(pdu(version, "m.room.message", {}), version)
    assert re.fullmatch(r"\$[A-Za-z0-9_-]{43}", event_id)
