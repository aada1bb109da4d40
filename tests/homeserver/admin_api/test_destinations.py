"""Other servers, and how they are reached."""

import pytest

from homeserver.storage import outgoing
from homeserver.storage.outgoing import Lag
from tests.conftest import Link
from tests.homeserver.rooms.test_joining import refusal
from tests.outcomes import outcome
from tests.people import Person

PATH = "/_synapse/admin/v1/federation/destinations"


@pytest.fixture
def meeting(link: Link) -> tuple[Person, str]:
    """An administrator in a room with somebody of another server; and that room."""
    here, there = link("one", "two")
    admin, bob = here.person("admin"), there.person("bob")
    outcome(here.app.accounts.accounts.make_admin(admin.user_id, True))
    room = admin.creates_room(preset="public_chat")
    bob.joins(room, "one")
    return admin, room


@pytest.mark.parametrize("link", ["sqlite", "postgresql"], indirect=True)
def test_servers_and_the_rooms_with_them(meeting: tuple[Person, str]) -> None:
    admin, room = meeting
    expected = {
        "destination": "two",
        "retry_last_ts": 0,
        "retry_interval": 0,
        "failure_ts": None,
        "last_successful_stream_ordering": here_upto(admin),
    }

    assert admin.get(PATH) == {"destinations": [expected], "total": 1}
    assert admin.get(PATH, destination="three") == {"destinations": [], "total": 0}
    assert admin.get(f"{PATH}/two") == expected
    rooms = admin.get(f"{PATH}/two/rooms")
    assert (rooms["total"], rooms["rooms"][0]["room_id"]) == (1, room)
    assert refusal(admin, "GET", f"{PATH}/three") == (404, "M_NOT_FOUND")
    assert refusal(admin, "GET", f"{PATH}/three/rooms") == (404, "M_NOT_FOUND")


def here_upto(person: Person) -> int:
    """How far the number line has come: who answers has all of it."""
    position: int = outcome(person.server.app.database.read(lambda txn: txn.position))
    return position


def test_what_a_silent_server_has(meeting: tuple[Person, str]) -> None:
    admin, room = meeting
    here = admin.server
    reached = here_upto(admin)
    lag = {"two": Lag(reached, here.clock.now_ms())}
    outcome(here.app.database.write(outgoing.save_lags, lag))

    admin.sends(room, "unheard")

    assert here_upto(admin) > reached
    assert admin.get(f"{PATH}/two")["last_successful_stream_ordering"] == reached


def test_a_silent_server_is_asked_again_at_once(meeting: tuple[Person, str]) -> None:
    admin, _ = meeting
    backoff = admin.server.app.peers.backoff
    assert refusal(admin, "POST", f"{PATH}/two/reset_connection") == (400, "M_INVALID_PARAM")
    backoff.failed("two", admin.server.clock.now_ms())
    silent = admin.get(f"{PATH}/two")
    assert silent["failure_ts"] == admin.server.clock.now_ms()
    assert silent["retry_interval"] > 0

    assert admin.post(f"{PATH}/two/reset_connection") == {}

    assert admin.get(f"{PATH}/two")["retry_interval"] == 0
    assert backoff.silence_of("two") is None
