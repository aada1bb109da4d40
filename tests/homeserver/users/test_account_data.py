import pytest

from homeserver.changes import AccountDataChanged
from homeserver.users import account_data
from tests.people import Refused, Server

MINE = "/v3/user/@alice:test"
ROOM = "!room:test"


def test_data_is_kept_by_type_and_room(server: Server) -> None:
    alice = server.person("alice")

    alice.put(f"{MINE}/account_data/org.example.a", {"x": [1, "two"]})
    alice.put(f"{MINE}/rooms/{ROOM}/account_data/org.example.a", {"x": 2})
    alice.put(f"{MINE}/rooms/{ROOM}/account_data/org.example.a", {"x": 3})

    assert alice.get(f"{MINE}/account_data/org.example.a") == {"x": [1, "two"]}
    assert alice.get(f"{MINE}/rooms/{ROOM}/account_data/org.example.a") == {"x": 3}
    with pytest.raises(Refused) as refused:
        alice.get(f"{MINE}/rooms/!other:test/account_data/org.example.a")
    assert refused.value.errcode == "M_NOT_FOUND"


def test_each_change_is_announced_with_a_place_of_its_own(server: Server) -> None:
    alice = server.person("alice")
    heard: list[AccountDataChanged] = []
    server.app.notifier.listen(AccountDataChanged, heard.append)

    alice.put(f"{MINE}/account_data/org.example.a", {})
    alice.put(f"{MINE}/rooms/{ROOM}/account_data/org.example.a", {})

    assert [(change.room_id, change.type) for change in heard] == [
        (None, "org.example.a"),
        (ROOM, "org.example.a"),
    ]
    assert heard[0].position < heard[1].position


def test_nobody_sees_or_changes_the_data_of_another(server: Server) -> None:
    _, mallory = server.people("alice", "mallory")

    for path in (f"{MINE}/account_data/a.b", f"{MINE}/rooms/{ROOM}/account_data/a.b"):
        for method in ("GET", "PUT"):
            with pytest.raises(Refused) as refused:
                mallory.ask(method, path, {}).json()
            assert refused.value.errcode == "M_FORBIDDEN"


@pytest.mark.parametrize("type", ["m.fully_read", "m.push_rules"])
@pytest.mark.parametrize("place", ["", f"/rooms/{ROOM}"])
def test_what_the_server_keeps_cannot_be_set(server: Server, type: str, place: str) -> None:
    alice = server.person("alice")

    with pytest.raises(Refused) as refused:
        alice.put(f"{MINE}{place}/account_data/{type}", {})

    assert (refused.value.status, refused.value.errcode) == (405, "M_BAD_JSON")


def test_push_rules_are_read_as_account_data(server: Server) -> None:
    alice = server.person("alice")

    assert alice.get(f"{MINE}/account_data/m.push_rules") == alice.get("/v3/pushrules/")


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("/account_data/a.b", [], "M_BAD_JSON"),
        ("/account_data/a.b", b"", "M_NOT_JSON"),
        ("/account_data/a.b", {"x": "y" * 65536}, "M_TOO_LARGE"),
        ("/account_data/" + "t" * 256, {}, "M_INVALID_PARAM"),
        ("/account_data/nul%00", {}, "M_INVALID_PARAM"),
        ("/rooms/nonsense/account_data/a.b", {}, "M_INVALID_PARAM"),
    ],
)
def test_wrong_data_is_refused(server: Server, path: str, body: object, errcode: str) -> None:
    alice = server.person("alice")

    with pytest.raises(Refused) as refused:
        alice.put(MINE + path, body)

    assert refused.value.errcode == errcode


def test_there_is_an_end_to_what_is_kept(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_data, "MAX_ENTRIES", 2)
    alice = server.person("alice")
    alice.put(f"{MINE}/account_data/a.one", {})
    alice.put(f"{MINE}/account_data/a.two", {})

    with pytest.raises(Refused) as refused:
        alice.put(f"{MINE}/account_data/a.three", {})

    assert refused.value.errcode == "M_TOO_LARGE"
    alice.put(f"{MINE}/account_data/a.two", {"still": "changes"})


def test_deleted_data_is_not_found(server: Server) -> None:
    alice = server.person("alice")
    unstable = "/unstable/org.matrix.msc3391/user/@alice:test"
    for place in ("", f"/rooms/{ROOM}"):
        alice.put(f"{MINE}{place}/account_data/a.b", {"x": 1})

        alice.delete(f"{unstable}{place}/account_data/a.b")
        alice.delete(f"{unstable}{place}/account_data/a.b")

        with pytest.raises(Refused) as refused:
            alice.get(f"{MINE}{place}/account_data/a.b")
        assert refused.value.errcode == "M_NOT_FOUND"
