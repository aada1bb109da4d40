"""Who is there: an Isthmus, a Synapse, and people on both."""

import os
from collections.abc import Iterator

import pytest
from attrs import frozen

from scripts.benchmarks import synapse as benchmarked
from scripts.benchmarks.processes import exit_on_signals
from tests.certificates import Authority
from tests.federation.homeservers import Homeserver
from tests.federation.people import Person, shared_room, somebody
from tests.federation.products import isthmus, synapse
from tests.federation.relay import Relays
from tests.federation.town import Town
from tests.postgres import PostgresServer

ON_POSTGRESQL = os.environ.get("ISTHMUS_TEST_DATABASE") == "postgresql"
"""Whether Isthmus runs on PostgreSQL in this suite."""


@pytest.fixture(scope="session")
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """At its end, our servers must have stopped well and have logged no error."""

    # Asked for here, it outlives the servers.
    postgres: PostgresServer | None = request.getfixturevalue("postgres") if ON_POSTGRESQL else None

    def new_database() -> dict[str, str]:
        return {"engine": "postgresql", "dsn": postgres.new_database()} if postgres else {}

    exit_on_signals()
    benchmarked.install()
    folder = tmp_path_factory.mktemp("town")
    town = Town(Relays(), folder, Authority(folder), new_database, [])
    try:
        yield town
    finally:
        for server in town.servers:
            server.stop()
    ours = [server for server in town.servers if server.product.name == "Isthmus"]
    complaints = [line for server in ours for line in server.complaints()]
    assert complaints == []


@pytest.fixture(scope="session")
def our_server(town: Town) -> Homeserver:
    return town.add(isthmus())


@pytest.fixture(scope="session")
def our_second_server(town: Town) -> Homeserver:
    return town.add(isthmus())


@pytest.fixture(scope="session")
def their_server(town: Town) -> Homeserver:
    return town.add(synapse())


@frozen
class Sides:
    """Where a room is made, and who comes from elsewhere."""

    host: Homeserver
    guest: Homeserver


@pytest.fixture(params=["isthmus hosts", "synapse hosts"])
def sides(
    request: pytest.FixtureRequest, our_server: Homeserver, their_server: Homeserver
) -> Sides:
    if request.param == "isthmus hosts":
        return Sides(our_server, their_server)
    return Sides(their_server, our_server)


@pytest.fixture(params=["10", "11", "12"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def alice(sides: Sides) -> Person:
    """She makes the rooms."""
    return somebody(sides.host, "alice")


@pytest.fixture
def bob(sides: Sides) -> Person:
    """He comes from the other server."""
    return somebody(sides.guest, "bob")


@pytest.fixture
def room(alice: Person, bob: Person, version: str) -> str:
    """A public room of alice's in which bob is too, and both know it."""
    return shared_room(alice, bob, version)
