"""Whatever somebody says in a room, the room still works."""

import secrets
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.effort import EFFORT
from tests.fuzz.inputs import fields_for, ids, texts, values
from tests.fuzz.town import CLIENT, Town

NOT_CANONICAL = [b"1.5", b"1e-7", b"9007199254740992", b"-9007199254740992", b"1e400", b"1" * 400]

KNOWN_FIELDS = {
    "m.room.power_levels": ["users", "events", "users_default", "ban", "state_default", "invite"],
    "m.room.join_rules": ["join_rule", "allow"],
    "m.room.member": ["membership", "displayname", "avatar_url", "third_party_invite"],
    "m.room.history_visibility": ["history_visibility"],
    "m.room.canonical_alias": ["alias", "alt_aliases"],
    "m.room.name": ["name"],
    "m.room.topic": ["topic", "m.topic"],
    "m.room.avatar": ["url", "info"],
    "m.room.create": ["room_version", "type", "predecessor", "additional_creators"],
    "m.room.tombstone": ["replacement_room", "body"],
    "m.room.third_party_invite": ["public_key", "public_keys", "key_validity_url"],
    "m.room.server_acl": ["allow", "deny", "allow_ip_literals"],
    "m.room.guest_access": ["guest_access"],
    "m.room.encryption": ["algorithm"],
    "m.space.child": ["via", "order"],
}

READS = [
    "/rooms/{room}/state",
    "/rooms/{room}/members",
    "/rooms/{room}/joined_members",
    "/rooms/{room}/messages?dir=b&limit=50",
    "/sync?timeout=0&filter={filter}",
    "/joined_rooms",
]


@pytest.mark.parametrize("number", NOT_CANONICAL)
def test_numbers_that_events_cannot_hold_are_refused(town: Town, number: bytes) -> None:
    path = f"{CLIENT}/rooms/{town.room_id}/send/m.room.message/{secrets.token_hex(8)}"

    answer = town.alice.ask("PUT", path, b'{"body": "x", "n": [{"m": ' + number + b"}]}")

    assert (answer.status, answer.errcode[:6]) == (400, "M_BAD_") or answer.errcode == "M_NOT_JSON"


def test_an_event_that_is_too_large_is_refused(town: Town) -> None:
    path = f"{CLIENT}/rooms/{town.room_id}/send/m.room.message/{secrets.token_hex(8)}"

    answer = town.alice.ask("PUT", path, {"body": "a" * 66_000})

    assert (answer.status, answer.errcode) == (413, "M_TOO_LARGE")


@EFFORT
@given(st.data())
def test_any_message_leaves_the_room_readable(town: Town, data: Any) -> None:
    type = data.draw(st.sampled_from(["m.room.message", "m.reaction", "m.room.encrypted"]) | texts)
    relation = fields_for(["rel_type", "event_id", "key", "is_falling_back", "m.in_reply_to"])
    fields = ["body", "msgtype", "m.mentions", "m.new_content", "format"]
    content = data.draw(fields_for(fields), label="content")
    content["m.relates_to"] = data.draw(values | relation, label="relation")
    room_id = town.mallory.creates_room()

    path = f"{CLIENT}/rooms/{room_id}/send/{escaped(type)}/{secrets.token_hex(8)}"
    town.mallory.ask("PUT", path, content)

    assert_readable(town, room_id)


@EFFORT
@given(st.data())
def test_any_state_leaves_the_room_readable(town: Town, data: Any) -> None:
    type = data.draw(st.sampled_from(sorted(KNOWN_FIELDS)), label="type")
    content = data.draw(fields_for(KNOWN_FIELDS[type]), label="content")
    state_key = data.draw(st.just("") | st.just(town.mallory.user_id) | ids, label="state key")
    room_id = town.mallory.creates_room()

    path = f"{CLIENT}/rooms/{room_id}/state/{type}/{escaped(state_key)}"
    town.mallory.ask("PUT", path, content)

    assert_readable(town, room_id)


@EFFORT
@given(st.data())
def test_any_wish_for_a_room_is_answered(town: Town, data: Any) -> None:
    wishes = ["name", "topic", "invite", "preset", "visibility", "room_version", "initial_state"]
    wishes += ["creation_content", "power_level_content_override", "room_alias_name", "is_direct"]

    body = data.draw(fields_for(wishes), label="body")
    answer = town.mallory.ask("POST", f"{CLIENT}/createRoom", body)

    if answer.status == 200:
        town.mallory.does("GET", "/joined_rooms")


def assert_readable(town: Town, room_id: str) -> None:
    only_this = escaped(f'{{"room": {{"rooms": ["{room_id}"]}}}}')
    for path in READS:
        town.mallory.does("GET", path.format(room=room_id, filter=only_this))


def escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")
