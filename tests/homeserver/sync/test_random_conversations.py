"""Whatever people do and whenever they sync: nothing is lost, nothing is told twice."""

from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.homeserver.sync.clients import Client, Room
from tests.people import JsonObject, Person, Refused, Server

PEOPLE = ("alice", "bob", "mallory")
VISIBILITIES = ("shared", "joined", "invited")
STYLES = [(state_after, lazy) for state_after in (False, True) for lazy in (False, True)]

Action = Callable[[Person, Person, str], object]


def becomes(visibility: str) -> Action:
    content = {"history_visibility": visibility}
    return lambda who, _, room: who.sets(room, "m.room.history_visibility", content)


def removes(how: str) -> Action:
    return lambda who, whom, room: who.post(f"/v3/rooms/{room}/{how}", {"user_id": whom.user_id})


def renames(who: Person, _: Person, room: str) -> None:
    content = {"membership": "join", "displayname": f"{who.name} {who.server.number()}"}
    who.sets(room, "m.room.member", content, who.user_id)


def sets_topic(who: Person, _: Person, room: str) -> None:
    who.sets(room, "m.room.topic", {"topic": str(who.server.number())})


def says(who: Person, _: Person, room: str) -> str:
    return who.sends(room, "words")


ACTIONS: dict[str, Action] = {
    "says": says,
    "says more": lambda who, whom, room: [says(who, whom, room) for _ in range(4)],
    "sets topic": sets_topic,
    "renames": renames,
    "joins": lambda who, _, room: who.joins(room),
    "leaves": lambda who, _, room: who.leaves(room),
    "invites": lambda who, whom, room: who.invites(room, whom),
    "kicks": removes("kick"),
    "bans": removes("ban"),
    "unbans": removes("unban"),
    **{f"{visibility} from now": becomes(visibility) for visibility in VISIBILITIES},
}

people = st.integers(0, len(PEOPLE) - 1)
rooms = st.integers(0, 1)
steps = st.one_of(
    st.tuples(st.sampled_from(sorted(ACTIONS)), people, people, rooms),
    st.tuples(people, st.integers(0, len(STYLES) - 1), st.integers(1, 5)),
)


@pytest.fixture
def clients(server: Server) -> list[list[Client]]:
    """For each person one client of each style."""
    everybody = server.people(*PEOPLE)
    return [[Client(person.logs_in(), *style) for style in STYLES] for person in everybody]


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(steps, min_size=5, max_size=40))
def test_every_client_ends_with_the_whole_room(
    clients: list[list[Client]], story: list[tuple[object, ...]]
) -> None:
    everybody = [devices[0].person for devices in clients]
    places = [everybody[n].creates_room(preset="public_chat") for n in (0, 1)]
    for client in chain(*clients):
        client.person.since = ""
        client.rooms = {}

    for step in story:
        match step:
            case (str(action), int(who), int(whom), int(place)):
                with suppress(Refused):
                    ACTIONS[action](everybody[who], everybody[whom], places[place])
            case (int(who), int(style), int(limit)):
                clients[who][style].syncs(limit)

    for devices in clients:
        for client in devices:
            client.syncs(limit=3)
            for room in places:
                agrees(client, room)


def agrees(client: Client, place: str) -> None:
    room = client.rooms.get(place, Room())
    assert len(room.timeline) == len(set(room.timeline))
    joined = client.person.get("/v3/joined_rooms")["joined_rooms"]
    assert room.is_joined == (place in joined)
    if not room.is_joined:
        return
    assert room.timeline == everything_visible(client.person, place)
    events: Any = client.person.get(f"/v3/rooms/{place}/state")
    state = {(event["type"], event["state_key"]): event["event_id"] for event in events}
    if not client.lazy:
        assert room.state == state
        return
    assert room.state.items() <= state.items()
    absent = state.keys() - room.state.keys()
    assert {type for type, _ in absent} <= {"m.room.member"}
    assert not absent & {("m.room.member", user) for user in last_speakers(client.person, place)}


def everything_visible(person: Person, place: str) -> list[str]:
    return [event["event_id"] for event in page(person, place)][::-1]


def last_speakers(person: Person, place: str) -> set[str]:
    """Whom the last sync must have named."""
    return {event["sender"] for event in page(person, place)[:1]}


def page(person: Person, place: str) -> list[JsonObject]:
    chunk: list[JsonObject] = person.get(f"/v3/rooms/{place}/messages", dir="b", limit=1000)[
        "chunk"
    ]
    return chunk
