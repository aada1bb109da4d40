"""Keys of other servers' users, asked for and held."""

from urllib.parse import quote

from homeserver.storage import remote_devices
from tests.homeserver.delivery.test_between_servers import DeliveringServer
from tests.homeserver.devices.crypto import SIGNED, Crypto, Identity, asks, claims, signed
from tests.homeserver.devices.two_servers import held, keys_of, meet, questions
from tests.linked_servers import Network
from tests.outcomes import outcome
from tests.people import JsonObject, Person


def test_keys_of_a_stranger_are_asked_for_each_time(
    servers: list[DeliveringServer], network: Network, alice: Person, bob: Person
) -> None:
    crypto = Crypto(alice).settles()

    for _ in range(2):
        keys = keys_of(bob, alice)[alice.device_id]
        assert keys.pop("unsigned") == {"device_display_name": "Phone"}
        assert keys == crypto.device_keys()
        assert questions(network) == ["/user/keys/query"]
    assert held(servers[1], alice.user_id) is None


def test_keys_of_somebody_in_a_common_room_are_held(
    servers: list[DeliveringServer], network: Network, alice: Person, bob: Person
) -> None:
    Crypto(alice).settles()
    meet(alice, bob)
    network.asked.clear()

    first, second = keys_of(bob, alice), keys_of(bob, alice)

    assert list(first) == [alice.device_id] and first == second
    assert questions(network) == [f"/user/devices/{quote(alice.user_id)}"]


def test_cross_signing_keys_come_too_but_not_what_is_private(
    servers: list[DeliveringServer], alice: Person, bob: Person
) -> None:
    identity = Identity(alice)
    identity.uploads()
    of_bob = Identity(bob)
    of_bob.uploads()

    for _ in "before", "after":
        answer = asks(bob, alice)
        assert (
            answer["master_keys"][alice.user_id]["keys"] == identity.bodies()["master_key"]["keys"]
        )
        assert alice.user_id in answer["self_signing_keys"]
        assert alice.user_id not in answer.get("user_signing_keys", {})
        meet(alice, bob)

    master = signed(
        asks(bob, alice)["master_keys"][alice.user_id], bob.user_id, of_bob.user_signing
    )
    (name,) = identity.bodies()["master_key"]["keys"].values()
    bob.post("/v3/keys/signatures/upload", {alice.user_id: {name: master}})
    assert bob.user_id in asks(bob, alice)["master_keys"][alice.user_id]["signatures"]
    of_alice = asks(alice, alice)["master_keys"][alice.user_id]
    assert bob.user_id not in of_alice.get("signatures", {})


def test_each_claim_over_federation_gets_another_key(alice: Person, bob: Person) -> None:
    Crypto(alice).settles(one_time_keys=2)

    found = [claims(bob, alice)[0] for _ in range(3)]

    assert [list(key) for key in found] == [[f"{SIGNED}:K000001"], [f"{SIGNED}:K000002"], []]


def test_who_does_not_answer_is_named_and_the_others_answer_all_the_same(
    servers: list[DeliveringServer], network: Network, alice: Person, bob: Person
) -> None:
    Crypto(bob).settles()
    with network.cut("a", "b"):
        answer = asks(bob, bob, alice)
        claimed = bob.post(
            "/v3/keys/claim", {"one_time_keys": {alice.user_id: {alice.device_id: SIGNED}}}
        )

    assert list(answer["device_keys"]) == [bob.user_id]
    assert list(answer["failures"]) == list(claimed["failures"]) == ["a"]
    assert claimed["one_time_keys"] == {}


def test_one_poisoned_device_does_not_hide_the_others(
    network: Network, alice: Person, bob: Person
) -> None:
    crypto = Crypto(alice).settles()
    meet(alice, bob)

    def none(answer: JsonObject) -> JsonObject:
        return {}

    def poison(answer: JsonObject) -> JsonObject:
        good = crypto.device_keys()
        bad: JsonObject = {
            "EVIL": {**good, "device_id": "EVIL"},
            "NONE": None,
            "ODD": {**good, "keys": {"ed25519:ODD": 7}},
            "\0": good,
            "FORGED": {**good, "signatures": {}},
        }
        devices = {**bad, **answer["device_keys"][alice.user_id]}
        master = {"user_id": "@mallory:a", "usage": ["master"], "keys": {}}
        return {
            "device_keys": {alice.user_id: devices, bob.user_id: devices},
            "master_keys": {alice.user_id: master},
            "self_signing_keys": [],
        }

    with network.tampered("/user/keys/query", poison), network.tampered("/user/devices", none):
        answer = asks(bob, alice)

    assert list(answer["device_keys"]) == [alice.user_id]
    assert list(answer["device_keys"][alice.user_id]) == [alice.device_id]
    assert answer["master_keys"] == {}


def test_a_claimed_key_that_is_none_is_not_passed_on(
    network: Network, alice: Person, bob: Person
) -> None:
    Crypto(alice).settles(one_time_keys=1)

    def poison(answer: JsonObject) -> JsonObject:
        return {"one_time_keys": {alice.user_id: {alice.device_id: {f"{SIGNED}:A": {"key": 1}}}}}

    with network.tampered("/user/keys/claim", poison):
        assert claims(bob, alice) == [{}]


def test_many_lists_of_one_server_are_asked_for_together(
    servers: list[DeliveringServer], network: Network, bob: Person
) -> None:
    a, b = servers
    host = a.person("host")
    room = meet(host, bob)
    people = [a.person(f"p{number}") for number in range(12)]
    for person in people:
        person.joins(room)
        Crypto(person).settles()
    b.wait(60)
    for person in people:
        outcome(b.database.write(remote_devices.forget, person.user_id))
    network.asked.clear()

    answer = asks(bob, *people)

    assert len(answer["device_keys"]) == 12
    assert questions(network) == ["/user/keys/query"]
    found = held(b, people[0].user_id)
    assert found is not None and found.base is None and not found.is_stale
