"""Who is there: an Isthmus, a Synapse, and people on both."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from attrs import define, frozen

from scripts.benchmarks import synapse as benchmarked
from scripts.benchmarks.processes import exit_on_signals
from tests.certificates import Authority
from tests.federation.homeservers import Homeserver, Product, Site, free_port
from tests.federation.people import Person
from tests.federation.products import isthmus, synapse
from tests.federation.relay import Relays
from tests.postgres import PostgresServer

ON_POSTGRESQL = os.environ.get("ISTHMUS_TEST_DATABASE") == "postgresql"
"""Whether Isthmus runs on PostgreSQL in this suite."""

_numbers = count(1)


@define
class Town:
    """All servers of a run."""

    relays: Relays
    _folder: Path
    authority: Authority
    _new_database: Callable[[], dict[str, str]]
    servers: list[Homeserver]

    def add(self, product: Product, delegates: str = "") -> Homeserver:
        """Start one more server, on the next loopback address.

        Its name is that with the port of its relay, or a name that delegates to there.
        """
        address = f"127.0.0.{len(self.servers) + 2}"
        here = address, free_port(address)
        name = delegates or f"{address}:{here[1]}"
        folder = self._folder / f"{address}-{product.name.lower()}"
        folder.mkdir()
        certificate, key = self.authority.write(folder, address)
        database = self._new_database() if product.name == "Isthmus" else {}
        ports = free_port(address), free_port(address)
        site = Site(name, address, *ports, folder, certificate, key, self.authority.path, database)
        server = Homeserver(product, site, f"{address}:{here[1]}")
        self.relays.add(name, lambda: server.pid, here, (address, site.federation_port))
        self.servers.append(server)
        server.start()
        return server


@pytest.fixture(scope="session")
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """At its end, our servers must have stopped well and have logged no error."""

    def new_database() -> dict[str, str]:
        if not ON_POSTGRESQL:
            return {}
        postgres: PostgresServer = request.getfixturevalue("postgres")
        return {"engine": "postgresql", "dsn": postgres.new_database()}

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


def somebody(home: Homeserver, name: str) -> Person:
    """Somebody new, with a name that nobody else has."""
    person = Person(home, f"{name}-{next(_numbers)}")
    person.registers()
    return person


@pytest.fixture
def room(alice: Person, bob: Person, version: str) -> str:
    """A public room of alice's in which bob is too, and both know it."""
    return shared_room(alice, bob, version)


def shared_room(alice: Person, bob: Person, version: str) -> str:
    room = alice.creates_room(room_version=version, preset="public_chat")
    bob.joins(room, alice.home.name)
    alice.sees_member(room, bob, "join")
    bob.sees_member(room, alice, "join")
    return room
