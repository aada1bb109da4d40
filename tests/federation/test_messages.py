"""What is said in a room that two servers share."""

from urllib.parse import quote

import pytest

from tests.federation.people import Person, room_path
from tests.people import Refused
from tests.verbs import JsonObject


def test_a_conversation_keeps_its_order(alice: Person, bob: Person, room: str) -> None:
    said = []
    for number in range(6):
        speaker, hearer = (alice, bob) if number % 2 else (bob, alice)
        said.append(speaker.sends(room, f"Line {number}"))
        hearer.sees(room, said[-1])

    assert said == [one for one in alice.heard(room) if one in said]
    assert said == [one for one in bob.heard(room) if one in said]


def test_both_may_speak_at_once(alice: Person, bob: Person, room: str) -> None:
    said = [person.sends(room, f"{number}") for number in range(10) for person in (alice, bob)]

    for event_id in said:
        alice.sees(room, event_id)
        bob.sees(room, event_id)


def test_an_edit_replaces_what_was_said(alice: Person, bob: Person, room: str) -> None:
    for speaker, hearer in ((alice, bob), (bob, alice)):
        said = speaker.sends(room, "Helo")
        edit = speaker.sends_event(room, "m.room.message", replacement(said, "Hello"))
        hearer.sees(room, edit)

        bundled = relations(hearer, room, said)["m.replace"]
        assert bundled["event_id"] == edit
        assert bundled["content"]["m.new_content"]["body"] == "Hello"


def test_reactions_are_counted_by_both(alice: Person, bob: Person, room: str) -> None:
    said = alice.sends(room, "Cake?")
    bob.sees(room, said)
    reactions = {person.reacts(room, said, "🍰") for person in (alice, bob)}

    for person in (alice, bob):
        for reaction in reactions:
            person.sees(room, reaction)
        path = f"/v1/rooms/{quote(room)}/relations/{quote(said)}/m.annotation"
        assert {event["event_id"] for event in person.get(path)["chunk"]} == reactions


def test_what_is_redacted_is_gone_on_both_sides(alice: Person, bob: Person, room: str) -> None:
    for speaker, hearer in ((alice, bob), (bob, alice)):
        said = speaker.sends(room, "A secret")
        hearer.sees(room, said)

        redaction = speaker.redacts(room, said)

        hearer.sees(room, redaction)
        assert hearer.get(room_path(room, "event", said))["content"] == {}
        assert speaker.get(room_path(room, "event", said))["content"] == {}


def test_a_moderator_redacts_what_a_guest_said(alice: Person, bob: Person, room: str) -> None:
    said = bob.sends(room, "Something rude")
    alice.sees(room, said)

    bob.sees(room, alice.redacts(room, said))

    assert bob.get(room_path(room, "event", said))["content"] == {}


def test_a_guest_does_not_redact_what_the_host_said(alice: Person, bob: Person, room: str) -> None:
    said = alice.sends(room, "The rules of the house")
    bob.sees(room, said)

    with pytest.raises(Refused) as refused:
        bob.redacts(room, said)

    assert refused.value.status == 403
    assert alice.get(room_path(room, "event", said))["content"]["body"]


def test_a_thread_is_the_same_for_both(alice: Person, bob: Person, room: str) -> None:
    root = alice.sends(room, "About the picnic")
    bob.sees(room, root)
    relation = {"rel_type": "m.thread", "event_id": root}
    answers = []
    for speaker, hearer in ((bob, alice), (alice, bob)):
        answers.append(speaker.sends_related(room, "Yes", relation))
        hearer.sees(room, answers[-1])

    for person in (alice, bob):
        thread = relations(person, room, root)["m.thread"]
        assert (thread["count"], thread["latest_event"]["event_id"]) == (2, answers[-1])
        listed = person.get(f"/v1/rooms/{quote(room)}/threads")["chunk"]
        assert [event["event_id"] for event in listed] == [root]


def test_names_and_topics_change_for_both(alice: Person, bob: Person, room: str) -> None:
    event_id = alice.sets(room, "m.room.name", {"name": "The garden"})

    bob.sees(room, event_id)

    assert bob.state(room, "m.room.name") == {"name": "The garden"}


def test_a_new_display_name_is_seen_by_both(alice: Person, bob: Person, room: str) -> None:
    for one, other in ((alice, bob), (bob, alice)):
        one.put(f"/v3/profile/{quote(one.user_id)}/displayname", {"displayname": "Nick"})

        other.sees_content(room, "m.room.member", one.user_id, displayname="Nick")


def test_events_with_odd_content_pass_unchanged(alice: Person, bob: Person, room: str) -> None:
    content = {
        "body": '🏳️‍🌈 \u0000\u001f \u2028 é e\u0301 \\ " / <b>',
        "numbers": [0, -1, 2**53 - 1, -(2**53) + 1],
        "nested": {"ключ": [None, True, False, {}, []], "": ""},
    }
    for speaker, hearer in ((alice, bob), (bob, alice)):
        event_id = speaker.sends_event(room, "org.example.odd", content)
        assert hearer.sees(room, event_id)["content"] == content


def replacement(event_id: str, text: str) -> JsonObject:
    return {
        "msgtype": "m.text",
        "body": f"* {text}",
        "m.new_content": {"msgtype": "m.text", "body": text},
        "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
    }


def relations(person: Person, room: str, event_id: str) -> JsonObject:
    """What is bundled with an event."""
    event = person.get(room_path(room, "event", event_id))
    found: JsonObject = event.get("unsigned", {}).get("m.relations", {})
    return found
