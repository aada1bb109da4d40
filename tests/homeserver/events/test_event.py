import pytest

from homeserver.events.event import Event
from homeserver.events.hashes import event_id_of
from homeserver.events.room_versions import ROOM_VERSIONS
from tests.homeserver.events.rooms import ALL, CREATOR, before, pdu, since


@pytest.mark.parametrize("id", ALL)
def test_an_event_is_read_from_its_pdu(id: str) -> None:
    version = ROOM_VERSIONS[id]
    made = pdu(version, "m.room.topic", {"topic": "x"}, state_key="")
    event = Event.from_pdu(made, version)
    assert event.event_id == event_id_of(made, version)
    assert event.room_id == made["room_id"]
    assert (event.type, event.sender, event.state_key) == ("m.room.topic", CREATOR, "")
    assert (event.depth, event.origin_server_ts) == (3, 1_700_000_000_000)
    assert event.is_state
    assert event.state_pair == ("m.room.topic", "")
    assert event.pdu is made


def test_an_id_that_is_known_is_not_computed() -> None:
    version = ROOM_VERSIONS["12"]
    assert Event.from_pdu(pdu(version, "x", {}), version, "$known").event_id == "$known"


def test_a_version_12_room_is_named_after_its_create_event() -> None:
    version = ROOM_VERSIONS["12"]
    create = Event.from_pdu(pdu(version, "m.room.create", {}, state_key=""), version)
    assert create.room_id == "!" + create.event_id[1:]


@pytest.mark.parametrize("id", ALL)
def test_other_events_are_named_by_plain_ids(id: str) -> None:
    version = ROOM_VERSIONS[id]
    links = ["$a:x", "$b:x"]
    sent = [[link, {"sha256": "h"}] for link in links] if int(id) < 3 else links
    event = Event.from_pdu(pdu(version, "x", {}, prev_events=sent, auth_events=sent[:1]), version)
    assert event.prev_events == ("$a:x", "$b:x")
    assert event.auth_events == ("$a:x",)


@pytest.mark.parametrize("id", before(11))
def test_a_redaction_aims_from_the_top_level_until_version_10(id: str) -> None:
    version = ROOM_VERSIONS[id]
    made = pdu(version, "m.room.redaction", {"redacts": "$no"}, redacts="$yes")
    assert Event.from_pdu(made, version).redacts == "$yes"


@pytest.mark.parametrize("id", since(11))
def test_a_redaction_aims_from_its_content_since_version_11(id: str) -> None:
    version = ROOM_VERSIONS[id]
    made = pdu(version, "m.room.redaction", {"redacts": "$yes"}, redacts="$no")
    assert Event.from_pdu(made, version).redacts == "$yes"


def test_only_redactions_aim() -> None:
    version = ROOM_VERSIONS["11"]
    assert (
        Event.from_pdu(pdu(version, "m.room.message", {"redacts": "$a"}), version).redacts is None
    )
    odd = pdu(version, "m.room.redaction", {"redacts": 5})
    assert Event.from_pdu(odd, version).redacts is None


def test_a_message_has_no_place_in_the_state() -> None:
    version = ROOM_VERSIONS["12"]
    message = Event.from_pdu(pdu(version, "m.room.message", {}), version)
    assert not message.is_state
    with pytest.raises(ValueError, match="not a state event"):
        _ = message.state_pair


def test_a_membership_is_a_word() -> None:
    version = ROOM_VERSIONS["12"]
    for content, membership in (({"membership": "join"}, "join"), ({"membership": 1}, None)):
        event = Event.from_pdu(pdu(version, "m.room.member", content, state_key=CREATOR), version)
        assert event.membership == membership
