"""Keys of other servers' users: asked for, held, and kept true by what their servers tell."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest

from homeserver.config.network import Federation
from homeserver.peers.errors import RemoteError
from homeserver.storage import remote_devices
from tests.homeserver.delivery.test_between_servers import DeliveringServer, start
from tests.homeserver.devices.crypto import (
    SIGNED,
    Crypto,
    Identity,
    asks,
    claims,
    new_key,
    signed,
)
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


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def servers(quick_path: Path, network: Network) -> list[DeliveringServer]:
    return [start(quick_path, name, network) for name in ("a", "b")]


@pytest.fixture
def alice(servers: list[DeliveringServer]) -> Person:
    return servers[0].person("alice", initial_device_display_name="Phone")


@pytest.fixture
def bob(servers: list[DeliveringServer]) -> Person:
    return servers[1].person("bob")


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


# -- asked for


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


# -- kept true


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


def test_a_gap_is_noticed_and_the_list_fetched_later(
    servers: list[DeliveringServer], network: Network, alice: Person, bob: Person
) -> None:
    a, b = servers
    Crypto(alice).settles()
    meet(alice, bob)
    keys_of(bob, alice)
    network.asked.clear()

    edu = {"user_id": alice.user_id, "device_id": "X", "stream_id": 9_000, "prev_id": [8_999]}
    a.sends_edu("b", "m.device_list_update", edu)

    assert changed(bob) == [alice.user_id]
    lost = held(b, alice.user_id)
    assert lost is not None and lost.is_stale
    b.wait(30)
    assert questions(network) == [f"/user/devices/{quote(alice.user_id)}"]
    found = held(b, alice.user_id)
    assert found is not None and not found.is_stale and found.base is not None
    assert list(keys_of(bob, alice)) == [alice.device_id]


def test_who_asks_meanwhile_gets_the_truth_and_what_is_missed_is_fetched_after_a_restart(
    servers: list[DeliveringServer], network: Network, alice: Person, bob: Person
) -> None:
    a, b = servers
    Crypto(alice).settles()
    meet(alice, bob)
    keys_of(bob, alice)
    edu = {"user_id": alice.user_id, "device_id": "X", "stream_id": 9_000, "prev_id": [8_999]}
    a.sends_edu("b", "m.device_list_update", edu)
    with network.cut("a", "b"):
        b.wait(30)
        assert list(asks(bob, alice)["failures"]) == ["a"]

    b.stop()
    again = DeliveringServer(b.settings)
    again.link(network)
    assert again.app.shared_keys is not None
    outcome(again.app.shared_keys.start())
    again.wait(120)

    found = held(again, alice.user_id)
    assert found is not None and not found.is_stale


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


# -- served


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


def listen(server: LinkedServer, note: Callable[[JsonObject], None]) -> None:
    """Hear of the updates that reach a server."""
    assert server.app.federation._transactions is not None
    handlers = server.app.federation._transactions._edus._handlers
    former = handlers["m.device_list_update"]

    async def heard(origin: str, content: JsonObject) -> None:
        note(content)
        await former(origin, content)

    handlers["m.device_list_update"] = heard  # type: ignore[index]


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


def test_a_list_of_which_an_update_comes_is_fetched_where_keys_matter(
    servers: list[DeliveringServer], network: Network, alice: Person, bob: Person
) -> None:
    _, b = servers
    meet(alice, bob)
    network.asked.clear()

    Crypto(alice).settles()
    b.wait(5)

    assert questions(network) == [f"/user/devices/{quote(alice.user_id)}"]
    assert list(keys_of(bob, alice)) == [alice.device_id]
    assert questions(network) == []
