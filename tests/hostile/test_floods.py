"""Many events that may not be: refused, counted, told once, and nobody else is held up."""

import asyncio
import gzip
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from signedjson.key import generate_signing_key

from homeserver.events.building import Draft
from homeserver.events.event import Event
from homeserver.peers.signing import Credentials
from scripts.benchmarks.peer.rooms import Identity, PeerRoom
from tests.hostile.town import Pace, Town, Victim

NUMBER = 500


def message(room: PeerRoom, sender: str = "") -> Event:
    draft = Draft("m.room.message", {"msgtype": "m.text", "body": "trust me"})
    return room.builds(draft, sender or room.identity.user(1), room.newest)


def altered(event: Event, **changes: Any) -> Event:
    return evolve(event, pdu={**event.pdu, **changes})


def forged(room: PeerRoom) -> Event:
    """Signed with a key that is not the server's, in its name."""
    identity = room.identity
    another_key = generate_signing_key(identity.key.version)
    room.identity = Identity(identity.server_name, another_key)
    event = message(room)
    room.identity = identity
    return event


def unsigned(room: PeerRoom) -> Event:
    return altered(message(room), signatures={})


def of_somebody_else(room: PeerRoom) -> Event:
    """Mallory signs what a user of another server is made to say."""
    return message(room, "@bob:localhost")


def with_a_float(room: PeerRoom) -> Event:
    event = message(room)
    return altered(event, content={"body": 1.5})


def with_a_huge_integer(room: PeerRoom) -> Event:
    return altered(message(room), origin_server_ts=2**60)


def too_large(room: PeerRoom) -> Event:
    return altered(message(room), content={"body": "x" * 66_000})


def without_power(room: PeerRoom) -> Event:
    return room.builds(
        Draft("m.room.name", {"name": "Mallory's"}, ""), room.identity.user(25), room.newest
    )


FLOODS: list[tuple[Callable[[PeerRoom], Event], str]] = [
    (forged, "forged"),
    (unsigned, "forged"),
    (of_somebody_else, "forged"),
    (with_a_float, "malformed"),
    (with_a_huge_integer, "malformed"),
    (too_large, "malformed"),
    (without_power, "forbidden"),
]


@pytest.mark.parametrize(("bad", "reason"), FLOODS, ids=lambda it: getattr(it, "__name__", it))
def test_a_flood_is_refused_counted_and_told_once(
    town: Town, victim: Victim, run: Any, calm: Pace, bad: Callable[[PeerRoom], Event], reason: str
) -> None:
    events = [bad(victim.alice.room) for _ in range(NUMBER)]
    before = run(town.refused())

    told, pace = run(town.meanwhile(victim.alice.hears(events)))

    after = run(town.refused())
    assert after[reason] - before[reason] >= NUMBER - 50, (before, after)
    assert all(told.values())
    assert not run(victim.alice.has(events[0].event_id))
    assert len(town.complaints(victim.mallory, reason)) == 1
    keeps(pace, calm)


def test_an_event_with_a_wrong_hash_loses_its_content(victim: Victim, run: Any) -> None:
    event = message(victim.alice.room)
    changed = altered(event, content={"msgtype": "m.text", "body": "something else"})

    assert run(victim.alice.hears([changed])) == {event.event_id: ""}
    assert run(victim.alice.has(event.event_id))
    victim.alice.room.takes(event)


@pytest.mark.parametrize("size", [51, 2000])
def test_a_transaction_of_too_many_is_refused_whole(victim: Victim, run: Any, size: int) -> None:
    events = [message(victim.alice.room)] * size

    with pytest.raises(AssertionError, match=r"413|TOO_LARGE"):
        run(victim.alice.hears(events, size))


BODIES = {
    "no bottom": b'{"pdus":' + b"[" * 5_000_000 + b"]" * 5_000_000 + b"}",
    "a bomb of lists": b'{"pdus":[' + b"[]," * 3_000_000 + b"[]]}",
    "a bomb of gzip": gzip.compress(b"0" * 500_000_000),
    "too long": b'{"pdus":[]}' + b" " * 13_000_000,
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies_that_do_harm_elsewhere_are_refused(
    town: Town, victim: Victim, run: Any, calm: Pace, name: str
) -> None:
    body, server = BODIES[name], victim.mallory.identity.server_name
    header = Credentials(server, "localhost", "ed25519:bench", "x" * 86).header()
    head = (
        f"PUT /_matrix/federation/v1/send/1 HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {header}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    town.server.forget_peak()
    before = town.server.resident_mib()

    answer, pace = run(town.meanwhile(victim.alice.wire.send(head.encode() + body)))

    assert answer.status in (400, 401, 413)
    assert town.server.peak_mib() - before < 100
    keeps(pace, calm)


def test_many_slow_connections_hold_nobody_up(town: Town, run: Any, calm: Pace) -> None:
    """Three hundred that send a letter now and then, on the port that servers use."""

    async def loris() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", town.server.port)
        for letter in b"PUT /_matrix/federation/v1/send/1 HTTP/1.1":
            writer.write(bytes([letter]))
            await asyncio.sleep(0.1)
        writer.close()

    async def lorises() -> None:
        await asyncio.gather(*(loris() for _ in range(300)))

    _, pace = run(town.meanwhile(lorises()))

    keeps(pace, calm)


def keeps(pace: Pace, calm: Pace, worst_s: float = 1.0) -> None:
    """The usual exchange takes little longer than on a quiet day, and none takes long.

    The bounds are wide, since the machine may be busy with other things, too.
    """
    assert pace.usual < 4 * calm.usual + 0.2, (pace.usual, calm.usual)
    assert pace.worst < 10 * calm.worst + worst_s, (pace.worst, calm.worst)
