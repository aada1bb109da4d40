from typing import Any

import pytest
from twisted.internet.defer import Deferred

from homeserver.errors import MatrixError
from homeserver.events.filters import SyncFilter
from homeserver.users import filters
from homeserver.users.filters import Filters
from tests.people import Refused, Server

MINE = "/v3/user/@alice:test/filter"


def test_a_filter_comes_back_as_it_was_and_equal_ones_have_one_id(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    body = {"room": {"timeline": {"limit": 10}, "rooms": ["!a:test"]}, "event_format": "client"}

    first = alice.post(MINE, body)["filter_id"]
    again = alice.post(MINE, dict(reversed(body.items())))["filter_id"]

    assert first == again
    assert alice.get(f"{MINE}/{first}") == body
    with pytest.raises(Refused) as refused:
        bob.get(f"/v3/user/@bob:test/filter/{first}")
    assert refused.value.errcode == "M_NOT_FOUND"


def test_filters_are_only_for_their_owner(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    filter_id = alice.post(MINE, {})["filter_id"]

    for method, path in (("GET", f"{MINE}/{filter_id}"), ("POST", MINE)):
        with pytest.raises(Refused) as refused:
            mallory.ask(method, path, {}).json()
        assert refused.value.errcode == "M_FORBIDDEN"


WRONG_FILTER: list[tuple[Any, ...]] = [
    ({"room": {"timeline": {"limit": "ten"}}}, "M_BAD_JSON"),
    ({"event_fields": ["x" * 65536]}, "M_TOO_LARGE"),
    ([], "M_BAD_JSON"),
]


def test_a_wrong_filter_is_refused(server: Server) -> None:
    alice = server.person("alice")

    for body, errcode in WRONG_FILTER:
        with pytest.raises(Refused) as refused:
            alice.post(MINE, body)

        assert refused.value.errcode == errcode


def test_the_oldest_filters_make_room_for_new_ones(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "MAX_FILTERS", 2)
    alice = server.person("alice")
    ids = [alice.post(MINE, {"presence": {"limit": n}})["filter_id"] for n in (1, 2, 3)]

    with pytest.raises(Refused):
        alice.get(f"{MINE}/{ids[0]}")
    assert alice.get(f"{MINE}/{ids[1]}") and alice.get(f"{MINE}/{ids[2]}")


def test_a_sync_names_its_filter_or_writes_it_out(server: Server) -> None:
    alice = server.person("alice")
    uploaded = alice.post(MINE, {"room": {"timeline": {"limit": 7}}})["filter_id"]
    found = Filters(server.app.database)

    assert _resolve(found, "") == SyncFilter()
    assert _resolve(found, uploaded).room.timeline.limit == 7
    assert _resolve(found, uploaded) is _resolve(found, uploaded)
    assert _resolve(found, '{"room":{"timeline":{"limit":8}}}').room.timeline.limit == 8


@pytest.mark.parametrize(
    ("text", "errcode"),
    [
        ("unknown", "M_INVALID_PARAM"),
        ("nul\0", "M_INVALID_PARAM"),
        ("{", "M_NOT_JSON"),
        ('{"room":1}', "M_BAD_JSON"),
    ],
)
def test_a_sync_with_a_wrong_filter_is_refused(server: Server, text: str, errcode: str) -> None:
    with pytest.raises(MatrixError) as refused:
        _resolve(Filters(server.app.database), text)

    assert refused.value.errcode == errcode


def _resolve(found: Filters, text: str) -> SyncFilter:
    results: list[Any] = []
    Deferred.fromCoroutine(found.resolve("@alice:test", text)).addBoth(results.append)
    (result,) = results
    if not isinstance(result, SyncFilter):
        raise result.value
    return result
