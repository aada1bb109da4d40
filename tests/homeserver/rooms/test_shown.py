"""How events look to those who may see them."""

from tests.people import JsonObject, Person, Server


def event(person: Person, room: str, event_id: str) -> JsonObject:
    return person.get(f"/v3/rooms/{room}/event/{event_id}")


def test_an_event_tells_its_age_and_the_readers_membership(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    sent = alice.sends(room, "hello")
    bob.joins(room)
    server.clock.advance(5)

    shown = event(bob, room, sent)

    assert shown["unsigned"] == {"age": 5000, "membership": "leave"}
    assert (shown["room_id"], shown["sender"]) == (room, alice.user_id)
    assert shown["content"] == {"msgtype": "m.text", "body": "hello"}


def test_a_clock_that_ran_ahead_makes_no_event_younger_than_new(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    sent = alice.sends(room, "hello")
    server.clock.now_ms = lambda: 1_000  # type: ignore[method-assign]

    assert event(alice, room, sent)["unsigned"]["age"] == 0


def test_a_state_event_tells_what_it_replaced(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    first = alice.sets(room, "m.room.topic", {"topic": "one"})
    second = alice.sets(room, "m.room.topic", {"topic": "two"})

    assert "prev_content" not in event(alice, room, first)["unsigned"]
    unsigned = event(alice, room, second)["unsigned"]
    assert unsigned["prev_content"] == {"topic": "one"}
    assert unsigned["replaces_state"] == first


def test_a_redacted_event_hides_its_content_also_where_it_was_replaced(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    first = alice.sets(room, "m.room.topic", {"topic": "secret"})
    second = alice.sets(room, "m.room.topic", {"topic": "two"})
    event(alice, room, second)

    redaction = alice.redacts(room, first)

    shown = event(alice, room, first)
    assert shown["content"] == {}
    assert shown["unsigned"]["redacted_because"]["event_id"] == redaction
    assert "secret" not in str(event(alice, room, second))


def test_a_redaction_names_its_target_in_both_places(server: Server) -> None:
    alice = server.person("alice")
    for version in ("10", "11"):
        room = alice.creates_room(room_version=version)
        sent = alice.sends(room, "secret")
        shown = event(alice, room, alice.redacts(room, sent))
        assert shown["redacts"] == shown["content"]["redacts"] == sent


def test_the_transaction_is_told_to_the_device_that_made_it(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    phone = alice.logs_in()
    sent = phone.sends(room, "hello", txn="mine")

    assert event(phone, room, sent)["unsigned"]["transaction_id"] == "mine"
    for other in (alice, bob):
        assert "transaction_id" not in event(other, room, sent)["unsigned"]
