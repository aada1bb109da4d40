"""Requests of sliding sync that no client would send."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.effort import EFFORT
from tests.fuzz.inputs import ids, scalars, texts
from tests.fuzz.town import Town

OLDER = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"
MERGED = "/_matrix/client/v4/sync"

numbers = st.sampled_from([0, 1, -1, 20, 2**31, 2**53, 2**63, 10**30, 1.5, True]) | scalars
ranges = st.lists(st.lists(numbers, max_size=3), max_size=4) | scalars
rules = st.lists(
    st.lists(st.sampled_from(["*", "$LAZY", "$ME", "m.room.member", ""]) | texts, max_size=3)
    | scalars
    | st.fixed_dictionaries({}, optional={"type": scalars, "state_key": scalars}),
    max_size=6,
)
wishes = st.fixed_dictionaries(
    {}, optional={"include": rules, "exclude": rules, "lazy_members": scalars}
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "is_dm": scalars,
        "is_invite": scalars,
        "is_invited": scalars,
        "is_encrypted": scalars,
        "spaces": st.lists(ids, max_size=3) | scalars,
        "room_types": st.lists(texts | st.none(), max_size=3) | scalars,
        "not_room_types": st.lists(texts | st.none(), max_size=3) | scalars,
        "tags": st.lists(texts, max_size=3) | scalars,
        "not_tags": st.lists(texts, max_size=3) | scalars,
        "room_name_like": texts,
    },
)
configs = st.fixed_dictionaries(
    {},
    optional={
        "timeline_limit": numbers,
        "required_state": rules | wishes | scalars,
        "ranges": ranges,
        "range": ranges,
        "filters": filters | scalars,
    },
)
extensions = st.dictionaries(
    st.sampled_from(
        [
            "to_device",
            "e2ee",
            "account_data",
            "receipts",
            "typing",
            "io.element.msc4308.thread_subscriptions",
            "org.matrix.msc4262.profiles",
            "org.matrix.msc4354.sticky_events",
            "org.example.unknown",
        ]
    ),
    st.fixed_dictionaries(
        {"enabled": st.just(True) | scalars},
        optional={
            "since": texts | st.sampled_from(["s0", "s1", "s999999999999999999", "s1_2"]),
            "limit": numbers,
            "lists": st.lists(texts, max_size=3) | scalars,
            "rooms": st.lists(ids, max_size=3) | scalars,
            "fields": st.lists(texts, max_size=3) | scalars,
        },
    )
    | scalars,
    max_size=4,
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "conn_id": texts,
        "txn_id": texts,
        "set_presence": texts,
        "lists": st.dictionaries(texts, configs | scalars, max_size=3) | scalars,
        "room_subscriptions": st.dictionaries(ids, configs | scalars, max_size=3) | scalars,
        "extensions": extensions | scalars,
    },
)
positions = (
    st.sampled_from(["s", "s1", "s1_1", "s-1_1", "s1_1_1", "s9999999999999999999_1"]) | texts
)


@pytest.mark.parametrize("path", [OLDER, MERGED])
@EFFORT
@given(body=bodies)
def test_a_strange_request_is_answered_or_refused(town: Town, path: str, body: Any) -> None:
    answer = town.alice.ask("POST", path, body)

    assert answer.status == 200 or answer.refused, answer
    if answer.status == 200:
        assert answer.json["pos"]


@EFFORT
@given(pos=positions)
def test_a_strange_position_is_refused(town: Town, pos: str) -> None:
    answer = town.alice.ask("POST", MERGED, {"pos": pos or "x"})

    assert answer.refused, answer
