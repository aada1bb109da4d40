from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.events.redaction import redact
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.json_values import JsonObject
from tests.homeserver.events.rooms import ALL

ALWAYS = {
    "event_id",
    "type",
    "room_id",
    "sender",
    "state_key",
    "content",
    "hashes",
    "signatures",
    "depth",
    "prev_events",
    "auth_events",
    "origin_server_ts",
}
UNTIL_10 = {"prev_state", "origin", "membership"}
NEVER = {"unsigned", "redacts", "age_ts", "org.example.extra"}

LEVELS = {
    "ban",
    "events",
    "events_default",
    "kick",
    "redact",
    "state_default",
    "users",
    "users_default",
}
# Event type: the keys of content that survive, and since which version (None: until which).
KEPT_SINCE = {
    "m.room.member": {"membership": 1, "join_authorised_via_users_server": 9},
    "m.room.create": {"creator": 1, "room_version": 11, "m.federate": 11, "org.example.x": 11},
    "m.room.join_rules": {"join_rule": 1, "allow": 8},
    "m.room.power_levels": dict.fromkeys(LEVELS, 1) | {"invite": 11},
    "m.room.history_visibility": {"history_visibility": 1},
    "m.room.redaction": {"redacts": 11},
    "m.room.message": {},
    "m.room.topic": {},
}
EVERY_KEY = {
    "aliases": ["#a:b"],
    "body": "secret",
    "notifications": {},
    **{key: 1 for kept in KEPT_SINCE.values() for key in kept},
}


def full_pdu(type: str, content: JsonObject) -> JsonObject:
    return {
        **dict.fromkeys(ALWAYS | UNTIL_10 | NEVER, "x"),
        "type": type,
        "content": content,
    }


@pytest.mark.parametrize("id", ALL)
def test_the_top_level_keys_that_survive(id: str) -> None:
    redacted = redact(full_pdu("m.room.message", {"body": "secret"}), ROOM_VERSIONS[id])
    assert redacted.keys() == (ALWAYS | UNTIL_10 if int(id) <= 10 else ALWAYS)


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("type", KEPT_SINCE)
def test_the_content_keys_that_survive(type: str, id: str) -> None:
    redacted = redact(full_pdu(type, EVERY_KEY), ROOM_VERSIONS[id])
    if type == "m.room.create" and int(id) >= 11:
        assert redacted["content"] == EVERY_KEY
    else:
        expected = {key for key, first in KEPT_SINCE[type].items() if int(id) >= first}
        assert redacted["content"].keys() == expected


@pytest.mark.parametrize("id", ALL)
def test_aliases_survive_until_version_5(id: str) -> None:
    redacted = redact(full_pdu("m.room.aliases", EVERY_KEY), ROOM_VERSIONS[id])
    assert redacted["content"] == ({"aliases": ["#a:b"]} if int(id) <= 5 else {})


@pytest.mark.parametrize("id", ALL)
def test_of_a_third_party_invite_only_the_signed_part_survives_since_version_11(id: str) -> None:
    invite = {"display_name": "alice@example.org", "signed": {"token": "t"}}
    content = {"membership": "invite", "third_party_invite": invite}
    redacted = redact(full_pdu("m.room.member", content), ROOM_VERSIONS[id])["content"]
    if int(id) >= 11:
        assert redacted["third_party_invite"] == {"signed": {"token": "t"}}
    else:
        assert redacted == {"membership": "invite"}


@pytest.mark.parametrize(
    ("invite", "left"),
    [("no object", {}), ({"display_name": "a"}, {"third_party_invite": {}})],
)
def test_a_third_party_invite_without_signed_part_shows_nothing(
    invite: Any, left: JsonObject
) -> None:
    content = {"third_party_invite": invite}
    assert redact(full_pdu("m.room.member", content), ROOM_VERSIONS["11"])["content"] == left


@given(
    st.sampled_from(ALL),
    st.sampled_from([*KEPT_SINCE, "m.room.aliases"]),
    st.dictionaries(st.sampled_from([*EVERY_KEY, "third_party_invite"]), st.integers()),
)
def test_a_redacted_event_has_no_more_to_lose(id: str, type: str, content: JsonObject) -> None:
    pdu = full_pdu(type, content)
    original = deepcopy(pdu)
    once = redact(pdu, ROOM_VERSIONS[id])
    assert redact(once, ROOM_VERSIONS[id]) == once
    assert pdu == original
