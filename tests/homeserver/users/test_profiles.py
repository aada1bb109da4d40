from typing import Any
from urllib.parse import quote

import pytest

from homeserver.config.accounts import Profiles as ProfileSettings
from tests.people import Refused, Server

FIELDS = "/v3/profile/@alice:test"


def test_a_new_user_has_the_name_of_the_id(server: Server) -> None:
    server.person("alice")

    assert server.anonymous.get(FIELDS) == {"displayname": "alice"}


def test_everybody_sees_what_a_user_says_about_himself(server: Server) -> None:
    alice = server.person("alice")

    alice.put(f"{FIELDS}/displayname", {"displayname": "Alice in Wonderland"})
    alice.put(f"{FIELDS}/avatar_url", {"avatar_url": "mxc://test/abc_DEF-1"})
    alice.put(f"{FIELDS}/m.tz", {"m.tz": "Europe/London"})
    alice.put(f"{FIELDS}/org.example.likes", {"org.example.likes": ["tea", None, {"sugar": 2}]})

    assert server.anonymous.get(FIELDS) == {
        "displayname": "Alice in Wonderland",
        "avatar_url": "mxc://test/abc_DEF-1",
        "m.tz": "Europe/London",
        "org.example.likes": ["tea", None, {"sugar": 2}],
    }
    assert server.anonymous.get(f"{FIELDS}/m.tz") == {"m.tz": "Europe/London"}


def test_a_field_is_removed_by_delete_and_a_name_by_an_empty_text(server: Server) -> None:
    alice = server.person("alice")
    alice.put(f"{FIELDS}/org.example.mood", {"org.example.mood": "fine"})

    alice.delete(f"{FIELDS}/org.example.mood")
    alice.delete(f"{FIELDS}/org.example.mood")
    alice.put(f"{FIELDS}/displayname", {"displayname": ""})

    assert alice.get(FIELDS) == {}
    with pytest.raises(Refused) as refused:
        alice.get(f"{FIELDS}/displayname")
    assert refused.value.errcode == "M_NOT_FOUND"


def test_unstable_paths_are_served(server: Server) -> None:
    alice = server.person("alice")
    path = "/unstable/uk.tcpip.msc4133/profile/@alice:test"

    alice.put(f"{path}/us.cloke.msc4175.tz", {"us.cloke.msc4175.tz": "Asia/Tokyo"})

    assert alice.get(path)["us.cloke.msc4175.tz"] == "Asia/Tokyo"


def test_nobody_changes_the_profile_of_another(server: Server) -> None:
    _, mallory = server.people("alice", "mallory")

    for request in ("PUT", "DELETE"):
        with pytest.raises(Refused) as refused:
            mallory.ask(request, f"{FIELDS}/displayname", {"displayname": "M"}).json()
        assert refused.value.errcode == "M_FORBIDDEN"
    assert mallory.get(FIELDS) == {"displayname": "alice"}


WRONG_FIELD: list[tuple[Any, ...]] = [
    ("displayname", {"displayname": 3}, "M_BAD_JSON"),
    ("displayname", {"displayname": None}, "M_BAD_JSON"),
    ("displayname", {"name": "x"}, "M_MISSING_PARAM"),
    ("displayname", {"displayname": "x" * 257}, "M_INVALID_PARAM"),
    ("avatar_url", {"avatar_url": "https://example.org/a.png"}, "M_INVALID_PARAM"),
    ("avatar_url", {"avatar_url": "mxc://test/../../etc/passwd"}, "M_INVALID_PARAM"),
    ("m.tz", {"m.tz": 7}, "M_BAD_JSON"),
    ("Upper.Case", {"Upper.Case": 1}, "M_INVALID_PARAM"),
    ("nodots", {"nodots": 1}, "M_INVALID_PARAM"),
    ("org.example.nul\0", {"org.example.nul\0": 1}, "M_INVALID_PARAM"),
    ("a." + "b" * 254, {}, "M_MISSING_PARAM"),
    ("a." + "b" * 254, {"a." + "b" * 254: 1}, "M_KEY_TOO_LARGE"),
    ("org.example.big", {"org.example.big": "x" * 65536}, "M_PROFILE_TOO_LARGE"),
    ("displayname", [], "M_BAD_JSON"),
    ("displayname", b"{", "M_NOT_JSON"),
]


def test_a_wrong_field_is_refused_and_changes_nothing(server: Server) -> None:
    alice = server.person("alice")

    for key, body, errcode in WRONG_FIELD:
        with pytest.raises(Refused) as refused:
            alice.put(f"{FIELDS}/{quote(key)}", body)

        assert (refused.value.status, refused.value.errcode) == (400, errcode)
        assert alice.get(FIELDS) == {"displayname": "alice"}


@pytest.mark.parametrize("user_id", ["@nobody:test", "@bob:elsewhere", "nonsense", "@nul%00:test"])
def test_there_is_no_profile_of_nobody(server: Server, user_id: str) -> None:
    with pytest.raises(Refused) as refused:
        server.anonymous.get(f"/v3/profile/{user_id}")

    assert refused.value.status in (400, 404)


def test_an_operator_may_fix_names(start_server: object) -> None:
    server: Server = start_server(profiles=ProfileSettings(change_displayname=False))  # type: ignore[operator]
    alice = server.person("alice")

    with pytest.raises(Refused) as refused:
        alice.put(f"{FIELDS}/displayname", {"displayname": "Queen"})

    assert refused.value.errcode == "M_FORBIDDEN"
    alice.put(f"{FIELDS}/m.tz", {"m.tz": "UTC"})


@pytest.mark.parametrize("key", ["org.matrix.msc4426.status", "m.status", "us.cloke.msc4175.tz"])
def test_what_all_are_told_of_is_short(server: Server, key: str) -> None:
    """MSC4426: status; MSC4175: time zone, under the name from before."""
    alice = server.person("alice")
    path = f"/v3/profile/{alice.user_id}/{key}"
    value = "Europe/Paris" if key.endswith("tz") else {"text": "at lunch", "emoji": "x"}
    alice.put(path, {key: value})
    assert alice.get(path) == {key: value}

    with pytest.raises(Refused) as refused:
        alice.put(path, {key: "x" * 2000})

    assert refused.value.status == 400
