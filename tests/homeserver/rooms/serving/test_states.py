"""The state before the event that our own join follows, told by who holds it only as state."""

from collections.abc import Callable

import pytest

from homeserver.peers.errors import RemoteError
from tests.linked_servers import LinkedServer
from tests.people import Person

Pair = list[LinkedServer]
V1 = "/_matrix/federation/v1"


def opens_only(alice: Person, room: str) -> None:
    """The room is as its preset made it."""


def sets_the_topic(alice: Person, room: str) -> None:
    alice.sets(room, "m.room.topic", {"topic": "tea"})


def sets_a_join_rule_that_somebody_came_in_by(alice: Person, room: str) -> None:
    alice.server.person("carol").joins(room)
    alice.sets(room, "m.room.join_rules", {"join_rule": "public", "again": True})


def sets_the_topic_twice(alice: Person, room: str) -> None:
    sets_the_topic(alice, room)
    alice.sets(room, "m.room.topic", {"topic": "more tea"})


def speaks_and_takes_a_name(alice: Person, room: str) -> None:
    speaks(alice, room)
    content = {"membership": "join", "displayname": "Alice"}
    alice.sets(room, "m.room.member", content, alice.user_id)


def speaks_and_invites(alice: Person, room: str) -> None:
    speaks(alice, room)
    alice.post(f"/v3/rooms/{room}/invite", {"user_id": "@bob:b"})


def speaks(alice: Person, room: str) -> None:
    alice.sends(room, "nobody else hears this")


def speaks_and_sets_the_topic(alice: Person, room: str) -> None:
    speaks(alice, room)
    sets_the_topic(alice, room)


def last_before_the_join(pair: Pair, do: Callable[[Person, str], None]) -> tuple[str, str]:
    """The room of alice's that bob enters when she has done this; and her last event in it."""
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    do(alice, room)
    bob.post(f"/v3/join/{room}?via=a")
    (last,) = a.event(b.state_of(room)["m.room.member", bob.user_id]).prev_events
    return room, last


@pytest.mark.parametrize(
    "do",
    [
        opens_only,
        sets_the_topic,
        sets_a_join_rule_that_somebody_came_in_by,
        speaks_and_takes_a_name,
        speaks_and_invites,
    ],
)
def test_the_state_before_the_event_that_a_join_follows_is_told_where_it_follows_from_the_join(
    pair: Pair, do: Callable[[Person, str], None]
) -> None:
    a, b = pair
    room, last = last_before_the_join(pair, do)
    query = {"event_id": last}

    ids = a.asks("b", "GET", f"{V1}/state_ids/{room}", query=query)
    state = a.asks("b", "GET", f"{V1}/state/{room}", query=query)

    true = b.asks("a", "GET", f"{V1}/state_ids/{room}", query=query)
    true_state = b.asks("a", "GET", f"{V1}/state/{room}", query=query)
    assert not b.stored(last).state
    assert last not in ids["pdu_ids"]
    assert sorted(ids["pdu_ids"]) == sorted(true["pdu_ids"])
    assert sorted(ids["auth_chain_ids"]) == sorted(true["auth_chain_ids"])
    assert len(state["pdus"]) == len(true_state["pdus"])
    assert all(pdu in true_state["pdus"] for pdu in state["pdus"])


@pytest.mark.parametrize("do", [speaks, speaks_and_sets_the_topic, sets_the_topic_twice])
def test_a_state_that_would_have_to_be_guessed_is_not_told(
    pair: Pair, do: Callable[[Person, str], None]
) -> None:
    a, _ = pair
    room, last = last_before_the_join(pair, do)

    with pytest.raises(RemoteError) as refused:
        a.asks("b", "GET", f"{V1}/state_ids/{room}", query={"event_id": last})

    assert (refused.value.status, refused.value.errcode) == (404, "M_NOT_FOUND")
