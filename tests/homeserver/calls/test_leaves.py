from collections.abc import Callable, Iterator

import pytest
from attrs import evolve

from homeserver.calls.identities import Seat, of_device
from homeserver.config.calls import Calls, LiveKit
from homeserver.config.settings import Settings
from tests.homeserver.calls.livekit import (
    API_URL,
    KEY,
    SECRET,
    SERVICE,
    URL,
    FakeLiveKit,
    Talk,
    member,
)
from tests.internet import Internet
from tests.outcomes import outcome
from tests.people import Person, Refused, Server

SLOT = "m.call#ROOM"
MEMBERSHIP = "org.matrix.msc3401.call.member"
DELEGATE = "/v1/rtc/livekit/delegate_delayed_leave"
HOUR_MS = 3_600_000


def schedules_leave(person: Person, room: str, delay_ms: int = HOUR_MS) -> str:
    key = f"_{person.user_id}"
    person.put(f"/v3/rooms/{room}/state/{MEMBERSHIP}/{key}", {"application": "m.call"})
    path = f"/v3/rooms/{room}/delayed_event/{MEMBERSHIP}/t{person.server.number()}"
    leave = {"delay_ms": delay_ms, "state_key": key, "content": {}}
    return str(person.put(path, leave)["delay_id"])


def has_left(person: Person, room: str) -> bool:
    return person.get(f"/v3/rooms/{room}/state/{MEMBERSHIP}/_{person.user_id}") == {}


def seat_of(person: Person, room: str) -> Seat:
    name = f"member of {person.name}"
    return of_device(room, SLOT, person.user_id, person.device_id, name)


def delegates(talk: Talk, person: Person, room: str, delay_id: str) -> None:
    shown = {"id": f"member of {person.name}", "claimed_device_id": person.device_id}
    body = {"url": URL, "room_id": room, "slot_id": SLOT, "member": shown, "delay_id": delay_id}
    assert talk.post(person, DELEGATE, body) == {}


@pytest.fixture
def call(talk: Talk) -> tuple[Talk, Person, str]:
    """Alice is in the call of a room."""
    alice = talk.server.person("alice")
    room = alice.creates_room()
    talk.livekit.lets_in(talk.token(alice, room))
    return talk, alice, room


def test_a_leave_waits_as_long_as_its_owner_is_there(call: tuple[Talk, Person, str]) -> None:
    talk, alice, room = call
    delegates(talk, alice, room, schedules_leave(alice, room, 60_000))

    for _ in range(60):
        talk.internet.pass_time(5)

    assert not has_left(alice, room)


def test_who_is_gone_leaves_at_once_when_livekit_says_so(call: tuple[Talk, Person, str]) -> None:
    talk, alice, room = call
    delegates(talk, alice, room, schedules_leave(alice, room))
    seat = seat_of(alice, room)
    talk.livekit.tells(talk.server, "participant_joined", seat.room, seat.identity)
    talk.internet.settle()

    talk.livekit.rooms[seat.room].discard(seat.identity)
    talk.livekit.tells(talk.server, "participant_left", seat.room, seat.identity)
    talk.internet.settle()

    assert has_left(alice, room)


def test_who_is_gone_leaves_soon_when_livekit_says_nothing(
    call: tuple[Talk, Person, str],
) -> None:
    talk, alice, room = call
    delegates(talk, alice, room, schedules_leave(alice, room))
    seat = seat_of(alice, room)
    for _ in range(10):
        talk.internet.pass_time(5)
    talk.livekit.rooms[seat.room].discard(seat.identity)

    for _ in range(10):
        talk.internet.pass_time(5)

    assert has_left(alice, room)


def test_who_never_comes_leaves_after_a_while(talk: Talk) -> None:
    alice = talk.server.person("alice")
    room = alice.creates_room()
    talk.token(alice, room)
    delegates(talk, alice, room, schedules_leave(alice, room))

    for _ in range(20):
        talk.internet.pass_time(5)
    assert not has_left(alice, room)
    for _ in range(20):
        talk.internet.pass_time(5)

    assert has_left(alice, room)


def test_nobody_is_put_out_because_livekit_does_not_answer(
    call: tuple[Talk, Person, str],
) -> None:
    talk, alice, room = call
    delegates(talk, alice, room, schedules_leave(alice, room))
    talk.internet.pass_time(60)
    talk.livekit.is_away = True

    for _ in range(60):
        talk.internet.pass_time(5)

    assert not has_left(alice, room)


def test_a_token_and_the_leave_come_in_one_request(talk: Talk) -> None:
    alice = talk.server.person("alice")
    room = alice.creates_room()
    delay_id = schedules_leave(alice, room)
    body = {
        "room_id": room,
        "slot_id": SLOT,
        "member": member(alice),
        "openid_token": talk.openid(alice),
        "delay_id": delay_id,
        "delay_timeout": HOUR_MS,
        "delay_cs_api_url": "https://test",
    }

    talk.livekit.lets_in(talk.post(talk.server.anonymous, SERVICE + "/get_token", body)["jwt"])
    seat = seat_of(alice, room)
    talk.livekit.tells(talk.server, "participant_left", seat.room, seat.identity)
    talk.internet.settle()

    assert has_left(alice, room)


def test_nobody_hands_over_what_is_not_theirs(call: tuple[Talk, Person, str]) -> None:
    talk, alice, room = call
    bob = talk.server.person("bob")
    bobs_room = bob.creates_room()
    talk.token(bob, bobs_room)
    delay_id = schedules_leave(alice, room)

    for owner, where, id in ((bob, bobs_room, delay_id), (alice, room, "a guess")):
        with pytest.raises(Refused) as refused:
            delegates(talk, owner, where, id)
        assert refused.value.errcode == "M_INVALID_PARAM"


def test_a_later_leave_takes_the_place_of_an_earlier_one(call: tuple[Talk, Person, str]) -> None:
    talk, alice, room = call
    first, second = schedules_leave(alice, room), schedules_leave(alice, room)
    delegates(talk, alice, room, first)
    delegates(talk, alice, room, second)

    seat = seat_of(alice, room)
    talk.livekit.tells(talk.server, "participant_left", seat.room, seat.identity)
    talk.internet.settle()

    kept = alice.get(f"/unstable/org.matrix.msc4140/delayed_events/{first}")
    assert "finalised" not in kept and has_left(alice, room)


@pytest.fixture
def restart(settings: Settings, internet: Internet) -> Iterator[Callable[[], Server]]:
    """Start the server, or start it anew on the same database."""
    calls = Calls(livekit=LiveKit(url=URL, api_url=API_URL, key=KEY, secret=SECRET))
    running: list[Server] = []

    def start() -> Server:
        if running:
            running.pop().stop()
        running.append(Server(evolve(settings, calls=calls), internet))
        outcome(running[-1].app.calls.start())
        return running[-1]

    yield start
    running.pop().stop()


def test_a_leave_in_our_hands_outlives_a_restart(
    restart: Callable[[], Server], internet: Internet
) -> None:
    livekit = FakeLiveKit(internet.clock)
    livekit.listen(internet)
    talk = Talk(restart(), internet, livekit)
    alice = talk.server.person("alice")
    room = alice.creates_room()
    livekit.lets_in(talk.token(alice, room))
    delegates(talk, alice, room, schedules_leave(alice, room))
    internet.pass_time(40)

    talk.server = alice.server = restart()
    livekit.rooms[seat_of(alice, room).room].clear()
    for _ in range(10):
        internet.pass_time(5)

    assert has_left(alice, room)
