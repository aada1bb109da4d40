"""A name is asked for once, and is never an old one for long."""

from typing import Any

import pytest

from bridges.matrix import members
from bridges.matrix.members import LIFE_S, Members

ROOM, ALICE = "!room", "@alice:localhost"


def moved(user: str, type: str = "m.room.member") -> dict[str, Any]:
    return {"type": type, "room_id": ROOM, "state_key": user, "content": {}}


def test_a_name_is_forgotten_when_it_changes_and_after_an_hour() -> None:
    hands = [0.0]
    names = Members(now=lambda: hands[0])
    assert names.find(ROOM, ALICE) is None
    names.remember(ROOM, ALICE, {"displayname": "Alice"})
    names.forget_changed([moved("@bob:localhost"), moved(ALICE, "m.room.topic")])
    assert names.find(ROOM, ALICE) == {"displayname": "Alice"}
    names.forget_changed([moved(ALICE)])
    assert names.find(ROOM, ALICE) is None
    names.remember(ROOM, ALICE, {"displayname": "Alicia"})
    hands[0] = LIFE_S
    assert names.find(ROOM, ALICE) is None


def test_so_many_are_known_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_KNOWN", 2)
    names = Members()
    for user in ("a", "b", "c"):
        names.remember(ROOM, user, {"displayname": user})
    found = [names.find(ROOM, it) for it in ("a", "b", "c")]
    assert found == [None, {"displayname": "b"}, {"displayname": "c"}]
