"""What is known of encrypted rooms, what was sealed, and what waits for its key."""

from typing import Any

import pytest

from bridges.storage import outbox, secrecy
from tests.bridges.storage.conftest import Write

ROOM, OTHER = "!secret", "!other"


def state(type: str, key: str = "", room: str = ROOM, **content: Any) -> dict[str, Any]:
    return {"room_id": room, "type": type, "state_key": key, "content": content}


def encrypted(id: str, room: str = ROOM) -> dict[str, Any]:
    return {"event_id": id, "room_id": room, "type": "m.room.encrypted", "content": {}}


def test_only_the_state_of_encrypted_rooms_is_noted(write: Write) -> None:
    member = state("m.room.member", "@alice", membership="join")
    assert write(secrecy.note, [member]) == set()
    assert write(secrecy.note, [state(secrecy.ENCRYPTION, algorithm="m"), member]) == {ROOM}
    assert write(secrecy.note, [state("m.room.member", "@bob", OTHER)]) == set()
    assert write(secrecy.rooms) == [ROOM]
    kinds = [it["type"] for it in write(secrecy.facts, ROOM)]
    assert sorted(kinds) == [secrecy.ENCRYPTION, "m.room.member"]


def test_the_last_word_counts(write: Write) -> None:
    write(secrecy.note, [state(secrecy.ENCRYPTION, algorithm="m")])
    for membership in ("join", "leave"):
        write(secrecy.note, [state("m.room.member", "@alice", membership=membership)])
    (member,) = (it for it in write(secrecy.facts, ROOM) if it["state_key"] == "@alice")
    assert member["content"] == {"membership": "leave"}


def test_what_is_learned_takes_the_place_of_what_was_noted(write: Write) -> None:
    write(secrecy.note, [state(secrecy.ENCRYPTION), state("m.room.member", "@gone")])
    assert not write(secrecy.is_learned, ROOM)
    write(secrecy.learn, ROOM, [state(secrecy.ENCRYPTION)])
    assert write(secrecy.is_learned, ROOM)
    assert [it["state_key"] for it in write(secrecy.facts, ROOM)] == [""]


def test_what_was_sealed_stays_as_it_was_until_it_is_old(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrecy, "KEPT_SEALED", 2)
    for number in range(3):
        write(secrecy.keep_sealed, ROOM, f"t{number}", {"ciphertext": number})
    write(secrecy.keep_sealed, ROOM, "t2", {"ciphertext": "another"})
    assert write(secrecy.find_sealed, ROOM, "t2") == {"ciphertext": 2}
    assert write(secrecy.find_sealed, OTHER, "t2") is None
    assert write(secrecy.find_sealed, ROOM, "t0") is None


def test_what_waits_for_a_key_comes_back_with_it(write: Write) -> None:
    events = [encrypted("$1"), encrypted("$2"), encrypted("$3", OTHER)]
    write(outbox.add_departures, "t", events)
    for room, session in ((ROOM, "first"), (ROOM, "second"), (OTHER, "first")):
        write(secrecy.put_aside, write(outbox.next_departure, room), session)
    assert write(outbox.rooms_waiting) == []
    assert sorted(write(secrecy.rooms_with_unread)) == sorted([ROOM, OTHER])

    write(secrecy.bring_back, ROOM, "first")
    assert write(outbox.next_departure, ROOM).event == events[0]
    assert write(outbox.next_departure, OTHER) is None
    write(secrecy.bring_back, ROOM)
    assert write(secrecy.note_notice, "$1", "$why")
    assert write(secrecy.forget_unread, "$1") == "$why"
    assert not write(secrecy.note_notice, "$1", "$why")
    assert not write(secrecy.is_unread, "$1")
    assert write(secrecy.is_unread, "$2")


def test_who_waits_is_told_once(write: Write) -> None:
    write(outbox.add_departures, "t", [encrypted("$1")])
    assert not write(secrecy.take_telling, "$1")
    write(secrecy.put_aside, write(outbox.next_departure, ROOM), "first")
    assert write(secrecy.take_telling, "$1")
    assert not write(secrecy.take_telling, "$1")
