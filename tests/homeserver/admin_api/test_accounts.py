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


def test_people_are_known_by_addresses_and_elsewhere(server: Server, admin: Person) -> None:
    alice, bob = server.people("alice", "bob")
    path = f"{V2}/users/{alice.user_id}"
    now = server.clock.now_ms()
    elsewhere = {"auth_provider": "oidc-example", "external_id": "a/1"}
    email = {"medium": "email", "address": "Alice@Example.org"}

    changed = admin.put(path, {"threepids": [email], "external_ids": [elsewhere]})

    shown = {"medium": "email", "address": "alice@example.org"}
    assert changed["threepids"] == [{**shown, "added_at": now, "validated_at": now}]
    assert changed["external_ids"] == [elsewhere]
    by_address = f"{V1}/threepid/email/users/alice@example.org"
    by_id = f"{V1}/auth_providers/oidc-example/users/a%2F1"
    assert admin.get(by_address) == admin.get(by_id) == {"user_id": alice.user_id}
    of_bob = f"{V2}/users/{bob.user_id}"
    assert refusal(admin, "PUT", of_bob, {"threepids": [email]}) == (400, "M_THREEPID_IN_USE")
    assert refusal(admin, "PUT", of_bob, {"external_ids": [elsewhere]})[0] == 409
    assert admin.put(path, {"admin": False})["external_ids"] == [elsewhere]
    gone = admin.put(path, {"threepids": [], "external_ids": []})
    assert (gone["threepids"], gone["external_ids"]) == ([], [])
    for nobody in (by_address, by_id, f"{V1}/threepid/msisdn/users/1"):
        assert refusal(admin, "GET", nobody) == (404, "M_NOT_FOUND")


@pytest.mark.parametrize(
    "wish",
    [
        {"threepids": [{"medium": "msisdn", "address": "1"}]},
        {"threepids": [{"medium": "email", "address": "nobody"}]},
        {"threepids": ["email"]},
        {"external_ids": [{"auth_provider": "x", "external_id": "y" * 2000}]},
        {"external_ids": [{"auth_provider": "x"}]},
    ],
)
def test_other_identities_are_refused(admin: Person, alice: Person, wish: JsonObject) -> None:
    assert refusal(admin, "PUT", f"{V2}/users/{alice.user_id}", wish)[0] == 400
