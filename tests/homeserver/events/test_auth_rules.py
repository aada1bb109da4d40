from collections.abc import Collection, Sequence
from typing import Any

import pytest

from homeserver.events.auth_rules import check_auth_events
from homeserver.events.event import Event
from homeserver.events.problems import AuthError
from homeserver.events.room_versions import ROOM_VERSIONS
from tests.homeserver.events.rooms import ALICE, ALL, ALLOWED, BOB, CREATOR, Room, before, since

JOIN = {"membership": "join"}


@pytest.mark.parametrize("id", ALL)
def test_a_member_may_send_messages(id: str) -> None:
    assert Room.of(id, alice="join").verdict("m.room.message", {}, sender=ALICE) == ALLOWED


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("membership", ["invite", "leave", "ban", "knock"])
def test_who_is_not_in_the_room_may_send_nothing(membership: Any, id: str) -> None:
    room = Room.of(id, alice=membership)
    assert "must be in the room" in room.verdict("m.room.message", {}, sender=ALICE)
    assert "must be in the room" in room.verdict("m.room.message", {}, sender=BOB)


@pytest.mark.parametrize("id", ALL)
def test_there_is_nothing_without_a_beginning(id: str) -> None:
    room = Room(ROOM_VERSIONS[id], {})
    assert "no create event" in room.verdict("m.room.message", {})


@pytest.mark.parametrize("id", ALL)
def test_an_event_belongs_to_the_room_it_names(id: str) -> None:
    room = Room.of(id)
    assert "another room" in room.verdict("m.room.message", {}, room_id="!other:one.example")


@pytest.mark.parametrize("id", ALL)
def test_a_room_that_does_not_federate_takes_only_its_own_server(id: str) -> None:
    room = Room.of(id, create={"m.federate": False}, join_rule="public", alice="join", bob="join")
    assert room.verdict("m.room.message", {}, sender=ALICE) == ALLOWED
    assert "only open" in room.verdict("m.room.message", {}, sender=BOB)
    assert "only open" in room.verdict("m.room.member", JOIN, BOB, sender=BOB)
    assert "only open" in room.verdict("m.room.aliases", {}, "two.example", sender=BOB)


@pytest.mark.parametrize("value", [True, None, 0, "false"])
def test_a_room_federates_unless_it_says_a_plain_no(value: Any) -> None:
    room = Room.of(create={"m.federate": value}, bob="join")
    assert room.verdict("m.room.message", {}, sender=BOB) == ALLOWED


@pytest.mark.parametrize("id", before(6))
def test_until_version_5_a_server_sets_its_own_aliases_without_being_there(id: str) -> None:
    room = Room.of(id)
    assert room.verdict("m.room.aliases", {}, "two.example", sender=BOB) == ALLOWED
    assert "own aliases" in room.verdict("m.room.aliases", {}, "one.example", sender=BOB)
    assert "own aliases" in room.verdict("m.room.aliases", {}, sender=BOB)


@pytest.mark.parametrize("id", since(6))
def test_since_version_6_aliases_are_state_like_any_other(id: str) -> None:
    room = Room.of(id, bob="join")
    assert "power" in room.verdict("m.room.aliases", {}, "two.example", sender=BOB)
    assert room.verdict("m.room.aliases", {}, "two.example") == ALLOWED


@pytest.mark.parametrize("id", ALL)
def test_events_need_the_power_they_ask_for(id: str) -> None:
    levels = {"users": {ALICE: 50}, "events": {"m.room.name": 51, "m.reaction": 1}}
    room = Room.of(id, levels=levels, alice="join", bob="join")
    assert room.verdict("m.room.topic", {}, "", sender=ALICE) == ALLOWED
    assert "power" in room.verdict("m.room.name", {}, "", sender=ALICE)
    assert "power" in room.verdict("m.room.topic", {}, "", sender=BOB)
    assert room.verdict("m.reaction", {}, sender=ALICE) == ALLOWED
    assert "power" in room.verdict("m.reaction", {}, sender=BOB)


@pytest.mark.parametrize("id", ALL)
def test_the_creator_of_a_fresh_room_may_set_it_up(id: str) -> None:
    assert Room.of(id).verdict("m.room.name", {}, "") == ALLOWED


@pytest.mark.parametrize("id", ALL)
def test_state_of_a_user_is_set_by_that_user_only(id: str) -> None:
    room = Room.of(id, levels={"state_default": 0}, alice="join")
    assert room.verdict("org.example.mood", {}, ALICE, sender=ALICE) == ALLOWED
    assert "another user" in room.verdict("org.example.mood", {}, BOB, sender=ALICE)
    assert "another user" in room.verdict("org.example.mood", {}, "@", sender=ALICE)


