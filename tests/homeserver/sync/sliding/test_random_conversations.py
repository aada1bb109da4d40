"""Whatever people do, whatever a client looks at meanwhile, and whichever answers get lost:
who folds all answers of sliding sync ends with what the rooms hold, and with what a client of the
ordinary sync has been told meanwhile.
"""

from contextlib import suppress
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.homeserver.sync.clients import Client, Room
from tests.homeserver.sync.sliding.folding import MEMBER, Folded, FoldingClient
from tests.homeserver.sync.test_random_conversations import ACTIONS, everything_visible, page
from tests.people import Refused, Server

PEOPLE = ("alice", "bob")
STYLES = [(merged, lazy) for merged in (False, True) for lazy in (False, True)]
ROOMS = 3

people = st.integers(0, len(PEOPLE) - 1)
rooms = st.integers(0, ROOMS - 1)
looks = st.tuples(
    people,
    st.integers(0, ROOMS - 1),
    st.integers(0, 4),
    st.integers(-1, ROOMS - 1),
    st.booleans(),
)
actions = st.sampled_from([*sorted(ACTIONS), *["says", "joins"] * 4])
steps = st.one_of(st.tuples(actions, people, people, rooms), looks)


@pytest.fixture
def clients(server: Server) -> list[list[FoldingClient]]:
    """For each person one client of each style."""
    everybody = server.people(*PEOPLE)
    return [
        [FoldingClient.of(person.logs_in(), merged=merged, lazy=lazy) for merged, lazy in STYLES]
        for person in everybody
    ]


@pytest.fixture
def ordinary(clients: list[list[FoldingClient]]) -> list[Client]:
    """For each person one that uses /v3/sync."""
    return [Client(devices[0].person.logs_in(), False, False) for devices in clients]


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(steps, min_size=15, max_size=30))
def test_every_client_ends_with_what_the_rooms_hold(
    clients: list[list[FoldingClient]],
    ordinary: list[Client],
    story: list[tuple[object, ...]],
) -> None:
    everybody = [devices[0].person for devices in clients]
    places = [everybody[n % len(PEOPLE)].creates_room(preset="public_chat") for n in range(ROOMS)]
    for person in everybody:
        for place in places:
            person.joins(place)
    for client in chain(*clients):
        client.client.pos, client.rooms = "", {}
        client.syncs(last=99, limit=2)
    for plain in ordinary:
        plain.person.since, plain.rooms = "", {}

    for step in story:
        match step:
            case (str(action), int(who), int(whom), int(number)):
                with suppress(Refused):
                    ACTIONS[action](everybody[who], everybody[whom], places[number])
            case (int(who), int(last), int(limit), int(opened), bool(lost)):
                room = places[opened] if opened >= 0 else ""
                for client in clients[who]:
                    client.syncs(last, limit, room, lost=lost)
                ordinary[who].syncs(limit + 1)

    for plain, devices in zip(ordinary, clients, strict=True):
        plain.syncs(limit=3)
        at_once = plain.person.syncs(since="").body.get("rooms", {})
        for client in devices:
            client.syncs(last=99, limit=3)
            for place in places:
                agrees(client, place)
                agrees_with_ordinary(client, place, plain.rooms.get(place, Room()), at_once)
            client.syncs(last=99, limit=3)


def agrees_with_ordinary(client: FoldingClient, place: str, told: Room, at_once: Any) -> None:
    """`told` is what /v3/sync said step by step; `at_once` what it says to a new client."""
    room = client.rooms.get(place, Folded())
    assert (room.membership == "join") == told.is_joined == (place in at_once.get("join", {}))
    assert (room.membership == "invite") == (place in at_once.get("invite", {}))
    if room.membership != "join":
        return
    assert room.timeline[-len(told.timeline) :] == told.timeline
    assert room.state.items() <= told.state.items() if client.lazy else room.state == told.state
    entry = at_once["join"][place]
    assert room.joined == entry["summary"]["m.joined_member_count"]
    if room.name is None:
        assert room.heroes == entry["summary"]["m.heroes"]
    if not client.client.merged:
        counts = entry["unread_notifications"]
        assert room.unread == (counts["notification_count"], counts["highlight_count"])


def agrees(client: FoldingClient, place: str) -> None:
    room = client.rooms.get(place, Folded())
    assert len(room.timeline) == len(set(room.timeline))
    joined = client.person.get("/v3/joined_rooms")["joined_rooms"]
    assert (room.membership == "join") == (place in joined)
    if room.membership != "join":
        return
    assert room.timeline == everything_visible(client.person, place)
    events: Any = client.person.get(f"/v3/rooms/{place}/state")
    state = {(event["type"], event["state_key"]): event["event_id"] for event in events}
    assert room.joined == sum(
        event["type"] == MEMBER and event["content"]["membership"] == "join" for event in events
    )
    if not client.lazy:
        assert room.state == state
        return
    assert room.state.items() <= state.items()
    assert {type for type, _ in state.keys() - room.state.keys()} <= {MEMBER}
    speaker = page(client.person, place)[0]["sender"]
    assert (MEMBER, speaker) in room.state
