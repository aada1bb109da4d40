"""Backups of the keys of rooms."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.devices import key_backups
from homeserver.storage import key_backups as stored
from homeserver.storage.key_backups import KeyRank
from homeserver.storage.transaction import Transaction
from tests.people import JsonObject, Person, Refused, Server

ALGORITHM = "m.megolm_backup.v1.curve25519-aes-sha2"
AUTH: JsonObject = {"public_key": "abcdefg", "signatures": {}}
ROOM, OTHER = "!room:test", "!other:test"


def creates_backup(person: Person, **auth: Any) -> str:
    body = {"algorithm": ALGORITHM, "auth_data": {**AUTH, **auth}}
    return str(person.post("/v3/room_keys/version", body)["version"])


def key(text: str = "secret", verified: bool = False, index: int = 5, hops: int = 5) -> JsonObject:
    return {
        "is_verified": verified,
        "first_message_index": index,
        "forwarded_count": hops,
        "session_data": {"ciphertext": text},
    }


def path(*ids: str) -> str:
    return "/".join(["/v3/room_keys/keys", *(quote(id, safe="") for id in ids)])


def stores(person: Person, version: str, **sessions: JsonObject) -> JsonObject:
    return person.put(path(), {"rooms": {ROOM: {"sessions": sessions}}}, version=version)


def fetches(person: Person, version: str, *ids: str) -> JsonObject:
    return person.get(path(*ids), version=version)


def info(person: Person, version: str = "") -> JsonObject:
    return person.get("/v3/room_keys/version" + ("/" + version if version else ""))


def test_a_new_backup_is_the_current_one(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    first, second = creates_backup(alice), creates_backup(alice, n=2)

    about = {"algorithm": ALGORITHM, "count": 0, "etag": "0"}
    assert info(alice) == {**about, "version": second, "auth_data": {**AUTH, "n": 2}}
    assert info(alice, first) == {**about, "version": first, "auth_data": AUTH}
    for version in ("", first, second):
        with pytest.raises(Refused, match="M_NOT_FOUND"):
            info(bob, version)


def test_keys_are_stored_and_fetched_one_by_one_by_room_and_all_together(server: Server) -> None:
    alice = server.person("alice")
    version = creates_backup(alice)

    one = alice.put(path(ROOM, "s/1"), key("1"), version=version)
    room = alice.put(path(ROOM), {"sessions": {"s2": key("2")}}, version=version)
    every = alice.put(path(), {"rooms": {OTHER: {"sessions": {"s3": key("3")}}}}, version=version)

    assert [answer["count"] for answer in (one, room, every)] == [1, 2, 3]
    assert len({answer["etag"] for answer in (one, room, every)}) == 3
    assert info(alice)["count"] == 3
    assert info(alice)["etag"] == every["etag"]
    of_room = {"sessions": {"s/1": key("1"), "s2": key("2")}}
    assert fetches(alice, version) == {
        "rooms": {ROOM: of_room, OTHER: {"sessions": {"s3": key("3")}}}
    }
    assert fetches(alice, version, ROOM) == of_room
    assert fetches(alice, version, ROOM, "s/1") == key("1")


def test_what_is_not_there_is_empty_or_not_found(server: Server) -> None:
    alice = server.person("alice")
    version = creates_backup(alice)

    assert fetches(alice, version) == {"rooms": {}}
    assert fetches(alice, version, ROOM) == {"sessions": {}}
    for ids, asked in (((ROOM, "s"), version), ((ROOM,), "99"), ((), "99"), ((ROOM, "s"), "x")):
        with pytest.raises(Refused, match="M_NOT_FOUND"):
            fetches(alice, asked, *ids)
    with pytest.raises(Refused, match="M_MISSING_PARAM"):
        alice.get(path())


def test_only_a_better_key_replaces_one_that_is_there(server: Server) -> None:
    alice = server.person("alice")
    version = creates_backup(alice)
    rising = [
        key("1", verified=False, index=5, hops=5),
        key("2", verified=False, index=5, hops=4),
        key("3", verified=False, index=4, hops=9),
        key("4", verified=True, index=9, hops=9),
    ]
    for better in rising:
        before = info(alice)["etag"]
        assert stores(alice, version, s=better)["etag"] != before
        assert fetches(alice, version, ROOM, "s") == better
    for worse in (*rising, key("5", verified=True, index=9, hops=9)):
        before = info(alice)
        assert stores(alice, version, s=worse) == {"count": 1, "etag": before["etag"]}
    assert fetches(alice, version, ROOM, "s") == rising[-1]


RANKS = st.builds(KeyRank, st.booleans(), st.integers(0, 3), st.integers(0, 3))


@given(RANKS, RANKS, RANKS)
def test_which_key_is_better_is_one_order(one: KeyRank, other: KeyRank, third: KeyRank) -> None:
    assert one.is_better_than(other) + other.is_better_than(one) == (one != other)
    if one.is_better_than(other) and other.is_better_than(third):
        assert one.is_better_than(third)


def test_keys_go_into_the_current_backup_only(server: Server) -> None:
    alice = server.person("alice")
    with pytest.raises(Refused, match="M_NOT_FOUND"):
        stores(alice, "1", s=key())
    first, second = creates_backup(alice), creates_backup(alice)

    for version in (first, "99", "x"):
        with pytest.raises(Refused) as refused:
            stores(alice, version, s=key())
        assert (refused.value.status, refused.value.errcode) == (403, "M_WRONG_ROOM_KEYS_VERSION")
        assert refused.value.body["current_version"] == second
    assert [info(alice, version)["count"] for version in (first, second)] == [0, 0]


def test_keys_are_deleted_one_by_one_by_room_and_all_together(server: Server) -> None:
    alice = server.person("alice")
    version = creates_backup(alice)
    stores(alice, version, a=key(), b=key(), c=key())
    alice.put(path(OTHER), {"sessions": {"d": key(), "e": key()}}, version=version)

    counts = [
        alice.delete(path(*ids), version=version)["count"]
        for ids in ((ROOM, "a"), (ROOM, "a"), (ROOM,), (ROOM,), (), ())
    ]

    assert counts == [4, 4, 2, 2, 0, 0]
    assert fetches(alice, version) == {"rooms": {}}
    with pytest.raises(Refused, match="M_NOT_FOUND"):
        alice.delete(path(), version="99")


def test_a_deleted_backup_takes_its_keys_along_and_its_version_does_not_return(
    server: Server,
) -> None:
    alice = server.person("alice")
    first, second = creates_backup(alice), creates_backup(alice)
    stores(alice, second, s=key())

    for _ in range(2):
        assert alice.delete(f"/v3/room_keys/version/{second}") == {}
    assert info(alice)["version"] == first
    with pytest.raises(Refused, match="M_NOT_FOUND"):
        info(alice, second)
    third = creates_backup(alice)
    assert third not in (first, second)
    assert fetches(alice, third) == {"rooms": {}}
    assert alice.delete(f"/v3/room_keys/version/{second}") == {}
    for unknown in ("99", "x", "0"):
        with pytest.raises(Refused, match="M_NOT_FOUND"):
            alice.delete(f"/v3/room_keys/version/{unknown}")


def test_what_signs_a_backup_can_be_changed_but_not_its_algorithm(server: Server) -> None:
    alice = server.person("alice")
    version = creates_backup(alice)
    body = {"algorithm": ALGORITHM, "auth_data": {"new": 1}}
    at = f"/v3/room_keys/version/{version}"

    alice.put(at, body)
    alice.put(at, {**body, "version": version})
    assert info(alice)["auth_data"] == {"new": 1}

    for wrong in ({**body, "version": "99"}, {**body, "algorithm": "other"}):
        with pytest.raises(Refused, match="M_INVALID_PARAM"):
            alice.put(at, wrong)
    with pytest.raises(Refused, match="M_NOT_FOUND"):
        alice.put("/v3/room_keys/version/99", body)


def test_many_keys_are_stored_at_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "PORTION", 7)
    alice = server.person("alice")
    version = creates_backup(alice)

    stores(alice, version, **{f"s{n}": key() for n in range(20)})
    answer = stores(alice, version, **{f"s{n}": key(verified=n % 2 == 0) for n in range(10, 40)})

    assert answer["count"] == 40
    sessions = fetches(alice, version, ROOM)["sessions"]
    assert sum(session["is_verified"] for session in sessions.values()) == 15


def test_there_is_an_end_to_backups_and_their_keys(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_backups, "MAX_BACKUPS", 2)
    monkeypatch.setattr(key_backups, "MAX_KEYS", 2)
    alice = server.person("alice")
    version = [creates_backup(alice), creates_backup(alice)][-1]

    with pytest.raises(Refused, match="M_TOO_LARGE"):
        creates_backup(alice)
    stores(alice, version, a=key(), b=key())
    with pytest.raises(Refused, match="M_TOO_LARGE"):
        stores(alice, version, c=key(), a=key(verified=True))
    assert fetches(alice, version, ROOM)["sessions"] == {"a": key(), "b": key()}


WRONG_KEYS: list[tuple[Any, str]] = [
    ([], "M_BAD_JSON"),
    ({}, "M_MISSING_PARAM"),
    ({**key(), "session_data": "text"}, "M_BAD_JSON"),
    ({**key(), "session_data": {"x": "y" * 70_000}}, "M_TOO_LARGE"),
    ({**key(), "is_verified": 1}, "M_BAD_JSON"),
    ({**key(), "first_message_index": "0"}, "M_BAD_JSON"),
    ({**key(), "first_message_index": True}, "M_BAD_JSON"),
    ({**key(), "first_message_index": -1}, "M_INVALID_PARAM"),
    ({**key(), "first_message_index": 2**60}, "M_INVALID_PARAM"),
    ({**key(), "forwarded_count": None}, "M_BAD_JSON"),
]


def test_keys_that_are_not_in_order_are_refused(server: Server) -> None:
    alice = server.person("alice")
    version = creates_backup(alice)
    for wrong, errcode in WRONG_KEYS:
        sessions = {"sessions": {"right": key(), "s": wrong}}
        for ids, body in (
            ((ROOM, "s"), wrong),
            ((ROOM,), sessions),
            ((), {"rooms": {ROOM: sessions}}),
        ):
            with pytest.raises(Refused) as refused:
                alice.put(path(*ids), body, version=version)
            assert refused.value.errcode == errcode, wrong
    bodies: list[tuple[Any, str]] = [
        ({}, "M_MISSING_PARAM"),
        ({"rooms": []}, "M_BAD_JSON"),
        ({"rooms": {ROOM: []}}, "M_BAD_JSON"),
        ({"rooms": {ROOM: {"sessions": []}}}, "M_BAD_JSON"),
        ({"rooms": {ROOM: {"sessions": {"": key()}}}}, "M_INVALID_PARAM"),
        ({"rooms": {"r\0": {"sessions": {"s": key()}}}}, "M_INVALID_PARAM"),
        ({"rooms": {ROOM: {"sessions": {"s" * 300: key()}}}}, "M_INVALID_PARAM"),
    ]
    for body, errcode in bodies:
        with pytest.raises(Refused) as refused:
            alice.put(path(), body, version=version)
        assert refused.value.errcode == errcode, body
    assert info(alice)["count"] == 0


def test_a_backup_that_is_not_in_order_is_refused(server: Server) -> None:
    alice = server.person("alice")
    for wrong, errcode in (
        ({}, "M_MISSING_PARAM"),
        ({"algorithm": ALGORITHM}, "M_MISSING_PARAM"),
        ({"algorithm": ALGORITHM, "auth_data": []}, "M_BAD_JSON"),
        ({"algorithm": 1, "auth_data": AUTH}, "M_BAD_JSON"),
        ({"algorithm": "a\0", "auth_data": AUTH}, "M_INVALID_PARAM"),
        ({"algorithm": ALGORITHM, "auth_data": {"x": "y" * 70_000}}, "M_TOO_LARGE"),
    ):
        with pytest.raises(Refused) as refused:
            alice.post("/v3/room_keys/version", wrong)
        assert refused.value.errcode == errcode, wrong


def test_old_paths_still_work(server: Server) -> None:
    alice = server.person("alice")
    body = {"algorithm": ALGORITHM, "auth_data": AUTH}

    version = alice.post("/unstable/room_keys/version", body)["version"]
    alice.put(f"/unstable/room_keys/keys/{quote(ROOM)}/s", key(), version=version)

    assert alice.get("/unstable/room_keys/keys", version=version) == fetches(alice, version)
    assert alice.get("/unstable/room_keys/version")["count"] == 1


def test_an_erased_user_leaves_no_backup(server: Server) -> None:
    alice = server.person("alice")
    stores(alice, creates_backup(alice), s=key())
    proof = {"type": "m.login.password", "user": alice.user_id, "password": "correct horse battery"}

    alice.post("/v3/account/deactivate", {"erase": True, "auth": proof})

    left: list[int] = []
    server.app.database.read(count_rows).addCallback(left.append)
    assert left == [0]


def count_rows(txn: Transaction) -> int:
    row = txn.one(
        "SELECT (SELECT COUNT(*) FROM key_backups) + (SELECT COUNT(*) FROM backed_up_keys)"
    )
    assert row
    return int(row[0])
