from typing import Any

import pytest

from homeserver.users import tags
from tests.people import Refused, Server

ROOM = "/v3/user/@alice:test/rooms/!room:test"


def test_a_room_has_tags_which_are_account_data_too(server: Server) -> None:
    alice = server.person("alice")

    alice.put(f"{ROOM}/tags/m.favourite", {"order": 0.25})
    alice.put(f"{ROOM}/tags/u.work", {})
    alice.put(f"{ROOM}/tags/u.gone", {"order": 1})
    alice.delete(f"{ROOM}/tags/u.gone")
    alice.delete(f"{ROOM}/tags/u.never")

    expected = {"tags": {"m.favourite": {"order": 0.25}, "u.work": {}}}
    assert alice.get(f"{ROOM}/tags") == expected
    assert alice.get(f"{ROOM}/account_data/m.tag") == expected


def test_tags_are_only_for_their_owner(server: Server) -> None:
    _, mallory = server.people("alice", "mallory")

    for method, path in (("GET", "/tags"), ("PUT", "/tags/a"), ("DELETE", "/tags/a")):
        with pytest.raises(Refused) as refused:
            mallory.ask(method, ROOM + path, {}).json()
        assert refused.value.errcode == "M_FORBIDDEN"


WRONG_TAG: list[tuple[Any, ...]] = [
    ("u.a", {"order": 1.5}, "M_BAD_JSON"),
    ("u.a", {"order": "0.5"}, "M_BAD_JSON"),
    ("u.a", {"order": True}, "M_BAD_JSON"),
    ("u.a", {"more": "x" * 1024}, "M_TOO_LARGE"),
    ("u." + "a" * 254, {}, "M_INVALID_PARAM"),
]


def test_a_wrong_tag_is_refused(server: Server) -> None:
    alice = server.person("alice")

    for tag, body, errcode in WRONG_TAG:
        with pytest.raises(Refused) as refused:
            alice.put(f"{ROOM}/tags/{tag}", body)

        assert refused.value.errcode == errcode
        assert alice.get(f"{ROOM}/tags") == {"tags": {}}


def test_a_room_has_only_so_many_tags(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "MAX_TAGS", 1)
    alice = server.person("alice")
    alice.put(f"{ROOM}/tags/u.a", {})

    with pytest.raises(Refused) as refused:
        alice.put(f"{ROOM}/tags/u.b", {})

    assert refused.value.errcode == "M_TOO_LARGE"


def test_a_tag_event_of_any_shape_does_no_harm(server: Server) -> None:
    alice = server.person("alice")
    alice.put(f"{ROOM}/account_data/m.tag", {"tags": {"u.odd": 1, "u.fine": {}}})

    assert alice.get(f"{ROOM}/tags") == {"tags": {"u.fine": {}}}
    alice.put(f"{ROOM}/account_data/m.tag", {"tags": []})
    assert alice.get(f"{ROOM}/tags") == {"tags": {}}
