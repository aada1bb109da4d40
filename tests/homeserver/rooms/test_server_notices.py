"""What the server says to its users: in a room with each, and nobody can decline it."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from homeserver.config.rooms import ServerNotices
from homeserver.config.settings import Settings
from tests.homeserver.rooms.test_joining import refusal
from tests.outcomes import outcome
from tests.people import Person, Server

PATH = "/_synapse/admin/v1/send_server_notice"


@pytest.fixture
def people(settings: Settings, start_server: Callable[..., Server]) -> tuple[Person, Person]:
    """An administrator, and Alice."""
    rooms = evolve(settings.rooms, server_notices=ServerNotices(localpart="notices"))
    server = start_server(rooms=rooms)
    outcome(server.app.server_notices.start())
    admin, alice = server.people("admin", "alice")
    outcome(server.app.accounts.accounts.make_admin("@admin:test", True))
    return admin, alice


def notice(text: str, **more: Any) -> dict[str, Any]:
    return {"user_id": "@alice:test", "content": {"msgtype": "m.text", "body": text}, **more}


def test_the_user_is_invited_and_reads_it(people: tuple[Person, Person]) -> None:
    admin, alice = people
    event_id = admin.post(PATH, notice("The server moves tonight."))["event_id"]
    (room,) = alice.syncs().invites()

    alice.joins(room)

    found = alice.syncs()
    assert found.timeline(room)[-2] == event_id
    tags = alice.get(f"/v3/user/@alice:test/rooms/{room}/tags")["tags"]
    assert "m.server_notice" in tags
    assert alice.state(room, "m.room.name") == {"name": "Server notices"}


def test_there_is_one_room_for_each_user(people: tuple[Person, Person]) -> None:
    admin, alice = people
    admin.post(PATH, notice("one"))
    (room,) = alice.syncs().invites()
    alice.joins(room)
    admin.post(PATH, notice("two"))
    assert alice.syncs().texts(room) == ["one", "two"]

    alice.leaves(room)
    admin.post(PATH, notice("three"))

    assert alice.syncs().invites() == [room]


def test_a_repeated_request_says_it_once(people: tuple[Person, Person]) -> None:
    admin, _ = people

    first = admin.put(PATH + "/one", notice("once"))

    assert admin.put(PATH + "/one", notice("once")) == first


def test_it_cannot_be_declined_but_left(people: tuple[Person, Person]) -> None:
    admin, alice = people
    admin.post(PATH, notice("hello"))
    (room,) = alice.syncs().invites()

    code = (403, "M_CANNOT_LEAVE_SERVER_NOTICE_ROOM")
    assert refusal(alice, "POST", f"/v3/rooms/{room}/leave") == code
    state = f"/v3/rooms/{room}/state/m.room.member/@alice:test"
    assert refusal(alice, "PUT", state, {"membership": "leave"}) == code
    alice.joins(room)
    alice.leaves(room)


def test_users_only_read_there(people: tuple[Person, Person]) -> None:
    admin, alice = people
    admin.post(PATH, notice("hello"))
    (room,) = alice.syncs().invites()
    alice.joins(room)

    path = f"/v3/rooms/{room}/send/m.room.message/t"
    assert refusal(alice, "PUT", path, {"body": "hi"}) == (403, "M_FORBIDDEN")


def test_only_administrators_speak_for_the_server(people: tuple[Person, Person]) -> None:
    admin, alice = people

    assert refusal(alice, "POST", PATH, notice("x")) == (403, "M_FORBIDDEN")
    for user_id in ("@nobody:test", "@notices:test", "@bob:elsewhere.example"):
        body = notice("x", user_id=user_id)
        assert refusal(admin, "POST", PATH, body) == (404, "M_NOT_FOUND")
    assert refusal(admin, "POST", PATH, {"user_id": "@alice:test"})[0] == 400


def test_it_is_off_until_somebody_is_named(server: Server) -> None:
    admin, _ = server.people("admin", "alice")
    outcome(server.app.accounts.accounts.make_admin("@admin:test", True))

    assert refusal(admin, "POST", PATH, notice("x")) == (400, "M_INVALID_PARAM")


def test_an_account_that_ends_goes_too(people: tuple[Person, Person]) -> None:
    admin, alice = people
    admin.post(PATH, notice("hello"))
    auth = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": "alice"},
        "password": "correct horse battery",
    }

    alice.post("/v3/account/deactivate", {"auth": auth})

    assert refusal(admin, "POST", PATH, notice("x")) == (404, "M_NOT_FOUND")
