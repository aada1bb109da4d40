"""Redactions that take along what relates to an event."""

from typing import Any

import pytest

from homeserver.rooms.related_redactions import PORTION
from tests.people import Person, Refused, Server

WITH = "org.matrix.msc3912.with_relations"


def relates(person: Person, room: str, target: str, rel_type: str) -> str:
    relation = {"rel_type": rel_type, "event_id": target}
    content: dict[str, Any] = {"body": "x", "m.relates_to": relation}
    return person.sends_event(room, "m.room.message", content)


def redacts(person: Person, room: str, event_id: str, kinds: Any) -> str:
    path = f"/v3/rooms/{room}/redact/{event_id}/t{person.server.number()}"
    return str(person.put(path, {"reason": "why", WITH: kinds})["event_id"])


def is_redacted(person: Person, room: str, event_id: str) -> bool:
    event = person.get(f"/v3/rooms/{room}/event/{event_id}")
    return "redacted_because" in event.get("unsigned", {})


def test_the_named_kinds_of_relations_go_along(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    root = alice.sends(room, "root")
    thread = [relates(alice, room, root, "m.thread") for _ in range(PORTION + 2)]
    reference, other = relates(alice, room, root, "m.reference"), alice.sends(room, "other")

    redacts(alice, room, root, ["m.thread"])
    assert all(is_redacted(alice, room, event) for event in (root, *thread))
    assert not is_redacted(alice, room, reference)
    redacts(alice, room, root, ["*"])
    assert is_redacted(alice, room, reference) and not is_redacted(alice, room, other)
    shown = alice.get(f"/v3/rooms/{room}/event/{reference}")
    assert shown["unsigned"]["redacted_because"]["content"]["reason"] == "why"


def test_only_what_the_user_may_redact_goes_along(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    root = bob.sends(room, "root")
    own, others = relates(bob, room, root, "m.thread"), relates(alice, room, root, "m.thread")

    redacts(bob, room, root, ["m.thread"])
    assert is_redacted(bob, room, own) and not is_redacted(bob, room, others)


def test_what_is_no_list_of_kinds_is_refused(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    event = alice.sends(room, "x")
    for kinds in ("m.thread", [5], ["x"] * 101):
        with pytest.raises(Refused) as refused:
            redacts(alice, room, event, kinds)
        assert (refused.value.status, refused.value.errcode) == (400, "M_BAD_JSON")
    assert not is_redacted(alice, room, event)
