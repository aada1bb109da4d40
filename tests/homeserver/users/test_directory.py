from typing import Any

import pytest

from homeserver.config.accounts import UserDirectory
from homeserver.storage import memberships, names, user_directory
from homeserver.storage.memberships import Membership
from homeserver.storage.transaction import Transaction
from tests.people import Person, Refused, Server


def _finds(person: Person, term: str, **options: Any) -> list[str]:
    answer = person.post("/v3/user_directory/search", {"search_term": term, **options})
    return [found["user_id"] for found in answer["results"]]


def _put_together(room_id: str, *people: Person, is_open: bool = False) -> None:
    def join(txn: Transaction) -> None:
        room = names.intern(txn, room_id)
        for person in people:
            joined = Membership.by_event("join", txn.next_position(), person.user_id)
            memberships.save(txn, person.user_id, room_id, room, joined)
        user_directory.set_open(txn, room, is_open)

    people[0].server.app.database.write(join)


def _names(person: Person, displayname: str) -> None:
    path = f"/v3/profile/{person.user_id}/displayname"
    person.put(path, {"displayname": displayname})


def test_those_who_share_a_room_find_one_another(server: Server) -> None:
    alice, bob, _ = server.people("alice", "bob", "bobby")
    _put_together("!a:test", alice, bob)

    assert _finds(alice, "bob") == ["@bob:test"]
    assert _finds(alice, "alice") == []


def test_members_of_open_rooms_are_found_by_all_until_the_room_closes(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    _put_together("!a:test", bob, is_open=True)
    assert _finds(alice, "bob") == ["@bob:test"]

    _put_together("!a:test", bob, is_open=False)
    assert _finds(alice, "bob") == []


def test_names_are_found_by_the_beginnings_of_their_words(start_server: Any) -> None:
    server = start_server(user_directory=UserDirectory(search_all_users=True))
    alice, bob = server.people("alice", "bob.the-builder")
    _names(bob, "Bjørn ÉTIENNE Strauß 山田太郎 100%")

    for term in (
        "bob",
        "builder",
        "BJØ",
        "etienne",
        "Strauss",
        "stra étie",
        "田太",
        "100%",
        "@bob.",
    ):
        assert _finds(alice, term) == [bob.user_id], term
    for term in ("ob", "tienne", "%", "_", "", " ", "bob strange", "100_"):
        assert _finds(alice, term) == [], term


def test_what_is_found_has_name_and_picture(start_server: Any) -> None:
    server = start_server(user_directory=UserDirectory(search_all_users=True))
    alice, bob = server.people("alice", "bob")
    bob.put(f"/v3/profile/{bob.user_id}/avatar_url", {"avatar_url": "mxc://test/bob"})

    answer = alice.post("/v3/user_directory/search", {"search_term": "BOB"})

    assert answer["results"] == [
        {"user_id": bob.user_id, "display_name": "bob", "avatar_url": "mxc://test/bob"}
    ]


def test_the_best_come_first_and_the_rest_is_told_of(start_server: Any) -> None:
    server = start_server(user_directory=UserDirectory(search_all_users=True))
    alice, _, _, _ = server.people("alice", "bobby", "bob", "bobette")

    answer = alice.post("/v3/user_directory/search", {"search_term": "bob", "limit": 2})

    assert [found["user_id"] for found in answer["results"]] == ["@bob:test", "@bobby:test"]
    assert answer["limited"] is True
    assert _finds(alice, "bob", limit=3)[2:] == ["@bobette:test"]


WRONG_SEARCH: list[tuple[Any, ...]] = [
    ({}, "M_MISSING_PARAM"),
    ({"search_term": 1}, "M_BAD_JSON"),
    ({"search_term": "a", "limit": 0}, "M_INVALID_PARAM"),
    ({"search_term": "a", "limit": "5"}, "M_BAD_JSON"),
]


def test_a_wrong_search_is_refused(server: Server) -> None:
    alice = server.person("alice")

    for body, errcode in WRONG_SEARCH:
        with pytest.raises(Refused) as refused:
            alice.post("/v3/user_directory/search", body)

        assert refused.value.errcode == errcode


def test_an_operator_may_do_without_the_search(start_server: Any) -> None:
    alice = start_server(user_directory=UserDirectory(enabled=False)).person("alice")

    with pytest.raises(Refused) as refused:
        _finds(alice, "bob")

    assert refused.value.errcode == "M_FORBIDDEN"