@pytest.mark.parametrize("id", ALL)
def test_a_third_party_invite_needs_the_power_to_invite_and_no_other(id: str) -> None:
    levels = {"invite": 10, "state_default": 99, "users": {ALICE: 10}}
    room = Room.of(id, levels=levels, alice="join", bob="join")
    assert room.verdict("m.room.third_party_invite", {}, "token", sender=ALICE) == ALLOWED
    assert "invite" in room.verdict("m.room.third_party_invite", {}, "token", sender=BOB)


def redaction(room: Room, event_id: str, target: str, **fields: Any) -> Event:
    key = "content" if room.version.redacts_in_content else "redacts"
    aim = {"redacts": target}
    if key == "content":
        return room.event("m.room.redaction", aim, **fields)
    own_id = {"event_id": event_id} if room.version.chosen_event_ids else {}
    return room.event("m.room.redaction", {}, **aim, **own_id, **fields)


@pytest.mark.parametrize("id", before(3))
def test_until_version_2_redacting_needs_the_level_or_the_same_server(id: str) -> None:
    room = Room.of(id, levels={"users": {ALICE: 50}}, alice="join", bob="join")
    theirs, ours = "$mine:two.example", "$event:one.example"
    assert room.verdict_on(redaction(room, "$x:one.example", theirs, sender=ALICE)) == ALLOWED
    assert room.verdict_on(redaction(room, "$x:two.example", theirs, sender=BOB)) == ALLOWED
    assert "redact" in room.verdict_on(redaction(room, "$x:two.example", ours, sender=BOB))


@pytest.mark.parametrize("id", since(3))
def test_since_version_3_a_redaction_is_a_message_like_any_other(id: str) -> None:
    room = Room.of(id, levels={}, bob="join")
    assert room.verdict_on(redaction(room, "", "$theirs", sender=BOB)) == ALLOWED
    strict = Room.of(id, levels={"events": {"m.room.redaction": 1}}, bob="join")
    assert "power" in strict.verdict_on(redaction(strict, "", "$theirs", sender=BOB))


def verdict_on_auth_events(
    event: Event, auth_events: Sequence[Event], rejected: Collection[str] = ()
) -> str:
    try:
        check_auth_events(event, auth_events, rejected)
    except AuthError as error:
        return str(error)
    return ALLOWED


def selected(room: Room, *, create: bool | None = None) -> list[Event]:
    """The auth events of a message of the creator."""
    with_create = not room.version.room_id_is_create_hash if create is None else create
    first = [room.create] if with_create else []
    return [*first, room.state["m.room.power_levels", ""], room.state["m.room.member", CREATOR]]


@pytest.mark.parametrize("id", ALL)
def test_the_selected_auth_events_are_right(id: str) -> None:
    room = Room.of(id, levels={})
    assert verdict_on_auth_events(room.event("m.room.message", {}), selected(room)) == ALLOWED
    assert verdict_on_auth_events(room.create, []) == ALLOWED


@pytest.mark.parametrize("id", ALL)
def test_the_create_event_is_among_them_until_version_11_and_never_later(id: str) -> None:
    room = Room.of(id, levels={})
    message = room.event("m.room.message", {})
    without = verdict_on_auth_events(message, selected(room, create=False))
    with_it = verdict_on_auth_events(message, selected(room, create=True))
    if int(id) < 12:
        assert "create event" in without
        assert with_it == ALLOWED
    else:
        assert without == ALLOWED
        assert "no say" in with_it


@pytest.mark.parametrize("id", ALL)
def test_two_auth_events_for_one_place_are_one_too_many(id: str) -> None:
    room = Room.of(id, levels={})
    before = selected(room)
    again = room.put("m.room.power_levels", {})
    assert "two auth events" in verdict_on_auth_events(
        room.event("m.room.message", {}), [*before, again]
    )


@pytest.mark.parametrize("id", ALL)
def test_auth_events_that_have_no_say_are_refused(id: str) -> None:
    room = Room.of(id, levels={}, join_rule="public", alice="join")
    message = room.event("m.room.message", {})
    for extra in (
        room.state["m.room.join_rules", ""],
        room.state["m.room.member", ALICE],
        room.event("m.room.message", {}),
    ):
        assert "no say" in verdict_on_auth_events(message, [*selected(room), extra])


@pytest.mark.parametrize("id", ALL)
def test_rejected_auth_events_authorise_nothing(id: str) -> None:
    room = Room.of(id, levels={})
    auth_events = selected(room)
    rejected = {auth_events[-1].event_id}
    assert "rejected" in verdict_on_auth_events(
        room.event("m.room.message", {}), auth_events, rejected
    )


@pytest.mark.parametrize("id", ALL)
def test_auth_events_are_of_the_same_room(id: str) -> None:
    room = Room.of(id, levels={})
    stranger = room.event("m.room.member", JOIN, CREATOR, room_id="!other:one.example")
    auth_events = [*selected(room)[:-1], stranger]
    assert "another room" in verdict_on_auth_events(room.event("m.room.message", {}), auth_events)
