"""Three servers; people of two are in a room that asks the policy server of the third."""

from collections.abc import Callable

import pytest

from tests.homeserver.rooms.policies.policy_server import PolicyServer, stable
from tests.linked_servers import FEDERATION, LinkedServer, Network
from tests.people import Person


@pytest.fixture
def servers(link: Callable[..., list[LinkedServer]]) -> list[LinkedServer]:
    return link("a", "b", "ps")


@pytest.fixture
def network(servers: list[LinkedServer]) -> Network:
    return servers[0].sender.network


@pytest.fixture
def policy(servers: list[LinkedServer]) -> PolicyServer:
    ps = servers[2]
    policy = PolicyServer("ps")
    ps.app.endpoints["federation"].append(policy)
    ps.federation = ps.app.factory(FEDERATION)
    return policy


@pytest.fixture
def people(servers: list[LinkedServer]) -> list[Person]:
    return [server.person(name) for server, name in zip(servers, "abp", strict=True)]


@pytest.fixture
def room(people: list[Person], policy: PolicyServer) -> str:
    alice, bob, guard = people
    room = alice.creates_room(preset="public_chat", room_version="12")
    for person in (bob, guard):
        person.post(f"/v3/join/{room}?via=a")
    alice.sets(room, "m.room.policy", stable(policy))
    alice.syncs()
    bob.syncs()
    policy.asked.clear()
    return room
