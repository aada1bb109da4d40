"""Two servers whose users have devices: what tests of both sides do and look at."""

from collections.abc import Callable
from urllib.parse import quote

from homeserver.storage import remote_devices
from tests.homeserver.devices.crypto import asks
from tests.linked_servers import LinkedServer, Network
from tests.outcomes import outcome
from tests.people import JsonObject, Person

V1 = "/_matrix/federation/v1"
ENCRYPTED = {
    "preset": "public_chat",
    "initial_state": [
        {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    ],
}


def meet(alice: Person, bob: Person) -> str:
    room = alice.creates_room(**ENCRYPTED)
    bob.post(f"/v3/join/{quote(room, safe='')}?via=a")
    bob.syncs()
    return room


def keys_of(asker: Person, person: Person) -> JsonObject:
    found: JsonObject = asks(asker, person)["device_keys"].get(person.user_id, {})
    return found


def questions(network: Network) -> list[str]:
    found = [line.partition(V1)[2] for line in network.asked if "/user/" in line]
    network.asked.clear()
    return found


def held(server: LinkedServer, user_id: str) -> remote_devices.HeldList | None:
    found: remote_devices.HeldList | None = outcome(
        server.database.read(remote_devices.find, user_id)
    )
    return found


def changed(person: Person) -> list[str]:
    lists: JsonObject = person.syncs().body.get("device_lists", {})
    return list(lists.get("changed", []))


def listen(server: LinkedServer, note: Callable[[JsonObject], None]) -> None:
    """Hear of the updates that reach a server."""
    assert server.app.federation._transactions is not None
    handlers = server.app.federation._transactions._edus._handlers
    former = handlers["m.device_list_update"]

    async def heard(origin: str, content: JsonObject) -> None:
        note(content)
        await former(origin, content)

    handlers["m.device_list_update"] = heard  # type: ignore[index]
