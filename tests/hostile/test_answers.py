"""What Mallory's server answers when it is asked for what came before its events."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from homeserver.events.building import Draft
from homeserver.events.event import Event
from homeserver.json_values import JsonObject
from scripts.benchmarks.peer.rooms import PeerRoom
from tests.hostile.mallory import (
    Trick,
    compressed,
    drips,
    nested_lists,
    never_ends,
    says,
)
from tests.hostile.test_floods import keeps
from tests.hostile.town import Guest, Pace, Town, Victim

MEBI = 1024 * 1024
MOST_MIB, MOST_FOR_STATES_MIB = 400, 600
"""By which the server may grow for a moment: whatever it is told, or for 60 MB of events."""
WORST_S = 5.0
"""A JSON text of 60 MB is read in one go."""

TEXT = Draft("m.room.message", {"msgtype": "m.text", "body": "you have missed something"})


def after_a_gap(room: PeerRoom) -> list[Event]:
    """An event that follows one which nobody was sent; that one comes first."""
    missing = room.builds(TEXT, room.identity.user(1), room.newest)
    return [missing, room.builds(TEXT, room.identity.user(1), [missing])]


NOTHING = says({"events": []})


def ids(number: int) -> list[str]:
    return [f"${place:043}" for place in range(number)]


def crowd(room: PeerRoom, number: int, **changes: Any) -> list[JsonObject]:
    """So many members, signed as if they were all the same."""
    member = {**room.state["m.room.member", room.identity.user(1)].pdu, **changes}
    users = [f"@m{place}:{room.identity.server_name}" for place in range(number)]
    return [{**member, "state_key": user, "sender": user} for user in users]


def state_of(
    number: int, signer: Callable[[PeerRoom], JsonObject]
) -> Callable[[PeerRoom], dict[str, Trick]]:
    def tricks(room: PeerRoom) -> dict[str, Trick]:
        pdus = crowd(room, number, **signer(room))
        return {
            "get_missing_events": NOTHING,
            "state_ids": says({"pdu_ids": ids(number), "auth_chain_ids": []}),
            "state": says({"pdus": pdus, "auth_chain": []}),
        }

    return tricks


def as_it_is(_: PeerRoom) -> JsonObject:
    return {}


def by_an_unknown_key(room: PeerRoom) -> JsonObject:
    return {"signatures": {room.identity.server_name: {"ed25519:nobody": "x" * 86}}}


def always(**tricks: Trick) -> Callable[[PeerRoom], dict[str, Trick]]:
    return lambda _: tricks


ANSWERS: dict[str, Callable[[PeerRoom], dict[str, Trick]]] = {
    "a bomb of lists": always(get_missing_events=nested_lists(9 * MEBI), state_ids=NOTHING),
    "a bomb of gzip": always(get_missing_events=compressed(900 * MEBI), state_ids=NOTHING),
    "no end": always(get_missing_events=NOTHING, state_ids=never_ends),
    "too much": always(get_missing_events=nested_lists(30 * MEBI), state_ids=NOTHING),
    "wrong kinds": always(
        get_missing_events=says({"events": [1, None, [], {"type": 5}]}),
        state_ids=says({"pdu_ids": [{}, 7], "auth_chain_ids": "x"}),
    ),
    "ids of nothing": always(
        get_missing_events=NOTHING,
        state_ids=says({"pdu_ids": ids(100_000), "auth_chain_ids": ids(100_000)}),
        state=says({"pdus": [], "auth_chain": []}),
    ),
    "a forged state": state_of(100_000, as_it_is),
    "a state signed with keys that nobody has": state_of(100_000, by_an_unknown_key),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_lies_cost_little_and_convince_nobody(
    town: Town, victim: Victim, run: Any, calm: Pace, name: str
) -> None:
    guest, mallory = victim.alice, victim.mallory
    _, event = after_a_gap(guest.room)
    town.server.forget_peak()
    before, refused_before = town.server.resident_mib(), run(town.refused())

    with mallory.plays(**ANSWERS[name](guest.room)):
        _, pace = run(town.meanwhile(guest.hears([event])))
        run(town.refuses_more_than(refused_before))

    assert mallory.asked
    assert len(mallory.asked) < 60
    assert town.server.peak_mib() - before < MOST_FOR_STATES_MIB
    assert not run(guest.has(event.event_id))
    keeps(pace, calm, WORST_S)
    assert run(still_works(guest))


def test_who_answers_drop_by_drop_is_waited_for_alone(
    town: Town, victim: Victim, run: Any, calm: Pace
) -> None:
    guest, mallory = victim.alice, victim.mallory
    _, event = after_a_gap(guest.room)

    async def wait() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await guest.hears([event])

    with mallory.plays(get_missing_events=drips):
        _, pace = run(town.meanwhile(wait()))

    assert not run(guest.has(event.event_id))
    keeps(pace, calm)


def test_the_same_event_again_and_again_ends(
    town: Town, victim: Victim, run: Any, calm: Pace
) -> None:
    """Asked for what came before, Mallory tells the event itself and one that is known."""
    guest, mallory = victim.alice, victim.mallory
    _, event = after_a_gap(guest.room)
    known = guest.room.newest[0].pdu
    loop = says({"events": [event.pdu, known, event.pdu]})

    with mallory.plays(get_missing_events=loop, state_ids=NOTHING):
        told, pace = run(town.meanwhile(guest.hears([event])))

    assert told[event.event_id]
    assert len(mallory.asked) < 15
    keeps(pace, calm)


def test_an_auth_chain_of_ten_thousand_is_walked_in_bounds(
    town: Town, victim: Victim, run: Any, calm: Pace
) -> None:
    """It is all true, but for its uselessness: power levels that were set 10,000 times."""
    guest, mallory = victim.alice, victim.mallory
    room, creator = guest.room, guest.room.identity.user(0)
    chain = []
    for number in range(10_000):
        content = {"users": {}, "events_default": number % 2}
        chain.append(room.adds(Draft("m.room.power_levels", content, ""), creator))
    event = room.adds(TEXT, creator)
    town.server.forget_peak()
    before = town.server.resident_mib()
    pdus = [one.pdu for one in chain]

    async def event_auth(writer: asyncio.StreamWriter, path: str, body: bytes) -> None:
        await says({"auth_chain": pdus})(writer, path, body)

    tricks = {
        "get_missing_events": NOTHING,
        "event": says({"pdus": [pdus[-1]]}),
        "event_auth": event_auth,
        "state_ids": says({"pdu_ids": [chain[-1].event_id], "auth_chain_ids": []}),
    }
    with mallory.plays(**tricks):
        told, pace = run(town.meanwhile(guest.hears([event])))

    assert event.event_id in told
    assert len(mallory.asked) < 70
    assert town.server.peak_mib() - before < MOST_MIB
    keeps(pace, calm)


def test_a_room_of_a_hundred_thousand_forged_members_is_not_joined(
    town: Town, victim: Victim, run: Any, calm: Pace
) -> None:
    mallory = victim.mallory
    room = mallory.makes_room(5)
    town.server.forget_peak()
    before = town.server.resident_mib()

    async def send_join(writer: asyncio.StreamWriter, path: str, body: bytes) -> None:
        answer = room.admits(orjson.loads(body))
        answer["state"] += crowd(room, 100_000)
        await says(answer)(writer, path, body)

    with mallory.plays(send_join=send_join):
        status, pace = run(town.meanwhile(victim.alice.joins(room)))

    assert status == 502
    assert town.server.peak_mib() - before < MOST_FOR_STATES_MIB
    keeps(pace, calm, WORST_S)


async def still_works(guest: Guest) -> bool:
    """What is in order is taken from the same server, in the same room."""
    said = guest.room.messages(1)
    return await guest.hears(said) == {said[0].event_id: ""}


def test_a_large_room_is_joined_while_others_go_on(
    town: Town, victim: Victim, run: Any, calm: Pace
) -> None:
    """Nothing is wrong with it, but for its 10,000 members."""
    room = victim.mallory.makes_room(10_000)

    status, pace = run(town.meanwhile(victim.alice.joins(room)))

    assert status == 200
    keeps(pace, calm, WORST_S)
