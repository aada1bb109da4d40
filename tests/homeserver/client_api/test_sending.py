"""What requests to send events may say."""

from typing import Any

import pytest

from tests.people import Person, Refused, Server

Talk = tuple[Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice = server.person("alice")
    return alice, alice.creates_room()


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        (b"{", "M_NOT_JSON"),
        (b"[]", "M_BAD_JSON"),
        (b'{"a":1.5}', "M_BAD_JSON"),
        (b'{"a":9007199254740993}', "M_BAD_JSON"),
        (b'{"a":"\\ud800"}', "M_NOT_JSON"),
        (b"\xff", "M_NOT_JSON"),
    ],
)
def test_what_is_no_content_is_refused_and_changes_nothing(
    talk: Talk, body: bytes, errcode: str
) -> None:
    alice, room = talk
    alice.syncs()

    with pytest.raises(Refused) as refused:
        alice.put(f"/v3/rooms/{room}/send/org.example/1", body)

    assert (refused.value.status, refused.value.errcode) == (400, errcode)
    assert not alice.syncs()


def test_state_has_a_key_that_may_be_empty(talk: Talk) -> None:
    alice, room = talk
    alice.put(f"/v3/rooms/{room}/state/org.example", {"n": 1})
    alice.put(f"/v3/rooms/{room}/state/org.example/", {"n": 2})
    alice.put(f"/v3/rooms/{room}/state/org.example/key", {"n": 3})

    assert alice.state(room, "org.example") == {"n": 2}
    assert alice.state(room, "org.example", "key") == {"n": 3}


def test_a_redaction_may_be_sent_as_an_event(talk: Talk) -> None:
    alice, room = talk
    sent = alice.sends(room, "secret")

    alice.sends_event(room, "m.room.redaction", {"redacts": sent, "reason": "a slip"})

    assert alice.get(f"/v3/rooms/{room}/event/{sent}")["content"] == {}


@pytest.mark.parametrize(("content", "errcode"), [({}, "M_MISSING_PARAM"), ({"redacts": 1}, None)])
def test_a_redaction_needs_a_target(talk: Talk, content: Any, errcode: str | None) -> None:
    alice, room = talk

    with pytest.raises(Refused) as refused:
        alice.sends_event(room, "m.room.redaction", content)

    assert refused.value.status == 400
    assert refused.value.errcode == (errcode or "M_BAD_JSON")


def test_only_application_services_set_the_time_of_an_event(talk: Talk) -> None:
    alice, room = talk

    with pytest.raises(Refused) as refused:
        alice.put(f"/v3/rooms/{room}/send/org.example/1", {}, ts=1)

    assert refused.value.errcode == "M_FORBIDDEN"
