"""The keys of other servers."""

from typing import Any

import pytest
from nacl.signing import SigningKey, VerifyKey

from homeserver.events.unpadded_base64 import encode_base64
from homeserver.json_values import JsonObject
from homeserver.peers.server_keys import Wish
from tests.homeserver.peers.neighbours import DAY_MS, Neighbours, Stranger
from tests.internet import Internet
from tests.people import START_MS, Server

KEYS = "/_matrix/key/v2/server"
QUERY = "/_matrix/key/v2/query"


@pytest.fixture
def stranger(neighbours: Neighbours) -> Stranger:
    return Stranger(neighbours, "stranger.example")


@pytest.fixture
def server(neighbours: Neighbours) -> Server:
    return neighbours.starts("one.example")


def key_of(
    internet: Internet,
    server: Server,
    name: str = "stranger.example",
    id: str = "ed25519:s",
    at_ts: int = START_MS,
) -> VerifyKey | None:
    return internet.run(server.app.peers.server_keys.key_for(name, id, at_ts))


def test_a_key_is_asked_for_once_and_kept(
    neighbours: Neighbours, internet: Internet, server: Server, stranger: Stranger
) -> None:
    for _ in range(3):
        assert key_of(internet, server) == stranger.key.verify_key
    stranger.goes()
    again = neighbours.starts("one.example")

    assert key_of(internet, again) == stranger.key.verify_key
    assert stranger.asked(KEYS) == 1


