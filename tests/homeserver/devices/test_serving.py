"""What other servers get to know of the devices of our users."""

from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest

from homeserver.config.network import Federation
from homeserver.peers.errors import RemoteError
from tests.homeserver.delivery.test_between_servers import DeliveringServer, start
from tests.homeserver.devices.crypto import SIGNED, Crypto, Identity
from tests.homeserver.devices.two_servers import ENCRYPTED, V1, keys_of, listen, meet
from tests.linked_servers import Network
from tests.people import JsonObject, Person


def test_servers_are_told_the_devices_of_our_users_and_of_nobody_else(
    servers: list[DeliveringServer], alice: Person, bob: Person
) -> None:
    _, b = servers
    crypto = Crypto(alice).settles()
    identity = Identity(alice)
    identity.uploads()
    alice.logs_in()

    told = b.asks("a", "GET", f"{V1}/user/devices/{quote(alice.user_id)}")

    assert told["user_id"] == alice.user_id
    assert isinstance(told["stream_id"], int)
    assert told["devices"] == [
        {
            "device_id": alice.device_id,
            "device_display_name": "Phone",
            "keys": crypto.device_keys(),
        }
    ]
    assert told["master_key"]["keys"] == identity.bodies()["master_key"]["keys"]
    assert "user_signing_key" not in told
    for user_id in ("@nobody:a", bob.user_id, "nobody"):
        with pytest.raises(RemoteError) as refused:
            b.asks("a", "GET", f"{V1}/user/devices/{quote(user_id)}")
        assert refused.value.status == 404
    for path, body in (
        ("query", {"device_keys": {bob.user_id: []}}),
        ("claim", {"one_time_keys": {bob.user_id: {"X": SIGNED}}}),
        ("query", {"device_keys": []}),
        ("claim", {}),
    ):
        with pytest.raises(RemoteError) as refused:
            b.asks("a", "POST", f"{V1}/user/keys/{path}", body=body)
        assert refused.value.status == 400


def test_updates_follow_the_list_that_is_served(
    servers: list[DeliveringServer], alice: Person, bob: Person
) -> None:
    _, b = servers
    Crypto(alice).settles()
    meet(alice, bob)
    edus: list[JsonObject] = []
    listen(b, edus.append)
    alice.put(f"/v3/devices/{alice.device_id}", {"display_name": "Slab"})
    told = b.asks("a", "GET", f"{V1}/user/devices/{quote(alice.user_id)}")
    assert edus.pop()["stream_id"] == told["stream_id"]

    tablet = alice.logs_in()
    tablet.post("/v3/logout")

    assert edus[0]["prev_id"] == [told["stream_id"]]
    for before, after in pairwise(edus):
        assert after["prev_id"] == [before["stream_id"]]
    assert (edus[-1]["device_id"], edus[-1]["deleted"]) == (tablet.device_id, True)
    last = b.asks("a", "GET", f"{V1}/user/devices/{quote(alice.user_id)}")["stream_id"]
    assert last == edus[-1]["stream_id"]


def test_names_of_devices_stay_here_where_the_operator_says_so(
    servers: list[DeliveringServer], network: Network, quick_path: Path
) -> None:
    c = start(quick_path, "c", network, Federation(show_device_names=False))
    carol = c.person("carol", initial_device_display_name="Carol's phone")
    bob = servers[1].person("bob")
    Crypto(carol).settles()
    room = carol.creates_room(**ENCRYPTED)
    bob.post(f"/v3/join/{quote(room, safe='')}?via=c")
    edus: list[JsonObject] = []
    listen(servers[1], edus.append)

    told = keys_of(bob, carol)[carol.device_id]
    carol.put(f"/v3/devices/{carol.device_id}", {"display_name": "Carol's new phone"})
    listed = servers[1].asks("c", "GET", f"{V1}/user/devices/{quote(carol.user_id)}")
    carol.logs_in(initial_device_display_name="Carol's tablet")

    assert "unsigned" not in told
    assert "Carol's" not in str([listed, edus])
    assert edus
