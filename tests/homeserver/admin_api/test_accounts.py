"""Accounts: listed, looked at, made and changed."""

import pytest

from tests.homeserver.rooms.test_joining import refusal
from tests.people import JsonObject, Person, Server

V1, V2, V3 = (f"/_synapse/admin/{version}" for version in ("v1", "v2", "v3"))


def names(answer: JsonObject) -> list[str]:
    return [user["name"] for user in answer["users"]]


def test_an_account_is_made_and_can_log_in(server: Server, admin: Person) -> None:
    body = {"password": "a long password", "displayname": "Bob B.", "admin": True}

    status, _, _ = admin.ask("PUT", f"{V2}/users/@bob:test", body).raw()

    assert status == 201
    shown = admin.get(f"{V2}/users/@bob:test")
    assert (shown["displayname"], shown["admin"], shown["deactivated"]) == ("Bob B.", True, False)
    assert shown["threepids"] == [] and shown["creation_ts"] == 1_800_000_000
    assert Person(server, "bob").logs_in("a long password").token


def test_an_account_is_changed(admin: Person, alice: Person) -> None:
    avatar = "mxc://test/abc"
    changed = admin.put(
        f"{V2}/users/{alice.user_id}",
        {"displayname": "A.", "avatar_url": avatar, "user_type": "bot", "locked": True},
    )

    assert (changed["displayname"], changed["avatar_url"]) == ("A.", avatar)
    assert (changed["user_type"], changed["locked"]) == ("bot", True)
    assert refusal(alice, "GET", "/v3/account/whoami") == (401, "M_USER_LOCKED")


def test_an_account_ends_and_comes_back_with_a_password(admin: Person, alice: Person) -> None:
    path = f"{V2}/users/{alice.user_id}"
    assert admin.put(path, {"deactivated": True})["deactivated"] is True
    assert refusal(alice, "GET", "/v3/account/whoami") == (401, "M_UNKNOWN_TOKEN")
    assert refusal(admin, "PUT", path, {"deactivated": False}) == (400, "M_INVALID_PARAM")

    again = admin.put(path, {"deactivated": False, "password": "another password"})

    assert again["deactivated"] is False
    assert alice.logs_in("another password").token


@pytest.mark.parametrize("user_id", ["@alice:elsewhere", "nobody"])
def test_only_users_of_this_server_are_looked_up(admin: Person, user_id: str) -> None:
    assert refusal(admin, "GET", f"{V2}/users/{user_id}") == (400, "M_INVALID_PARAM")


def test_unknown_users_are_not_found(admin: Person) -> None:
    assert refusal(admin, "GET", f"{V2}/users/@nobody:test") == (404, "M_NOT_FOUND")


def test_accounts_are_listed_in_pages(server: Server, admin: Person) -> None:
    server.people("alice", "bob", "carol")

    first = admin.get(f"{V2}/users", limit=3)
    rest = admin.get(f"{V2}/users", limit=3, **{"from": first["next_token"]})

    assert first["total"] == rest["total"] == 4
    assert names(first) == ["@admin:test", "@alice:test", "@bob:test"]
    assert names(rest) == ["@carol:test"]
    assert "next_token" not in rest


def test_accounts_are_found_by_name_and_flags(server: Server, admin: Person) -> None:
    alice, bob = server.people("alice", "bob")
    alice.put(f"/v3/profile/{alice.user_id}/displayname", {"displayname": "Queen Bob"})
    admin.post(f"{V1}/deactivate/{bob.user_id}", {})

    assert names(admin.get(f"{V2}/users", name="bob")) == ["@alice:test"]
    assert names(admin.get(f"{V2}/users", user_id="bob", deactivated=True)) == ["@bob:test"]
    assert names(admin.get(f"{V2}/users", admins=True)) == ["@admin:test"]
    assert names(admin.get(f"{V3}/users", deactivated=True)) == ["@bob:test"]
    backwards = admin.get(f"{V3}/users", order_by="name", dir="b")
    assert names(backwards) == ["@bob:test", "@alice:test", "@admin:test"]


def test_names_are_free_or_taken(admin: Person, alice: Person) -> None:
    path = f"{V1}/username_available"
    assert admin.get(path, username="nobody") == {"available": True}
    assert refusal(admin, "GET", f"{path}?username=alice") == (400, "M_USER_IN_USE")
