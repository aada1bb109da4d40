"""One-time keys: every one is handed out once."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeserver.devices import one_time_keys
from homeserver.storage import one_time_keys as stored
from tests.homeserver.devices.crypto import (
    SIGNED,
    Crypto,
    asks,
    claims,
    new_key,
    signed,
    some_public_key,
)
from tests.people import JsonObject, Person, Refused, Server

DUPLICATE = "io.github.johennes.msc4420.M_DUPLICATE_ONE_TIME_KEY"


def names(keys: list[JsonObject]) -> list[str]:
    return [name for key in keys for name in key]


def fallback(crypto: Crypto, id: str = "F1") -> JsonObject:
    return {f"{SIGNED}:{id}": crypto.one_time_key(fallback=True)}


def test_keys_are_handed_out_once_in_the_order_of_their_upload(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice)
    first = {f"{SIGNED}:{id}": crypto.one_time_key() for id in ("z", "m")}
    second = {f"{SIGNED}:{id}": crypto.one_time_key() for id in ("a", "b")}

    assert crypto.uploads(device_keys=crypto.device_keys(), one_time_keys=first) == {SIGNED: 2}
    assert crypto.uploads(one_time_keys=second) == {SIGNED: 4}

    found = [claims(bob, alice)[0] for _ in range(5)]
    assert found == [{name: key} for name, key in {**first, **second}.items()] + [{}]


def test_without_one_time_keys_the_fallback_key_is_handed_out(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles(one_time_keys=1)
    first = fallback(crypto)
    crypto.uploads(fallback_keys=first)
    assert crypto.counts() == (1, [SIGNED])

    claims(bob, alice)
    assert crypto.counts() == (0, [SIGNED])
    assert claims(bob, alice) == claims(bob, alice) == [first]
    assert crypto.counts() == (0, [])

    crypto.uploads(fallback_keys=first)
    assert crypto.counts() == (0, [])
    second = fallback(crypto, "F2")
    crypto.uploads(**{"org.matrix.msc2732.fallback_keys": second})
    assert crypto.counts() == (0, [SIGNED])
    assert claims(bob, alice) == [second]


def test_every_sync_tells_how_many_keys_are_left(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    tablet = alice.logs_in()
    assert Crypto(alice).counts() == (0, [])

    crypto = Crypto(alice).settles(one_time_keys=2)
    assert [crypto.counts(), crypto.counts()] == [(2, []), (2, [])]
    claims(bob, alice)
    assert crypto.counts() == (1, [])
    assert Crypto(tablet).counts() == (0, [])


def test_one_request_claims_for_many_devices(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "PORTION", 2)
    alice, bob = server.people("alice", "bob")
    devices = [alice, *(alice.logs_in() for _ in range(3)), bob]
    for device in devices[:-1]:
        Crypto(device).settles(one_time_keys=1)
    crypto = Crypto(bob).settles()
    crypto.uploads(fallback_keys=fallback(crypto))

    assert [len(key) for key in claims(bob, *devices)] == [1] * 5
    assert [len(key) for key in claims(bob, *devices)] == [0, 0, 0, 0, 1]


def test_unknown_devices_and_other_algorithms_have_no_keys(server: Server) -> None:
    alice = server.person("alice")
    Crypto(alice).settles(one_time_keys=1)
    wanted = {
        alice.user_id: {alice.device_id: "curve25519", "UNKNOWN": SIGNED, "N\0": SIGNED},
        "@nobody:test": {"X": SIGNED},
        "@carol:elsewhere": {"X": SIGNED},
    }

    answer = alice.post("/v3/keys/claim", {"one_time_keys": wanted})

    assert answer["one_time_keys"] == {}
    assert list(answer["failures"]) == ["elsewhere"]


def test_the_same_key_again_changes_nothing(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles()
    keys = crypto.one_time_keys(2)
    crypto.uploads(one_time_keys=keys)
    signed_anew = {
        name: crypto.signs({"key": key["key"]}, new_key("SECOND")) for name, key in keys.items()
    }

    assert crypto.uploads(one_time_keys=signed_anew) == {SIGNED: 2}

    assert claims(bob, alice) + claims(bob, alice) == [{n: key} for n, key in keys.items()]


def test_another_key_under_the_same_id_is_refused_with_all_that_came_with_it(
    server: Server,
) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles()
    keys = crypto.one_time_keys(1)
    crypto.uploads(one_time_keys=keys)
    clash = {**crypto.one_time_keys(1), next(iter(keys)): crypto.one_time_key()}

    with pytest.raises(Refused) as refused:
        crypto.uploads(one_time_keys=clash, fallback_keys=fallback(crypto))

    assert refused.value.errcode == DUPLICATE
    assert refused.value.body["error"].startswith("One time key signed_curve25519:")
    assert crypto.counts() == (1, [])
    assert claims(bob, alice) == [keys]


def test_a_key_that_was_handed_out_does_not_come_back(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles()
    keys = crypto.one_time_keys(2)
    crypto.uploads(one_time_keys=keys)
    claims(bob, alice)

    assert crypto.uploads(one_time_keys=keys) == {SIGNED: 1}
    under_other_ids = {f"{name}x": key for name, key in keys.items()}
    assert crypto.uploads(one_time_keys=under_other_ids) == {SIGNED: 1}

    assert names(claims(bob, alice)) == [list(keys)[1]]
    assert claims(bob, alice) == [{}]


def test_a_new_key_may_have_the_id_of_one_that_was_handed_out(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles()
    for _ in range(2):
        key = {f"{SIGNED}:K": crypto.one_time_key()}
        crypto.uploads(one_time_keys=key)
        assert claims(bob, alice) == [key]


def test_a_thousand_claims_at_once_get_a_thousand_keys(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    people = [alice, bob]
    for person in people:
        crypto = Crypto(person).settles(one_time_keys=250)
        crypto.uploads(one_time_keys=crypto.one_time_keys(250))
    body = {"one_time_keys": {p.user_id: {p.device_id: SIGNED} for p in people}}

    exchanges = [bob.ask("POST", "/v3/keys/claim", body) for _ in range(500)]

    found = [
        key["key"]
        for exchange in exchanges
        for devices in exchange.json()["one_time_keys"].values()
        for keys in devices.values()
        for key in keys.values()
    ]
    assert len(found) == len(set(found)) == 1000
    assert claims(bob, alice, bob) == [{}, {}]


def test_a_restart_hands_out_nothing_again(start_server: Callable[..., Server]) -> None:
    server = start_server()
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles()
    keys = crypto.one_time_keys(4)
    crypto.uploads(one_time_keys=keys)
    before = claims(bob, alice) + claims(bob, alice)

    alice.server = bob.server = start_server()
    assert crypto.counts() == (2, [])
    assert crypto.uploads(one_time_keys=keys) == {SIGNED: 2}
    after = claims(bob, alice) + claims(bob, alice)

    assert names(before + after) == list(keys)
    assert claims(bob, alice) == [{}]


def test_a_database_put_back_to_an_older_state_hands_out_none_of_its_keys(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles(one_time_keys=3)
    last = fallback(crypto)
    crypto.uploads(fallback_keys=last)
    alice.syncs()

    server.app.database.write(one_time_keys.forget_unissued)

    assert claims(bob, alice) == [last]
    assert crypto.counts()[0] == 0
    assert crypto.uploads(one_time_keys=crypto.one_time_keys(1)) == {SIGNED: 1}


def test_a_client_that_lost_its_keys_can_begin_anew(server: Server) -> None:
    alice = server.person("alice")
    crypto = Crypto(alice).settles()
    keys = crypto.one_time_keys(3)
    crypto.uploads(one_time_keys=keys)
    reset, first = "/unstable/org.matrix.msc4162/keys/reset", next(iter(keys))

    some = alice.post(reset, {"key_ids": [first, "unknown"]})
    assert some == {"device_one_time_keys_count": {SIGNED: 2}}
    assert alice.post(reset, {"all": True}) == {"device_one_time_keys_count": {}}

    assert crypto.uploads(one_time_keys={first: crypto.one_time_key()}) == {SIGNED: 1}
    for wrong in ({"key_ids": [1]}, {"key_ids": "all"}, {"all": 1}):
        with pytest.raises(Refused, match="M_BAD_JSON"):
            alice.post(reset, wrong)


def test_there_is_an_end_to_the_keys_of_a_device(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = server.person("alice")
    crypto = Crypto(alice).settles(one_time_keys=3)
    monkeypatch.setattr(one_time_keys, "MAX_WAITING", 4)
    monkeypatch.setattr(one_time_keys, "MAX_ALGORITHMS", 3)

    for keys in (crypto.one_time_keys(2), {f"a{n}:1": "x" for n in range(4)}):
        with pytest.raises(Refused) as refused:
            crypto.uploads(one_time_keys=keys)
        assert refused.value.errcode == "M_TOO_LARGE"

    assert crypto.uploads(one_time_keys={"other:1": "key"}) == {SIGNED: 3, "other": 1}
    assert crypto.uploads(one_time_keys=crypto.one_time_keys(1)) == {SIGNED: 4, "other": 1}


def test_keys_that_are_not_in_order_are_refused(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles()
    right = crypto.one_time_key()
    unsigned = {"key": some_public_key(), "signatures": {}}
    by_bob = signed({"key": some_public_key()}, bob.user_id, Crypto(bob).key)
    wrong: list[tuple[JsonObject, str]] = [
        ({SIGNED: right}, "M_INVALID_PARAM"),
        ({f"{SIGNED}:": right}, "M_INVALID_PARAM"),
        ({":K": right}, "M_INVALID_PARAM"),
        ({f"{SIGNED}:\0": right}, "M_INVALID_PARAM"),
        ({f"{SIGNED}:{'x' * 256}": right}, "M_INVALID_PARAM"),
        ({"other:K": 7}, "M_BAD_JSON"),
        ({"other:K": {"weight": 0.5}}, "M_BAD_JSON"),
        ({"other:K": "x" * 20_000}, "M_TOO_LARGE"),
        ({f"{SIGNED}:K": "text"}, "M_BAD_JSON"),
        ({f"{SIGNED}:K": {**right, "key": "short"}}, "M_INVALID_PARAM"),
        ({f"{SIGNED}:K": {**right, "key": some_public_key()}}, "M_INVALID_SIGNATURE"),
        ({f"{SIGNED}:K": {"key": right["key"]}}, "M_BAD_JSON"),
        ({f"{SIGNED}:K": unsigned}, "M_INVALID_SIGNATURE"),
        ({f"{SIGNED}:K": by_bob}, "M_INVALID_SIGNATURE"),
    ]
    for keys, errcode in wrong:
        for where in ("one_time_keys", "fallback_keys"):
            with pytest.raises(Refused) as refused:
                crypto.uploads(**{where: keys})
            assert refused.value.errcode == errcode, keys
    two_fallbacks = {**fallback(crypto, "F1"), **fallback(crypto, "F2")}
    with pytest.raises(Refused, match="M_INVALID_PARAM"):
        crypto.uploads(fallback_keys=two_fallbacks)
    assert crypto.counts() == (0, [])


def test_a_claim_that_is_not_in_order_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = server.person("alice")
    crypto = Crypto(alice).settles(one_time_keys=1)
    monkeypatch.setattr(one_time_keys, "MAX_CLAIMS", 2)
    mine = {alice.device_id: SIGNED}
    wrong: list[tuple[Any, str]] = [
        (None, "M_BAD_JSON"),
        ({"alice": mine}, "M_INVALID_PARAM"),
        ({alice.user_id: []}, "M_BAD_JSON"),
        ({alice.user_id: {alice.device_id: 1}}, "M_BAD_JSON"),
        ({alice.user_id: mine, "@x:test": {"A": SIGNED, "B": SIGNED}}, "M_TOO_LARGE"),
    ]
    for wanted, errcode in wrong:
        with pytest.raises(Refused) as refused:
            alice.post("/v3/keys/claim", {"one_time_keys": wanted})
        assert refused.value.errcode == errcode
    assert crypto.counts() == (1, [])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("upload"), st.lists(st.integers(0, 9), max_size=4, unique=True)),
        st.tuples(st.just("claim"), st.integers(1, 3)),
    ),
    max_size=12,
)


def key_of(number: int) -> str:
    return f"key {number}"


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_whatever_is_uploaded_and_claimed_no_key_is_seen_twice(
    server: Server, steps: list[tuple[str, Any]]
) -> None:
    alice: Person = server.person(f"alice{server.number()}")
    claim = {"one_time_keys": {alice.user_id: {alice.device_id: "plain"}}}
    ever: list[str] = []
    seen: list[str] = []
    for step, argument in steps:
        if step == "upload":
            keys = {f"plain:{number}": key_of(number) for number in argument}
            alice.post("/v3/keys/upload", {"one_time_keys": keys})
            ever += [key for key in keys.values() if key not in ever]
            continue
        for _ in range(argument):
            found = alice.post("/v3/keys/claim", claim)["one_time_keys"]
            for devices in found.values():
                seen += [key for keys in devices.values() for key in keys.values()]

    assert seen == ever[: len(seen)], "each once, in order of upload"
    assert asks(alice, alice)["device_keys"] == {alice.user_id: {}}
