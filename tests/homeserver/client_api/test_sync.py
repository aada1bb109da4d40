"""What a request to /sync may say."""

import json

import pytest

from tests.people import Person, Refused, Server


@pytest.fixture
def alice(server: Server) -> Person:
    return server.person("alice")


def refused(person: Person, **query: str) -> tuple[int, str | None]:
    with pytest.raises(Refused) as caught:
        person.syncs(**query)
    return caught.value.status, caught.value.errcode


def test_strangers_cannot_sync(server: Server) -> None:
    assert refused(server.anonymous) == (401, "M_MISSING_TOKEN")


def test_a_sync_without_anything_is_a_token_and_key_counts(alice: Person) -> None:
    alice.syncs(set_presence="offline")

    sync = alice.syncs(set_presence="offline")

    assert not sync
    assert sync.body.keys().isdisjoint({"rooms", "presence", "account_data", "to_device"})
    assert "device_one_time_keys_count" in sync.body


def test_a_filter_is_taken_by_its_id_or_as_it_is(alice: Person) -> None:
    room = alice.creates_room()
    wanted = {"room": {"timeline": {"types": ["m.room.create"]}}}
    filter_id = alice.post(f"/v3/user/{alice.user_id}/filter", wanted)["filter_id"]

    for filter in (filter_id, json.dumps(wanted)):
        (event,) = alice.syncs(since="", filter=filter).events(room)
        assert event["type"] == "m.room.create"


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({"filter": "unknown"}, "M_INVALID_PARAM"),
        ({"filter": "{"}, "M_NOT_JSON"),
        ({"filter": '{"room":{"timeline":{"limit":"ten"}}}'}, "M_BAD_JSON"),
        ({"filter": '{"room":[]}'}, "M_BAD_JSON"),
        ({"since": "t37-12_0_0"}, "M_INVALID_PARAM"),
        ({"timeout": "soon"}, "M_INVALID_PARAM"),
        ({"full_state": "perhaps"}, "M_INVALID_PARAM"),
        ({"use_state_after": "perhaps"}, "M_INVALID_PARAM"),
        ({"set_presence": "asleep"}, "M_INVALID_PARAM"),
    ],
)
def test_what_makes_no_sense_is_refused(alice: Person, query: dict[str, str], errcode: str) -> None:
    exchange = alice.ask("GET", "/v3/sync", **query)

    with pytest.raises(Refused) as caught:
        exchange.json()
    assert (caught.value.status, caught.value.errcode) == (400, errcode)


def test_a_long_timeout_is_cut_short(server: Server, alice: Person) -> None:
    alice.syncs(set_presence="offline")
    waiting = alice.starts_sync(timeout=10**12, set_presence="offline")

    server.clock.advance(3600)

    assert waiting.is_answered


def test_a_sync_says_who_is_there(server: Server, alice: Person) -> None:
    path = f"/v3/presence/{alice.user_id}/status"
    alice.syncs(set_presence="offline")
    assert alice.get(path)["presence"] == "offline"
    alice.syncs(set_presence="unavailable")
    assert alice.get(path)["presence"] == "unavailable"
    alice.syncs()
    assert alice.get(path)["presence"] == "online"


def test_the_old_path_still_works(alice: Person) -> None:
    assert "next_batch" in alice.get("/r0/sync")
