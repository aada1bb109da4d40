"""What is done to an account: rights, suspension, shadow-bans, limits, the end."""

import pytest
from attrs import evolve

from homeserver.config.limits import Limit, RateLimits
from homeserver.config.settings import Settings
from tests.homeserver.devices.crypto import Identity
from tests.homeserver.devices.test_cross_signing import UPLOAD
from tests.homeserver.rooms.test_joining import refusal
from tests.outcomes import outcome
from tests.people import Person, Server

V1 = "/_synapse/admin/v1"


def test_rights_are_given_and_taken(admin: Person, alice: Person) -> None:
    path = f"{V1}/users/{alice.user_id}/admin"
    assert admin.get(path) == {"admin": False}

    admin.put(path, {"admin": True})

    assert alice.get(path) == {"admin": True}
    assert refusal(alice, "PUT", path, {"admin": False})[0] == 400


def test_the_end_of_an_account(admin: Person, alice: Person) -> None:
    answer = admin.post(f"{V1}/deactivate/{alice.user_id}", {"erase": True})

    assert answer == {"id_server_unbind_result": "success"}
    shown = admin.get(f"/_synapse/admin/v2/users/{alice.user_id}")
    assert (shown["deactivated"], shown["erased"], shown["displayname"]) == (True, True, None)


def test_suspended_users_say_no_more(admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    admin.put(f"{V1}/suspend/{alice.user_id}", {"suspend": True})
    path = f"/v3/rooms/{room}/send/m.room.message/1"
    body = {"msgtype": "m.text", "body": "x"}
    assert refusal(alice, "PUT", path, body) == (403, "M_USER_SUSPENDED")

    admin.put(f"{V1}/suspend/{alice.user_id}", {"suspend": False})

    assert alice.sends(room, "again")


def test_a_new_password_ends_all_logins(admin: Person, alice: Person) -> None:
    admin.post(f"{V1}/reset_password/{alice.user_id}", {"new_password": "quite another"})

    assert refusal(alice, "GET", "/v3/account/whoami") == (401, "M_UNKNOWN_TOKEN")
    assert alice.logs_in("quite another").token


def test_a_shadow_ban_is_shown_and_lifted(admin: Person, alice: Person) -> None:
    path, shown = (
        f"{V1}/users/{alice.user_id}/shadow_ban",
        f"/_synapse/admin/v2/users/{alice.user_id}",
    )
    admin.post(path)
    assert admin.get(shown)["shadow_banned"] is True

    admin.delete(path)

    assert admin.get(shown)["shadow_banned"] is False


def test_nobody_hears_who_is_shadow_banned(server: Server, admin: Person, alice: Person) -> None:
    room = alice.creates_room(preset="public_chat")
    bob = server.person("bob")
    admin.joins(room)
    admin.syncs()
    admin.post(f"{V1}/users/{alice.user_id}/shadow_ban")

    event_id = alice.sends(room, "hello?")
    alice.sets(room, "m.room.name", {"name": "Mine"})
    alice.invites(room, bob)
    alice.types(room)
    path = f"/v3/rooms/{room}/send/m.room.message/later"
    body = {"msgtype": "m.text", "body": "later"}
    later = alice.ask("PUT", path, body, **{"org.matrix.msc4140.delay": 1000})
    assert b"delay_id" in later.raw()[2]
    server.clock.advance(2)
    newest = admin.get(f"/v3/rooms/{room}/messages", dir="b", limit=1)["chunk"][0]["event_id"]
    alice.post(f"/v3/rooms/{room}/receipt/m.read/{newest}")
    alice.post(f"/v3/rooms/{room}/read_markers", {"m.read": newest})
    alice.put(f"/v3/profile/{alice.user_id}/displayname", {"displayname": "Visible?"})
    status = {"presence": "online", "status_msg": "Visible?"}
    alice.put(f"/v3/presence/{alice.user_id}/status", status)

    assert event_id.startswith("$")
    heard = admin.syncs()
    assert not heard.room(room)
    assert "Visible?" not in str(heard.body)
    assert bob.syncs().invites() == []
    admin.delete(f"{V1}/users/{alice.user_id}/shadow_ban")
    alice.sends(room, "heard")
    assert admin.syncs().texts(room) == ["heard"]


def test_limits_of_one_account(settings: Settings) -> None:
    limits = RateLimits(enabled=True, message=Limit(per_second=1, burst=1))
    server = Server(evolve(settings, rate_limits=limits))
    admin, alice = server.people("admin", "alice")
    outcome(server.app.accounts.accounts.make_admin(admin.user_id, True))
    path, room = f"{V1}/users/{alice.user_id}/override_ratelimit", alice.creates_room()
    assert admin.get(path) == {}

    wish = {"messages_per_second": 1, "burst_count": 3}
    assert admin.post(path, wish) == wish == admin.get(path)
    for text in ("1", "2", "3"):
        alice.sends(room, text)
    send = f"/v3/rooms/{room}/send/m.room.message/4"
    body = {"msgtype": "m.text", "body": "x"}
    assert refusal(alice, "PUT", send, body) == (429, "M_LIMIT_EXCEEDED")

    admin.post(path, {"messages_per_second": 0, "burst_count": 0})
    assert [bool(alice.sends(room, "no limit")) for _ in range(5)] == [True] * 5

    admin.delete(path)
    assert admin.get(path) == {}
    server.stop()


def test_a_limit_is_no_less_than_nothing(admin: Person, alice: Person) -> None:
    path = f"{V1}/users/{alice.user_id}/override_ratelimit"
    wish = {"messages_per_second": -1, "burst_count": 0}
    assert refusal(admin, "POST", path, wish) == (400, "M_INVALID_PARAM")


def test_keys_can_be_replaced_without_proof_for_a_while(
    server: Server, admin: Person, alice: Person
) -> None:
    path = f"{V1}/users/{alice.user_id}/_allow_cross_signing_replacement_without_uia"

    Identity(alice).uploads()

    until = admin.post(path)["updatable_without_uia_before_ms"]

    assert until == server.clock.now_ms() + 600_000
    Identity(alice).uploads()
    server.clock.advance(601)
    assert refusal(alice, "POST", UPLOAD, Identity(alice).bodies())[0] == 401


PATHS = [
    ("GET", f"{V1}/users/@alice:test/admin"),
    ("PUT", f"{V1}/users/@alice:test/admin"),
    ("POST", f"{V1}/deactivate/@alice:test"),
    ("POST", f"{V1}/users/@alice:test/shadow_ban"),
    ("GET", "/_synapse/admin/v2/users"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_others_may_not(alice: Person, method: str, path: str) -> None:
    assert refusal(alice, method, path, {"admin": True}) == (403, "M_FORBIDDEN")
