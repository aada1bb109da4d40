"""Server-Server API, "Retrieving server keys": what this server publishes and vouches for."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from nacl.signing import VerifyKey

from homeserver.config.settings import Settings
from homeserver.events.signatures import verify_json
from homeserver.events.unpadded_base64 import decode_base64
from homeserver.json_values import JsonObject
from homeserver.peers import retired_keys
from tests.homeserver.peers.neighbours import DAY_MS, FEDERATION, Neighbours, Stranger
from tests.internet import Internet
from tests.people import START_MS, Person, Refused, Server

QUERY = "/_matrix/key/v2/query"


@pytest.fixture
def neighbours(internet: Internet, tmp_path: Path) -> Iterator[Neighbours]:
    neighbours = Neighbours(internet, Settings(server_name="unnamed"), tmp_path)
    yield neighbours
    neighbours.stop()


@pytest.fixture
def notary(neighbours: Neighbours) -> Server:
    return starts(neighbours)


def starts(neighbours: Neighbours) -> Server:
    server = neighbours.starts("notary.example")
    server.factory = server.app.factory(FEDERATION)
    return server


@pytest.fixture
def anybody(notary: Server) -> Person:
    return notary.anonymous


def post(internet: Internet, server: Server, body: object) -> list[JsonObject]:
    exchange = server.anonymous.ask("POST", QUERY, body)
    internet.settle()
    found: list[JsonObject] = exchange.json()["server_keys"]
    return found


def get(internet: Internet, server: Server, name: str, **query: int) -> list[JsonObject]:
    exchange = server.anonymous.ask("GET", f"{QUERY}/{name}", **query)
    internet.settle()
    found: list[JsonObject] = exchange.json()["server_keys"]
    return found


def keys_in(document: JsonObject) -> dict[str, VerifyKey]:
    listed = document["verify_keys"].items()
    return {id: VerifyKey(decode_base64(entry["key"])) for id, entry in listed}


def test_the_servers_own_keys_are_signed_with_them(anybody: Person) -> None:
    document = anybody.get("/_matrix/key/v2/server")

    assert document["server_name"] == "notary.example"
    assert START_MS + DAY_MS - 3_600_000 < document["valid_until_ts"] <= START_MS + DAY_MS
    verify_json(document, "notary.example", keys_in(document))


def test_published_keys_are_always_good_for_hours(anybody: Person, internet: Internet) -> None:
    for _ in range(50):
        document = anybody.get("/_matrix/key/v2/server")
        assert document["valid_until_ts"] > anybody.server.clock.now_ms() + 22 * 3_600_000
        internet.pass_time(1800)


def test_retired_keys_are_published(neighbours: Neighbours, notary: Server) -> None:
    first = notary.app.peers.own_keys.key_id
    retired_keys.rotate(notary.settings.signing_key_path, Random(9).randbytes, START_MS)

    document = starts(neighbours).anonymous.get("/_matrix/key/v2/server")

    assert list(document["verify_keys"]) != [first]
    assert document["old_verify_keys"][first]["expired_ts"] == START_MS


def test_a_notary_adds_its_signature(
    notary: Server, internet: Internet, neighbours: Neighbours
) -> None:
    stranger = Stranger(neighbours, "stranger.example")

    (document,) = get(internet, notary, "stranger.example")

    assert set(document["signatures"]) == {"stranger.example", "notary.example"}
    verify_json(document, "stranger.example", keys_in(stranger.keys()))
    own = keys_in(notary.anonymous.get("/_matrix/key/v2/server"))
    verify_json(document, "notary.example", own)


def test_many_servers_are_asked_for_at_once(
    notary: Server, internet: Internet, neighbours: Neighbours
) -> None:
    for name in ("a.example", "b.example"):
        Stranger(neighbours, name)
    wanted = {
        "a.example": {"ed25519:s": {"minimum_valid_until_ts": START_MS}},
        "b.example": {},
        "silent.example": {},
        "notary.example": {},
        "no server": {},
    }

    found = post(internet, notary, {"server_keys": wanted})

    names = sorted(document["server_name"] for document in found)
    assert names == ["a.example", "b.example", "notary.example"]
    assert post(internet, notary, {"server_keys": {}}) == []


def test_what_is_held_is_handed_on_for_half_its_life(
    notary: Server, internet: Internet, neighbours: Neighbours
) -> None:
    stranger = Stranger(neighbours, "stranger.example")
    get(internet, notary, "stranger.example")
    internet.pass_time(12 * 3600 - 1)
    get(internet, notary, "stranger.example")
    assert stranger.asked("/_matrix/key/v2/server") == 1
    internet.pass_time(2)
    get(internet, notary, "stranger.example")
    assert stranger.asked("/_matrix/key/v2/server") == 2


def test_a_longer_validity_is_asked_for_at_the_server(
    notary: Server, internet: Internet, neighbours: Neighbours
) -> None:
    stranger = Stranger(neighbours, "stranger.example")
    get(internet, notary, "stranger.example")
    internet.pass_time(3600)
    until_ts = START_MS + DAY_MS + 3_000_000

    documents = get(internet, notary, "stranger.example", minimum_valid_until_ts=until_ts)

    assert max(document["valid_until_ts"] for document in documents) >= until_ts
    assert stranger.asked("/_matrix/key/v2/server") == 2


def test_the_last_words_of_a_silent_server_are_kept(
    notary: Server, internet: Internet, neighbours: Neighbours
) -> None:
    stranger = Stranger(neighbours, "stranger.example")
    before = get(internet, notary, "stranger.example")
    stranger.goes()
    internet.pass_time(30 * 86_400)

    assert get(internet, notary, "stranger.example") == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"server_keys": []},
        {"server_keys": {"a.example": []}},
        {"server_keys": {"a.example": {"ed25519:s": 1}}},
        {"server_keys": {"a.example": {"ed25519:s": {"minimum_valid_until_ts": "x"}}}},
        {"server_keys": {f"s{number}.example": {} for number in range(251)}},
    ],
)
def test_wrong_questions_are_refused(notary: Server, internet: Internet, body: object) -> None:
    with pytest.raises(Refused) as refused:
        post(internet, notary, body)
    assert refused.value.status == 400
    assert internet.calls == []


def test_a_name_that_is_none_is_refused(notary: Server, internet: Internet) -> None:
    with pytest.raises(Refused) as refused:
        get(internet, notary, "a%20b")
    assert refused.value.errcode == "M_INVALID_PARAM"


def test_the_version_is_told(anybody: Person) -> None:
    server = anybody.get("/_matrix/federation/v1/version")["server"]
    assert server["name"] == "Isthmus"
    assert server["version"]
