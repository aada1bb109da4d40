"""Two homeservers that have nothing but their own delivery between them."""

from pathlib import Path
from urllib.parse import quote

import pytest

from homeserver.config.accounts import Passwords, Registration
from homeserver.config.limits import RateLimits
from homeserver.config.network import Federation
from homeserver.config.settings import Settings
from homeserver.config.storage import SqliteDatabase
from tests.linked_servers import FEDERATION, LinkedServer, Network, Reaching
from tests.outcomes import outcome
from tests.people import Person


class DeliveringServer(LinkedServer):
    """Sends by its delivery, not by what stands in for one elsewhere."""

    def link(self, network: Network) -> None:
        name = self.settings.server_name
        network.servers[name] = self
        peers = self.app.peers
        for part in (peers.peers, peers.server_keys._fetching):
            part._reaching = Reaching(name, network)  # type: ignore[assignment]
        self.federation = self.app.factory(FEDERATION)
        outcome(self.app.delivery.start())

    def wait(self, seconds: int) -> None:
        for _ in range(seconds // 5):
            self.clock.advance(5)


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def servers(quick_path: Path, network: Network) -> list[DeliveringServer]:
    return [start(quick_path, name, network) for name in ("a", "b")]


def start(
    folder: Path, name: str, network: Network, federation: Federation | None = None
) -> DeliveringServer:
    settings = Settings(
        server_name=name,
        database=SqliteDatabase(path=folder / f"{name}.db"),
        signing_key_path=folder / f"{name}.key",
        registration=Registration(enabled=True),
        passwords=Passwords(hash_memory=8 * 1024, hash_passes=1),
        rate_limits=RateLimits(enabled=False),
        trusted_key_servers=(),
        federation=federation or Federation(),
    )
    server = DeliveringServer(settings)
    server.link(network)
    return server


def meet(servers: list[DeliveringServer]) -> tuple[Person, Person, str]:
    a, b = servers
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{quote(room, safe='')}?via=a")
    bob.syncs()
    return alice, bob, room


def test_messages_go_both_ways(servers: list[DeliveringServer]) -> None:
    alice, bob, room = meet(servers)
    alice.syncs()

    asked = alice.sends(room, "are you there?")
    answered = bob.sends(room, "yes")

    assert bob.syncs().timeline(room) == [asked, answered]
    assert alice.syncs().timeline(room) == [asked, answered]


def test_after_an_outage_both_sides_hold_the_same(
    servers: list[DeliveringServer], network: Network
) -> None:
    a, b = servers
    alice, bob, room = meet(servers)
    with network.cut("a", "b"):
        of_alice = [alice.sends(room, f"a{number}") for number in range(120)]
        of_bob = [bob.sends(room, f"b{number}") for number in range(60)]
        assert b.find(of_alice[0]) is None
    for server in servers:
        server.wait(180)

    for event_id in (*of_alice, *of_bob):
        assert a.find(event_id) is not None and b.find(event_id) is not None
    assert a.state_of(room) == b.state_of(room)
    last = alice.sends(room, "together again")
    assert b.head(room).extremities == a.head(room).extremities == (last,)


def test_what_is_fleeting_arrives(servers: list[DeliveringServer]) -> None:
    alice, bob, room = meet(servers)
    event = alice.sends(room, "read this")
    bob.syncs()

    bob.post(f"/v3/rooms/{quote(room)}/receipt/m.read/{quote(event)}")
    bob.put(f"/v3/rooms/{quote(room)}/typing/{bob.user_id}", {"typing": True})
    bob.put(
        "/v3/sendToDevice/m.test/t1",
        {"messages": {alice.user_id: {alice.device_id: {"secret": "s"}}}},
    )

    synced = alice.syncs()
    ephemeral = {e["type"]: e["content"] for e in synced.room(room)["ephemeral"]["events"]}
    assert bob.user_id in ephemeral["m.receipt"][event]["m.read"]
    assert ephemeral["m.typing"]["user_ids"] == [bob.user_id]
    (message,) = synced.body["to_device"]["events"]
    assert message == {"type": "m.test", "sender": bob.user_id, "content": {"secret": "s"}}
