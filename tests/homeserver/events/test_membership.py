from typing import Any

import pytest

from homeserver.events.membership import join_rule_in, membership_in
from homeserver.json_values import JsonObject
from tests.homeserver.events.rooms import ALICE, BOB, Room


def test_who_was_never_there_has_left() -> None:
    assert membership_in(Room.of().state, ALICE) == "leave"


@pytest.mark.parametrize("membership", ["join", "invite", "leave", "ban", "knock"])
def test_a_membership_is_what_the_state_says(membership: Any) -> None:
    assert membership_in(Room.of(bob=membership).state, BOB) == membership


def test_nonsense_is_no_membership() -> None:
    room = Room.of()
    room.put("m.room.member", {"membership": ["join"]}, BOB)
    assert membership_in(room.state, BOB) == "leave"


def test_a_room_is_for_the_invited_unless_it_says_otherwise() -> None:
    assert join_rule_in(Room.of().state) == "invite"
    assert join_rule_in(Room.of(join_rule="public").state) == "public"


@pytest.mark.parametrize(("content", "rule"), [({}, "invite"), ({"join_rule": 5}, None)])
def test_a_join_rule_is_a_word(content: JsonObject, rule: str | None) -> None:
    room = Room.of()
    room.put("m.room.join_rules", content)
    assert join_rule_in(room.state) == rule
