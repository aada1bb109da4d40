"""Application services' registration files."""

from pathlib import Path

import pytest

from homeserver.users.appservices import AppServices, BadRegistration, read, read_file
from tests.people import JsonObject

IRC: JsonObject = {
    "id": "IRC Bridge",
    "url": "http://127.0.0.1:1234/",
    "as_token": "as-secret",
    "hs_token": "hs-secret",
    "sender_localpart": "_irc_bot",
    "namespaces": {
        "users": [{"exclusive": True, "regex": "@_irc_.*"}, {"regex": "@puppet_.*:test"}],
        "aliases": [{"exclusive": True, "regex": "#_irc_.*"}],
        "rooms": [],
    },
    "rate_limited": False,
    "de.sorunome.msc2409.push_ephemeral": True,
    "io.element.msc4190": True,
}


def test_a_registration_file_is_read_as_bridges_write_it() -> None:
    service = read(IRC, "test")

    assert service.sender == "@_irc_bot:test"
    assert service.url == "http://127.0.0.1:1234"
    assert service.receives_ephemeral
    assert service.manages_devices
    assert not service.is_rate_limited
    assert service.speaks_for("@_irc_someone:test")
    assert service.speaks_for("@puppet_x:test")
    assert not service.reserves_user("@puppet_x:test")
    assert service.reserves_alias("#_irc_room:test")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": None}, "id"),
        ({"as_token": ""}, "as_token"),
        ({"hs_token": 7}, "hs_token"),
        ({"sender_localpart": "No Spaces"}, "sender_localpart"),
        ({"url": 7}, "url"),
        ({"namespaces": []}, ""),
        ({"namespaces": {"users": [{"regex": "("}]}}, "namespaces.users"),
        ({"namespaces": {"aliases": ["x"]}}, "namespaces.aliases"),
        ({"namespaces": {"rooms": "x"}}, "namespaces.rooms"),
    ],
)
def test_what_is_wrong_in_a_registration_file_is_named(change: JsonObject, named: str) -> None:
    if not named:
        assert read({**IRC, **change}, "test").users == ()
        return
    with pytest.raises(BadRegistration, match=named):
        read({**IRC, **change}, "test")


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRegistration, match=r"missing\.yaml"):
        read_file(tmp_path / "missing.yaml", "test")
    (tmp_path / "list.yaml").write_text("- a\n")
    with pytest.raises(BadRegistration, match=r"list\.yaml"):
        read_file(tmp_path / "list.yaml", "test")


def test_two_services_never_share_a_token_or_an_id() -> None:
    with pytest.raises(BadRegistration):
        AppServices([read(IRC, "test"), read({**IRC, "id": "other"}, "test")])
    with pytest.raises(BadRegistration):
        AppServices([read(IRC, "test"), read({**IRC, "as_token": "other"}, "test")])


@pytest.mark.parametrize("pattern", ["@irc_(a|aa)+$", "(a|aa)+b", "x" * 5000])
def test_a_pattern_that_could_take_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(BadRegistration, match=r"namespaces\.users"):
        read({**IRC, "namespaces": {"users": [{"regex": pattern}]}}, "test")


def test_an_address_must_be_one() -> None:
    with pytest.raises(BadRegistration, match="url"):
        read({**IRC, "url": "ftp://example.org"}, "test")
    assert read({**IRC, "url": None}, "test").url is None


def test_users_of_other_servers_are_never_a_services() -> None:
    service = read(IRC, "test")

    assert service.speaks_for("@_irc_bob:test")
    assert not service.speaks_for("@_irc_bob:elsewhere")
