"""What people do to their own accounts."""

from typing import Any

import pytest
from attrs import evolve

from tests.outcomes import outcome
from tests.people import JsonObject, Person, Refused, Server

PASSWORD = "correct horse battery"
NEW_PASSWORD = "another donkey charger"


def proof(person: Person, password: str = PASSWORD) -> JsonObject:
    return {"type": "m.login.password", "user": person.user_id, "password": password}


def changes_password(person: Person, **more: Any) -> None:
    body = {"new_password": NEW_PASSWORD, "auth": proof(person), **more}
    person.post("/v3/account/password", body)


def test_a_new_password_replaces_the_old_one(server: Server) -> None:
    alice = server.person("alice")

    changes_password(alice)

    assert alice.logs_in(NEW_PASSWORD)
    with pytest.raises(Refused):
        alice.logs_in(PASSWORD)


def test_other_devices_are_logged_out_unless_they_may_stay(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    laptops = {person.name: person.logs_in() for person in (alice, bob)}

    changes_password(alice)
    changes_password(bob, logout_devices=False)

    assert alice.get("/v3/account/whoami")
    assert laptops["bob"].get("/v3/account/whoami")
    with pytest.raises(Refused):
        laptops["alice"].get("/v3/account/whoami")


def test_a_password_can_be_changed_without_being_logged_in(server: Server) -> None:
    alice = server.person("alice")
    body = {"new_password": NEW_PASSWORD, "auth": proof(alice)}

    server.anonymous.post("/v3/account/password", body)

    assert alice.logs_in(NEW_PASSWORD)


def test_a_weak_new_password_is_refused_before_proof(server: Server) -> None:
    alice = server.person("alice")

    with pytest.raises(Refused) as refused:
        alice.post("/v3/account/password", {"new_password": "short"})

    assert refused.value.errcode == "M_WEAK_PASSWORD"


def test_a_new_password_must_be_given(server: Server) -> None:
    alice = server.person("alice")

    with pytest.raises(Refused) as refused:
        alice.post("/v3/account/password", {"auth": proof(alice)})

    assert refused.value.errcode == "M_MISSING_PARAM"


def test_after_deactivation_nobody_comes_in(server: Server) -> None:
    alice = server.person("alice")
    laptop = alice.logs_in()

    answer = alice.post("/v3/account/deactivate", {"auth": proof(alice)})

    assert answer == {"id_server_unbind_result": "success"}
    for device in (alice, laptop):
        with pytest.raises(Refused) as unknown:
            device.get("/v3/account/whoami")
        assert unknown.value.errcode == "M_UNKNOWN_TOKEN"
    with pytest.raises(Refused) as refused:
        alice.logs_in()
    assert (refused.value.status, refused.value.errcode) == (403, "M_USER_DEACTIVATED")


def test_the_name_of_a_deactivated_user_is_never_given_away_again(server: Server) -> None:
    alice = server.person("alice")
    alice.post("/v3/account/deactivate", {"auth": proof(alice)})

    with pytest.raises(Refused) as refused:
        server.person("alice")

    assert refused.value.errcode == "M_USER_IN_USE"


def test_erasure_forgets_what_the_user_said_about_himself(server: Server) -> None:
    alice = server.person("alice")
    alice.put("/v3/user/@alice:test/account_data/org.example", {"a": 1})

    alice.post("/v3/account/deactivate", {"auth": proof(alice), "erase": True})

    rows = outcome(server.app.database.read(_remains, "@alice:test"))
    assert rows == 0
    account = outcome(server.app.accounts.accounts.find("@alice:test"))
    assert account is not None
    assert account.is_erased


def _remains(txn: Any, user_id: str) -> int:
    kept = txn.query("SELECT 1 FROM account_data WHERE user_id = ?", user_id)
    shown = txn.query("SELECT fields FROM profiles WHERE user_id = ? AND fields <> '{}'", user_id)
    return len(kept) + len(shown)


def test_leaving_rooms_goes_on_after_a_restart(server: Server) -> None:
    server.people("alice", "bob")
    left: list[str] = []

    async def fails(user_id: str) -> None:
        raise OSError("the disk is full")

    async def leaves(user_id: str) -> None:
        left.append(user_id)

    deactivation = server.app.accounts.deactivation
    failing = evolve(deactivation, leave_all_rooms=fails)
    outcome(failing.deactivate("@alice:test", erase=False))

    working = evolve(deactivation, leave_all_rooms=leaves)
    outcome(working.resume())
    outcome(working.resume())

    assert left == ["@alice:test"]


def test_locked_users_can_only_log_out(server: Server) -> None:
    alice = server.person("alice")
    alice.get("/v3/account/whoami")
    outcome(server.app.accounts.accounts.lock("@alice:test", True))

    for ask in (lambda: alice.get("/v3/account/whoami"), alice.logs_in):
        with pytest.raises(Refused) as refused:
            ask()
        assert (refused.value.status, refused.value.errcode) == (401, "M_USER_LOCKED")
        assert refused.value.body["soft_logout"] is True

    alice.post("/v3/logout")


def test_unlocked_users_go_on_where_they_were(server: Server) -> None:
    alice = server.person("alice")
    accounts = server.app.accounts.accounts
    outcome(accounts.lock("@alice:test", True))
    outcome(accounts.lock("@alice:test", False))

    assert alice.get("/v3/account/whoami")


def test_administrators_lock_and_suspend_others(server: Server) -> None:
    admin, alice = server.people("admin", "alice")
    outcome(server.app.accounts.accounts.make_admin("@admin:test", True))

    for what, word in (("lock", "locked"), ("suspend", "suspended")):
        path = f"/v1/admin/{what}/@alice:test"
        assert admin.get(path) == {word: False}
        assert admin.put(path, {word: True}) == {word: True}
        assert admin.get(path) == {word: True}
        with pytest.raises(Refused) as not_admin:
            alice.get(path)
        assert not_admin.value.status in (401, 403)
        admin.put(path, {word: False})


NOT_TO_BE_LOCKED = {
    "@admin:test": (403, "M_FORBIDDEN"),
    "@nobody:test": (404, "M_NOT_FOUND"),
    "@alice:elsewhere": (400, "M_INVALID_PARAM"),
}


def test_administrators_lock_only_those_whom_they_may(server: Server) -> None:
    admin = server.person("admin")
    outcome(server.app.accounts.accounts.make_admin("@admin:test", True))

    for user_id, reason in NOT_TO_BE_LOCKED.items():
        with pytest.raises(Refused) as refused:
            admin.put(f"/v1/admin/lock/{user_id}", {"locked": True})
        assert (refused.value.status, refused.value.errcode) == reason


def test_deactivated_users_leave_their_rooms(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = bob.creates_room(preset="public_chat")
    alice.joins(room)

    alice.post("/v3/account/deactivate", {"auth": proof(alice)})

    assert bob.state(room, "m.room.member", "@alice:test")["membership"] == "leave"
    account = outcome(server.app.accounts.accounts.find("@alice:test"))
    assert account is not None
    assert not account.is_leaving