def test_many_who_want_a_key_at_once_cost_one_request(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    begun = [
        internet.begin(server.app.peers.server_keys.key_for("stranger.example", "ed25519:s"))
        for _ in range(5)
    ]
    assert begun == [[stranger.key.verify_key]] * 5
    assert stranger.asked(KEYS) == 1


def test_a_key_that_is_valid_no_more_is_asked_for_anew(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    key_of(internet, server)
    later = START_MS + 2 * DAY_MS
    internet.pass_time(2 * 86_400)

    assert key_of(internet, server, at_ts=later) == stranger.key.verify_key
    assert stranger.asked(KEYS) == 2


def test_no_key_is_believed_for_longer_than_a_week(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    stranger.lifetime_ms = 1000 * 365 * DAY_MS
    assert key_of(internet, server, at_ts=START_MS + 7 * DAY_MS) is not None
    assert key_of(internet, server, at_ts=START_MS + 7 * DAY_MS + 1) is None


def test_an_old_key_is_good_for_what_was_signed_before_it_was_retired(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    old = SigningKey(b"\5" * 32).verify_key
    listed = {"key": encode_base64(old.encode()), "expired_ts": START_MS - DAY_MS}
    stranger.old_keys = {"ed25519:old": listed}

    assert key_of(internet, server, id="ed25519:old", at_ts=START_MS - DAY_MS) == old
    assert key_of(internet, server, id="ed25519:old", at_ts=START_MS - DAY_MS + 1) is None
    assert key_of(internet, server, id="ed25519:old", at_ts=0) == old


def test_a_key_that_is_retired_later_loses_its_validity(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    first = stranger.key.verify_key
    assert key_of(internet, server) == first
    internet.pass_time(3600)
    stranger.old_keys = {
        "ed25519:s": {"key": encode_base64(first.encode()), "expired_ts": START_MS + 1000}
    }
    stranger.key_id, stranger.key = "ed25519:new", SigningKey(b"\6" * 32)
    assert key_of(internet, server, id="ed25519:new") == stranger.key.verify_key

    assert key_of(internet, server, at_ts=START_MS + 1000) == first
    assert key_of(internet, server, at_ts=START_MS + 1001) is None


def test_our_own_keys_need_no_network(internet: Internet, server: Server) -> None:
    own = server.app.peers.own_keys
    assert key_of(internet, server, "one.example", own.key_id) is not None
    assert key_of(internet, server, "one.example", "ed25519:other") is None
    assert internet.calls == []


def forged(stranger: Stranger, **changes: Any) -> JsonObject:
    document = {key: part for key, part in stranger.keys().items() if key != "signatures"}
    return stranger.signs({**document, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"server_name": "another.example"},
        {"verify_keys": {}},
        {"verify_keys": []},
        {"verify_keys": {"ed25519:s": {"key": "AAAA"}}},
        {"verify_keys": {"ed25519:s": {"key": 7}}},
        {"verify_keys": {"ed25519:s": None}},
        {"verify_keys": {"ed25519:s": {"key": encode_base64(b"\3" * 32)}}},
        {"verify_keys": {f"ed25519:{n}": {"key": encode_base64(b"\3" * 32)} for n in range(101)}},
        {"old_verify_keys": {"ed25519:o": {"key": encode_base64(b"\3" * 32)}}},
        {"old_verify_keys": {"ed25519:o": {"key": encode_base64(b"\3" * 32), "expired_ts": 0.5}}},
        {"old_verify_keys": 1},
        {"valid_until_ts": "tomorrow"},
        {"valid_until_ts": -1},
        {"valid_until_ts": 2**60},
        {"valid_until_ts": True},
    ],
)
def test_documents_that_are_wrong_are_not_believed(
    internet: Internet, server: Server, stranger: Stranger, changes: JsonObject
) -> None:
    stranger.document = forged(stranger, **changes)
    assert key_of(internet, server, at_ts=0) is None


@pytest.mark.parametrize("document", [[], "text", {}, {"server_name": "stranger.example"}])
def test_what_is_no_document_is_not_believed(
    internet: Internet, server: Server, stranger: Stranger, document: object
) -> None:
    stranger.document = document
    assert key_of(internet, server, at_ts=0) is None


def test_a_document_without_the_right_signature_is_not_believed(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    stranger.document = {**stranger.keys(), "valid_until_ts": START_MS + 2 * DAY_MS}
    assert key_of(internet, server) is None


def test_nobody_is_asked_over_and_over(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    for number in range(20):
        assert key_of(internet, server, id=f"ed25519:x{number}") is None
    assert stranger.asked(KEYS) == 1
    internet.pass_time(61)
    key_of(internet, server, id="ed25519:x")
    assert stranger.asked(KEYS) == 2


@pytest.mark.parametrize("name", ["", "a\0b", "no server", "x" * 400])
def test_names_that_are_none_have_no_keys(internet: Internet, server: Server, name: str) -> None:
    assert key_of(internet, server, name) is None
    assert internet.asked == []


# -- notaries


def test_the_keys_of_a_silent_server_come_from_a_notary(
    neighbours: Neighbours, internet: Internet, stranger: Stranger
) -> None:
    notary = neighbours.starts("notary.example")
    key_of(internet, notary)
    stranger.goes()
    server = neighbours.starts("two.example", trusts=("notary.example",))

    assert key_of(internet, server) == stranger.key.verify_key


def test_many_keys_come_from_a_notary_at_once(neighbours: Neighbours, internet: Internet) -> None:
    notary = neighbours.starts("notary.example")
    strangers = [Stranger(neighbours, f"s{number}.example") for number in range(10)]
    wishes = [Wish(stranger.name, "ed25519:s", START_MS) for stranger in strangers]
    internet.run(notary.app.peers.server_keys.keys_for(wishes))
    server = neighbours.starts("two.example", trusts=("notary.example",))

    found = internet.run(server.app.peers.server_keys.keys_for(wishes))

    assert len(found) == 10
    assert [stranger.asked(KEYS) for stranger in strangers] == [1] * 10


def test_a_notary_cannot_make_keys_up(neighbours: Neighbours, internet: Internet) -> None:
    notary = Stranger(neighbours, "notary.example", key=SigningKey(b"\4" * 32))
    lie = {**notary.keys(), "server_name": "silent.example"}
    notary.says = {"server_keys": [lie, 7, {"server_name": 1}, notary.keys()]}
    server = neighbours.starts("two.example", trusts=("notary.example",))

    assert key_of(internet, server, "silent.example") is None
    assert notary.asked(QUERY) == 1
    assert key_of(internet, server, "silent.example") is None
    assert notary.asked(QUERY) == 1


def test_an_older_copy_of_a_notary_does_not_undo_what_was_learnt(
    neighbours: Neighbours, internet: Internet, stranger: Stranger
) -> None:
    notary = Stranger(neighbours, "notary.example", key=SigningKey(b"\4" * 32))
    notary.says = {"server_keys": [stranger.keys()]}
    internet.pass_time(3600)
    server = neighbours.starts("two.example", trusts=("notary.example",))
    assert key_of(internet, server, at_ts=START_MS + DAY_MS + 3_600_000) is not None

    assert key_of(internet, server, id="ed25519:unknown") is None
    assert notary.asked(QUERY) == 1
    stranger.goes()
    assert key_of(internet, server, at_ts=START_MS + DAY_MS + 3_600_000) is not None


def test_a_crowd_of_silent_servers_is_not_waited_for_one_after_the_other(
    internet: Internet, server: Server
) -> None:
    """A state may name hundreds of servers that never were: whoever joins must not wait for all."""
    wishes = []
    for number in range(200):
        name, address = f"silent{number}.example", f"198.51.100.{number + 20}"
        internet.hosts[name] = [address]
        internet.swallows(address, 443)
        internet.swallows(address, 8448)
        wishes.append(Wish(name, "ed25519:x"))

    found = internet.begin(server.app.peers.server_keys.keys_for(wishes))
    for _ in range(50):
        internet.pass_time(1)

    assert found == [{}]
    # Nor is anybody waited for again at once.
    assert internet.begin(server.app.peers.server_keys.keys_for(wishes)) == [{}]
