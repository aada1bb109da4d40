"""Tokens that let people register."""

from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person, Server

PATH = "/_synapse/admin/v1/registration_tokens"


def test_tokens_are_made_changed_and_deleted(server: Server, admin: Person) -> None:
    expiry = server.clock.now_ms() + 1000
    made = admin.post(f"{PATH}/new", {"token": "abcd", "uses_allowed": 1, "expiry_time": expiry})

    whole = {"token": "abcd", "uses_allowed": 1, "pending": 0, "completed": 0}
    assert made == {**whole, "expiry_time": expiry} == admin.get(f"{PATH}/abcd")
    changed = admin.put(f"{PATH}/abcd", {"expiry_time": None})
    assert changed == {**whole, "expiry_time": None}
    assert admin.get(PATH) == {"registration_tokens": [changed]}
    admin.delete(f"{PATH}/abcd")
    assert refusal(admin, "GET", f"{PATH}/abcd") == (404, "M_NOT_FOUND")
    assert refusal(admin, "DELETE", f"{PATH}/abcd") == (404, "M_NOT_FOUND")


def test_tokens_are_told_apart_by_whether_they_are_valid(server: Server, admin: Person) -> None:
    admin.post(f"{PATH}/new", {"token": "used", "uses_allowed": 0})
    random = admin.post(f"{PATH}/new", {"length": 32})

    assert len(random["token"]) == 32
    assert admin.get(PATH, valid=True)["registration_tokens"] == [random]
    assert [it["token"] for it in admin.get(PATH, valid=False)["registration_tokens"]] == ["used"]


def test_tokens_cannot_end_before_they_begin(admin: Person) -> None:
    bad = {"expiry_time": 1}
    assert refusal(admin, "POST", f"{PATH}/new", bad) == (400, "M_INVALID_PARAM")
    assert refusal(admin, "POST", f"{PATH}/new", {"length": 65}) == (400, "M_INVALID_PARAM")
