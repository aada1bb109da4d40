"""Device lists of which something was missed are fetched."""

from urllib.parse import quote

from tests.homeserver.delivery.test_between_servers import DeliveringServer
from tests.homeserver.devices.crypto import Crypto, asks
from tests.homeserver.devices.two_servers import changed, held, keys_of, meet, questions
from tests.linked_servers import Network
from tests.outcomes import outcome
from tests.people import Person


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
