"""What administrators did, for administrators."""

from homeserver.http.routing import routes_of
from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person

ACTIONS = "/_isthmus/admin/v1/actions"


def test_changes_are_written_down_without_secrets(admin: Person, alice: Person) -> None:
    path = f"/_synapse/admin/v1/reset_password/{alice.user_id}"
    admin.post(path, {"new_password": "a great secret", "logout_devices": False})
    admin.get(f"/_synapse/admin/v2/users/{alice.user_id}")

    (action,) = admin.get(ACTIONS)["actions"]

    assert (action["admin"], action["method"], action["path"]) == (admin.user_id, "POST", path)
    assert action["details"] == {"logout_devices": False}
    assert action["ip"] == "203.0.113.7"


def test_the_log_is_read_in_pages(admin: Person, alice: Person) -> None:
    for suspend in (True, False, True):
        admin.put(f"/_synapse/admin/v1/suspend/{alice.user_id}", {"suspend": suspend})

    first = admin.get(ACTIONS, limit=2)
    rest = admin.get(ACTIONS, limit=2, **{"from": first["next_token"]})

    assert [it["details"]["suspend"] for it in first["actions"]] == [True, False]
    assert [it["details"]["suspend"] for it in rest["actions"]] == [True]


def test_others_do_not_read_it(alice: Person) -> None:
    assert refusal(alice, "GET", ACTIONS) == (403, "M_FORBIDDEN")


def test_every_call_of_administrators_asks_for_their_rights(admin: Person) -> None:
    open_to_all = {"register", "server_version"}
    served = admin.server.app.endpoints["client"]
    for route in (route for endpoints in served for route, _ in routes_of(endpoints)):
        if route.path.startswith(("/_synapse/admin/", "/_isthmus/admin/")):
            last = route.path.rpartition("/")[2]
            expected = "public" if last in open_to_all else "admin"
            if "whois" not in route.path:
                assert route.access.value == expected, route.path


def test_everybody_may_ask_which_server_this_is(alice: Person) -> None:
    answer = alice.server.anonymous.get("/_synapse/admin/v1/server_version")
    assert answer["server_version"].startswith("Isthmus ")
