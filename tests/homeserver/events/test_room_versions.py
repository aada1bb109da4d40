import pytest

from homeserver.errors import MatrixError
from homeserver.events.room_versions import DEFAULT_ROOM_VERSION, ROOM_VERSIONS, room_version

FIRST_VERSION_WITH = {
    "enforce_key_validity": 5,
    "strict_canonical_json": 6,
    "notifications_auth_rule": 6,
    "knock": 7,
    "restricted": 8,
    "redaction_keeps_allow": 8,
    "redaction_keeps_authorising_user": 9,
    "knock_restricted": 10,
    "integer_power_levels": 10,
    "redacts_in_content": 11,
    "updated_redaction_keys": 11,
    "creator_is_sender": 11,
    "privileged_creators": 12,
    "room_id_is_create_hash": 12,
}
FIRST_VERSION_WITHOUT = {
    "redaction_auth_rule": 3,
    "chosen_event_ids": 3,
    "aliases_auth_rule": 6,
    "redaction_keeps_aliases": 6,
}


@pytest.mark.parametrize("flag", FIRST_VERSION_WITH)
def test_what_a_version_brings_stays(flag: str) -> None:
    first = FIRST_VERSION_WITH[flag]
    have = {id for id, version in ROOM_VERSIONS.items() if getattr(version, flag)}
    assert have == {str(number) for number in range(first, 13)}


@pytest.mark.parametrize("flag", FIRST_VERSION_WITHOUT)
def test_what_a_version_takes_away_stays_away(flag: str) -> None:
    first = FIRST_VERSION_WITHOUT[flag]
    have = {id for id, version in ROOM_VERSIONS.items() if getattr(version, flag)}
    assert have == {str(number) for number in range(1, first)}


def test_state_resolution_changed_twice() -> None:
    algorithms = [version.state_resolution for version in ROOM_VERSIONS.values()]
    assert algorithms == ["v1", *["v2"] * 10, "v2.1"]


def test_new_rooms_are_of_version_12() -> None:
    assert DEFAULT_ROOM_VERSION == "12"
    assert room_version("12") is ROOM_VERSIONS["12"]


def test_an_unknown_version_is_refused_with_the_code_of_the_spec() -> None:
    with pytest.raises(MatrixError) as refused:
        room_version("org.example.13")
    assert refused.value.errcode == "M_UNSUPPORTED_ROOM_VERSION"
    assert refused.value.status == 400
