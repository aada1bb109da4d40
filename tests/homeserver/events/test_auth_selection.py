from typing import Any

import pytest

from homeserver.events.auth_selection import auth_keys
from homeserver.events.event import StateKey
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.json_values import JsonObject
from tests.homeserver.events.rooms import ALICE, ALL, BOB

CREATE = ("m.room.create", "")
LEVELS = ("m.room.power_levels", "")
RULES = ("m.room.join_rules", "")


def keys(
    id: str, type: str, content: JsonObject | None = None, state_key: str | None = None
) -> list[StateKey]:
    """Less the create event, which test_the_create_event... is about."""
    selected = auth_keys(type, ALICE, state_key, content or {}, ROOM_VERSIONS[id])
    return [key for key in selected if key != CREATE]


def of(user: str) -> StateKey:
    return ("m.room.member", user)


@pytest.mark.parametrize("id", ALL)
def test_nothing_authorises_the_beginning(id: str) -> None:
    assert auth_keys("m.room.create", ALICE, "", {}, ROOM_VERSIONS[id]) == []


@pytest.mark.parametrize("id", ALL)
def test_the_create_event_is_selected_until_version_11(id: str) -> None:
    selected = auth_keys("m.room.message", ALICE, None, {}, ROOM_VERSIONS[id])
    assert (CREATE in selected) == (int(id) < 12)


@pytest.mark.parametrize("id", ALL)
def test_a_message_needs_power_and_membership(id: str) -> None:
    assert keys(id, "m.room.message") == [LEVELS, of(ALICE)]


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("membership", ["join", "knock"])
def test_entering_needs_the_join_rules(membership: Any, id: str) -> None:
    selected = keys(id, "m.room.member", {"membership": membership}, state_key=ALICE)
    assert selected == [LEVELS, of(ALICE), RULES]


@pytest.mark.parametrize("id", ALL)
def test_an_invite_needs_target_and_join_rules(id: str) -> None:
    selected = keys(id, "m.room.member", {"membership": "invite"}, state_key=BOB)
    assert selected == [LEVELS, of(ALICE), of(BOB), RULES]


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("membership", ["leave", "ban"])
def test_removing_needs_the_target(membership: Any, id: str) -> None:
    selected = keys(id, "m.room.member", {"membership": membership}, state_key=BOB)
    assert selected == [LEVELS, of(ALICE), of(BOB)]


@pytest.mark.parametrize("id", ALL)
def test_a_third_party_invite_needs_what_it_answers(id: str) -> None:
    content = {"membership": "invite", "third_party_invite": {"signed": {"token": "t"}}}
    selected = keys(id, "m.room.member", content, state_key=BOB)
    assert selected == [LEVELS, of(ALICE), of(BOB), RULES, ("m.room.third_party_invite", "t")]


@pytest.mark.parametrize("invite", ["x", {}, {"signed": []}, {"signed": {"token": 5}}])
def test_a_malformed_third_party_invite_needs_nothing_more(invite: Any) -> None:
    content = {"membership": "invite", "third_party_invite": invite}
    assert len(keys("12", "m.room.member", content, state_key=BOB)) == 4


@pytest.mark.parametrize("id", ALL)
def test_since_version_8_a_join_needs_whom_it_is_authorised_by(id: str) -> None:
    content = {"membership": "join", "join_authorised_via_users_server": BOB}
    selected = keys(id, "m.room.member", content, state_key=ALICE)
    assert selected == [LEVELS, of(ALICE), RULES, *([of(BOB)] if int(id) >= 8 else [])]


def test_no_place_is_selected_twice() -> None:
    content = {"membership": "join", "join_authorised_via_users_server": ALICE}
    selected = keys("12", "m.room.member", content, state_key=ALICE)
    assert len(selected) == len(set(selected))
