"""Device lists of other servers' users, kept true by what their servers tell."""

from tests.homeserver.delivery.test_between_servers import DeliveringServer
from tests.homeserver.devices.crypto import Crypto, Identity, asks, new_key, signed
from tests.homeserver.devices.two_servers import changed, held, keys_of, meet, questions
from tests.linked_servers import Network
from tests.people import JsonObject, Person


def test_changes_are_applied_without_asking_and_clients_hear_of_them(
    servers: list[DeliveringServer], network: Network, alice: Person, bob: Person
) -> None:
    Crypto(alice).settles()
    meet(alice, bob)
    keys_of(bob, alice)
    # The first update of all follows nothing, so the list is fetched again; then it is known.
    alice.put(f"/v3/devices/{alice.device_id}", {"display_name": "Slab"})
    servers[1].wait(30)
    changed(bob)
    network.asked.clear()

    tablet = alice.logs_in()
    assert changed(bob) == []
    Crypto(tablet).settles()

    assert changed(bob) == [alice.user_id]
    assert set(keys_of(bob, alice)) == {alice.device_id, tablet.device_id}
    tablet.post("/v3/logout")
    assert changed(bob) == [alice.user_id]
    assert set(keys_of(bob, alice)) == {alice.device_id}
    assert questions(network) == []


def test_new_cross_signing_keys_are_told(
    servers: list[DeliveringServer], network: Network, alice: Person, bob: Person
) -> None:
    meet(alice, bob)
    keys_of(bob, alice)
    alice.put(f"/v3/devices/{alice.device_id}", {"display_name": "Slab"})
    servers[1].wait(30)
    changed(bob)

    identity = Identity(alice)
    identity.uploads()

    assert changed(bob) == [alice.user_id]
    network.asked.clear()
    master = asks(bob, alice)["master_keys"][alice.user_id]
    assert master == {**identity.bodies()["master_key"], "signatures": {}}
    assert questions(network) == []


def test_lists_are_let_go_with_the_last_common_room(
    servers: list[DeliveringServer], alice: Person, bob: Person
) -> None:
    _, b = servers
    Crypto(alice).settles()
    room, other = meet(alice, bob), meet(alice, bob)
    keys_of(bob, alice)

    alice.leaves(room)
    assert held(b, alice.user_id) is not None
    bob.syncs()
    bob.leaves(other)

    assert held(b, alice.user_id) is None
    assert bob.syncs().body["device_lists"]["left"] == [alice.user_id]


def test_what_a_server_tells_of_others_users_or_of_strangers_changes_nothing(
    servers: list[DeliveringServer], alice: Person, bob: Person
) -> None:
    a, b = servers
    Crypto(alice).settles()
    meet(alice, bob)
    keys_of(bob, alice)
    before = held(b, alice.user_id)
    changed(bob)

    for user_id, more in (
        (bob.user_id, {}),
        ("@stranger:a", {}),
        (alice.user_id, {"stream_id": "7"}),
        (alice.user_id, {"prev_id": 7}),
        (alice.user_id, {"prev_id": ["7"]}),
        (alice.user_id, {"device_id": ""}),
    ):
        edu = {"user_id": user_id, "device_id": "X", "stream_id": 7, "prev_id": [], **more}
        a.sends_edu("b", "m.device_list_update", edu)
    a.sends_edu("b", "m.signing_key_update", {"user_id": bob.user_id})

    assert held(b, alice.user_id) == before
    assert held(b, "@stranger:a") is None
    assert changed(bob) == []


def test_a_forged_device_in_an_update_is_left_out(
    servers: list[DeliveringServer], alice: Person, bob: Person
) -> None:
    a, b = servers
    crypto = Crypto(alice).settles()
    meet(alice, bob)
    keys_of(bob, alice)
    alice.put(f"/v3/devices/{alice.device_id}", {"display_name": "Slab"})
    b.wait(30)
    found = held(b, alice.user_id)
    assert found is not None and found.base is not None

    edu: JsonObject = {
        "user_id": alice.user_id,
        "device_id": "EVIL",
        "stream_id": found.base + 1,
        "prev_id": [found.base],
        "keys": signed({**crypto.device_keys(), "device_id": "EVIL"}, alice.user_id, new_key("E")),
    }
    a.sends_edu("b", "m.device_list_update", edu)

    assert list(keys_of(bob, alice)) == [alice.device_id]
