from typing import Any
from urllib.parse import quote

import orjson
import pytest

from homeserver.changes import ToDeviceArrived
from homeserver.storage import to_device
from tests.people import Person, Refused, Server


def _sends(person: Person, messages: Any, type: str = "m.test", txn: str = "1") -> None:
    person.put(f"/v3/sendToDevice/{type}/{quote(txn)}", {"messages": messages})


def _waiting(person: Person, after: int = 0, limit: int = 100) -> list[tuple[int, Any]]:
    found: list[list[tuple[int, Any]]] = []
    database = person.server.app.database
    upto = database.position
    database.read(
        to_device.waiting, person.user_id, person.device_id, after, upto, limit
    ).addCallback(found.append)
    return [(position, orjson.loads(orjson.dumps(event))) for position, event in found[0]]


def _contents(person: Person) -> list[Any]:
    return [event["content"] for _, event in _waiting(person)]


def test_messages_wait_in_order_for_one_device(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    tablet = bob.logs_in()
    heard: list[ToDeviceArrived] = []
    server.app.notifier.listen(ToDeviceArrived, heard.append)

    _sends(alice, {bob.user_id: {bob.device_id: {"n": 1}}}, txn="1")
    _sends(alice, {bob.user_id: {bob.device_id: {"n": 2}, "UNKNOWN": {}}}, txn="2")

    (first, event), (second, _) = _waiting(bob)
    assert event == {"type": "m.test", "sender": alice.user_id, "content": {"n": 1}}
    assert first < second
    assert [change.position for change in heard] == [first, second]
    assert _waiting(bob, after=first) == [(second, {**event, "content": {"n": 2}})]
    assert len(_waiting(bob, limit=1)) == 1
    assert _waiting(tablet) == []


def test_a_star_means_every_device_without_a_message_of_its_own(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    tablet = bob.logs_in()

    _sends(alice, {bob.user_id: {"*": {"to": "all"}, tablet.device_id: {"to": "tablet"}}})

    assert _contents(bob) == [{"to": "all"}]
    assert _contents(tablet) == [{"to": "tablet"}]


def test_a_repeated_request_sends_nothing_twice(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    message: dict[str, Any] = {bob.user_id: {"*": {}}}

    _sends(alice, message, txn="same")
    _sends(alice, message, txn="same")
    assert len(_waiting(bob)) == 1

    _sends(alice, message, txn="same", type="m.other")
    _sends(alice.logs_in(), message, txn="same")
    _sends(alice, message, txn="another")
    assert len(_waiting(bob)) == 4


def test_what_was_received_is_deleted(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    for n in range(3):
        _sends(alice, {bob.user_id: {"*": {"n": n}}}, txn=str(n))
    second = _waiting(bob)[1][0]

    server.app.database.write(to_device.delete_upto, bob.user_id, bob.device_id, second)

    assert _contents(bob) == [{"n": 2}]


def test_a_device_that_stays_away_for_long_loses_the_oldest(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_device, "MAX_WAITING", 2)
    alice, bob = server.people("alice", "bob")

    for n in range(4):
        _sends(alice, {bob.user_id: {"*": {"n": n}}}, txn=str(n))

    assert _contents(bob) == [{"n": 2}, {"n": 3}]


def test_messages_outlive_a_restart(start_server: Any) -> None:
    server = start_server()
    alice, bob = server.people("alice", "bob")
    _sends(alice, {bob.user_id: {"*": {"n": 1}}})

    alice.server = bob.server = start_server()
    _sends(alice, {bob.user_id: {"*": {"n": 1}}})

    assert _contents(bob) == [{"n": 1}]


WRONG_REQUEST: list[tuple[Any, ...]] = [
    (None, "M_BAD_JSON"),
    ([], "M_BAD_JSON"),
    ({"bob": {}}, "M_INVALID_PARAM"),
    ({"@bob:test": []}, "M_BAD_JSON"),
    ({"@bob:test": {"*": "text"}}, "M_BAD_JSON"),
    ({"@bob:test": {"*": {"x": "y" * 65536}}}, "M_TOO_LARGE"),
    ({"@bob:test": {f"D{n}": {"body": "a message"} for n in range(10_001)}}, "M_TOO_LARGE"),
]


def test_a_wrong_request_is_refused(server: Server) -> None:
    alice, bob = server.people("alice", "bob")

    for messages, errcode in WRONG_REQUEST:
        with pytest.raises(Refused) as refused:
            _sends(alice, messages)

        assert refused.value.errcode == errcode
        assert _waiting(bob) == []


@pytest.mark.parametrize(("type", "txn"), [("m.a", "x" * 256), ("m.a", "nul\0")])
def test_a_transaction_id_is_bounded(server: Server, type: str, txn: str) -> None:
    alice = server.person("alice")

    with pytest.raises(Refused) as refused:
        _sends(alice, {}, type, txn)

    assert refused.value.errcode == "M_INVALID_PARAM"
