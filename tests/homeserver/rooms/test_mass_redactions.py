"""Who is put out with all that he said: nobody reads it any more."""

from collections.abc import Callable

import pytest

from homeserver.rooms.mass_redactions import MassRedactions
from tests.homeserver.rooms.incoming.test_receiving import forge, text
from tests.homeserver.rooms.test_joining import refusal
from tests.linked_servers import LinkedServer
from tests.people import Person, Server

UNREDACTED = {"fi.mau.msc2815.include_unredacted_content": True}


@pytest.fixture
def talk(server: Server) -> tuple[Person, Person, str]:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    return alice, bob, room


Talk = tuple[Person, Person, str]


def is_gone(person: Person, room: str, event_id: str) -> bool:
    event = person.get(f"/v3/rooms/{room}/event/{event_id}")
    return "redacted_because" in event["unsigned"]


@pytest.mark.parametrize("flag", ["redact_events", "org.matrix.msc4293.redact_events"])
@pytest.mark.parametrize("verb", ["kick", "ban"])
def test_all_that_was_said_goes_with_who_said_it(talk: Talk, verb: str, flag: str) -> None:
    alice, bob, room = talk
    spam = [bob.sends(room, "spam") for _ in range(3)]
    kept = alice.sends(room, "stop it")

    body = {"user_id": bob.user_id, "reason": "spam", flag: True}
    alice.post(f"/v3/rooms/{room}/{verb}", body)

    assert all(is_gone(alice, room, event_id) for event_id in spam)
    assert not is_gone(alice, room, kept)
    shown = alice.get(f"/v3/rooms/{room}/event/{spam[0]}")
    assert shown["content"] == {}
    assert shown["unsigned"]["redacted_because"]["content"]["reason"] == "spam"


def test_an_earlier_stay_is_left_alone(talk: Talk) -> None:
    alice, bob, room = talk
    before = bob.sends(room, "long ago")
    bob.leaves(room)
    bob.joins(room)
    first = bob.sends(room, "spam")
    bob.put(f"/v3/profile/{bob.user_id}/displayname", {"displayname": "Not Bob"})
    second = bob.sends(room, "spam")

    alice.post(f"/v3/rooms/{room}/ban", {"user_id": bob.user_id, "redact_events": True})

    assert [is_gone(alice, room, it) for it in (before, first, second)] == [False, True, True]


def test_it_takes_the_power_to_redact(talk: Talk) -> None:
    alice, bob, room = talk
    levels = alice.state(room, "m.room.power_levels")
    alice.sets(room, "m.room.power_levels", {**levels, "users": {bob.user_id: 50}, "redact": 60})
    said = alice.sends(room, "hello")
    carol = alice.server.person("carol")
    carol.joins(room)
    spam = carol.sends(room, "spam")

    bob.post(f"/v3/rooms/{room}/ban", {"user_id": carol.user_id, "redact_events": True})

    assert not is_gone(alice, room, spam)
    assert not is_gone(alice, room, said)


def test_who_leaves_himself_takes_nothing_along(talk: Talk) -> None:
    alice, bob, room = talk
    said = bob.sends(room, "hello")

    bob.sets(room, "m.room.member", {"membership": "leave", "redact_events": True}, bob.user_id)

    assert not is_gone(alice, room, said)


def test_much_is_redacted_in_portions(talk: Talk) -> None:
    alice, bob, room = talk
    spam = [bob.sends(room, str(number)) for number in range(320)]

    alice.post(f"/v3/rooms/{room}/ban", {"user_id": bob.user_id, "redact_events": True})

    assert is_gone(alice, room, spam[0]) and is_gone(alice, room, spam[-1])


def test_what_comes_too_late_is_hidden_too(pair: list[LinkedServer]) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    late = forge(b, room, "@bob:b", text("spam"))
    alice.post(f"/v3/rooms/{room}/ban", {"user_id": "@bob:b", "redact_events": True})

    b.sends_pdus("a", late.pdu)

    assert a.stored(late.event_id).redaction is not None


def test_moderators_look_at_what_was_redacted(talk: Talk) -> None:
    alice, bob, room = talk
    said = bob.sends(room, "unkind words")
    bob.redacts(room, said)
    path = f"/v3/rooms/{room}/event/{said}"

    shown = alice.get(path, **UNREDACTED)

    assert shown["content"]["body"] == "unkind words"
    assert "redacted_because" in shown["unsigned"]
    assert alice.get(path)["content"] == {}
    query = "?fi.mau.msc2815.include_unredacted_content=true"
    assert refusal(bob, "GET", path + query) == (403, "M_FORBIDDEN")


def test_work_that_a_crash_cut_off_goes_on(
    start_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server()
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    spam = bob.sends(room, "spam")
    with monkeypatch.context() as patched:
        patched.setattr(MassRedactions, "wake", lambda _: None)
        alice.post(f"/v3/rooms/{room}/ban", {"user_id": bob.user_id, "redact_events": True})
    assert not is_gone(alice, room, spam)

    alice.server = start_server()
    alice.server.app.sending.mass_redactions.wake()

    assert is_gone(alice, room, spam)
