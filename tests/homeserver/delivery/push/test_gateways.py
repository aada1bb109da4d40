"""Gateways that are away, hang, lie or say too much: waited out, and nobody waits with them."""

import pytest

from homeserver.config.push import Push
from homeserver.events.event import Event
from homeserver.http.response import Response
from homeserver.rooms import timeline
from homeserver.storage import events
from homeserver.storage.transaction import Transaction
from tests.homeserver.delivery.push.conftest import OK, PushTown, Town, a_room, pusher
from tests.internet import Internet, Speaker
from tests.outcomes import outcome

HOUR_S = 3600
REDIRECT = Response(status=307, headers=(("Location", "https://elsewhere.example.org/x"),))
HUGE = Response(b'{"rejected": [' + b'"x",' * 50_000 + b'"y"]}')


def passes_slowly(here: PushTown, seconds: int, step: int = 60) -> None:
    for _ in range(0, seconds, step):
        here.passes(step)


@pytest.mark.parametrize(
    "answer",
    [Response(status=500), Response(status=404), REDIRECT, HUGE],
    ids=["error", "not found", "redirect", "huge"],
)
def test_after_an_hour_of_nonsense_all_is_told_in_order(town: Town, answer: Response) -> None:
    here = town()
    gateway = here.gateway()
    alice, _bob, room = here.pair(gateway)
    gateway.answer = answer

    sent = []
    for number in range(6):
        sent.append(alice.sends(room, str(number)))
        passes_slowly(here, HOUR_S // 6)
    tries = gateway.events()
    assert set(tries) == {sent[0]} and len(tries) < 20
    gateway.answer = OK
    passes_slowly(here, 1800)

    assert gateway.events() == sent


def test_a_gateway_that_answers_nonsense_with_success_has_been_told(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, room = here.pair(gateway)
    gateway.answer = Response(b"<html>", content_type="text/html")

    sent = [alice.sends(room, "one"), alice.sends(room, "two")]
    here.passes()

    assert gateway.events() == sent
    assert len(bob.get("/v3/pushers")["pushers"]) == 1


def test_a_gateway_that_never_answers_holds_up_nobody_else(town: Town) -> None:
    here = town()
    good = here.gateway("good.example.org")
    silent = here.gateway("silent.example.org")
    here.internet.unlisten(silent.address, 443)
    here.internet.swallows(silent.address, 443)
    alice, *others = here.people("alice", *(f"user{number}" for number in range(12)))
    room = a_room(alice, *others)
    for number, person in enumerate(others):
        person.post("/v3/pushers/set", pusher(silent, f"silent{number}"))
    others[0].post("/v3/pushers/set", pusher(good, "good"))

    sent = [alice.sends(room, str(number)) for number in range(3)]
    here.passes()

    assert good.events() == sent
    assert len([it for it in here.internet.calls if it[0] == silent.address]) <= 8
    passes_slowly(here, HOUR_S)
    asked = [it for it in here.internet.calls if it[0] == silent.address]
    assert len(asked) < 60, "a dead gateway is asked all the time"


def test_a_gateway_that_begins_to_answer_and_stops_is_given_up_for_a_while(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    here.internet.unlisten(gateway.address, 443)
    stalling = Speaker(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    here.internet.listen(gateway.address, 443, stalling, gateway.name)
    alice, _bob, room = here.pair(gateway)

    alice.sends(room, "hello")
    here.passes()
    here.passes(21)

    assert here.metric("isthmus_push_gateways_failing") == 1
    assert here.metric("isthmus_push_notifications_total", kind="http", outcome="later") == 1


@pytest.mark.parametrize("refusal", [400, 500])
def test_one_pusher_that_its_gateway_does_not_take_holds_up_no_other_there(
    town: Town, refusal: int
) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, carol = here.people("alice", "bob", "carol")
    room = a_room(alice, bob, carol)
    bob.post("/v3/pushers/set", pusher(gateway, "bad"))
    carol.post("/v3/pushers/set", pusher(gateway, "good"))
    gateway.refused, gateway.refusal = ["bad"], refusal
    sent = [alice.sends(room, "one"), alice.sends(room, "two")]
    here.passes()

    assert gateway.events() == sent


def test_waiting_ends_when_the_gateway_says_so(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, _bob, room = here.pair(gateway)
    gateway.answer = Response(status=429, headers=(("Retry-After", "100"),))
    event_id = alice.sends(room, "hello")
    here.passes()
    gateway.told()
    gateway.answer = OK

    here.passes(99)
    assert gateway.events() == []
    here.passes(30)
    assert gateway.events() == [event_id]


def test_a_restart_forgets_neither_what_waits_nor_how_long(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, _bob, room = here.pair(gateway)
    gateway.answer = Response(status=500)
    sent = [alice.sends(room, str(number)) for number in range(3)]
    passes_slowly(here, 300)
    gateway.told()
    gateway.answer = OK

    here = town()
    here.passes()
    assert gateway.events() == []
    passes_slowly(here, 900)
    assert gateway.events() == sent


def test_what_happened_while_nobody_followed_is_told_after_the_start(town: Town) -> None:
    """As after a crash between the commit of an event and that of its notification."""
    here = town()
    gateway = here.gateway()
    alice, bob = here.people("alice", "bob")
    room, invites = a_room(alice, bob), alice.creates_room()
    bob.post("/v3/pushers/set", pusher(gateway))
    first = alice.sends(room, "first")
    here.passes()
    here.server.app.push.push._parts.arrivals._is_running = False  # type: ignore[union-attr]
    second = alice.sends(room, "second")
    alice.invites(invites, bob)
    here.passes()
    assert gateway.events() == [first]

    here = town()
    here.passes()

    told = gateway.told()
    assert told[0]["event_id"] == second
    assert [it["type"] for it in told] == ["m.room.message", "m.room.member"]


def test_history_that_came_while_nobody_followed_is_not_told(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob = here.people("alice", "bob")
    room = a_room(alice, bob)
    bob.post("/v3/pushers/set", pusher(gateway))
    here.passes()
    here.server.app.push.push._parts.arrivals._is_running = False  # type: ignore[union-attr]
    said = alice.sends(room, "said today")

    def happened_long_ago(txn: Transaction) -> None:
        head = timeline.head(txn, room)
        assert head is not None
        template = events.find(txn, said)
        assert template is not None
        pdu = {**template.event.pdu, "content": {"msgtype": "m.text", "body": "long ago"}}
        pdu["prev_events"] = list(head.extremities)
        timeline.append_quietly(txn, head, Event.from_pdu(pdu, head.version, "$long-ago"))

    outcome(here.server.app.database.write(happened_long_ago))
    here.passes()

    here = town()
    here.passes()

    assert gateway.events() == [said]


def test_what_is_too_old_is_given_up(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, _bob, room = here.pair(gateway)
    gateway.answer = Response(status=500)
    alice.sends(room, "old")
    passes_slowly(here, 25 * HOUR_S, step=600)
    gateway.told()
    gateway.answer = OK
    new = alice.sends(room, "new")
    passes_slowly(here, 1800)

    assert gateway.events() == [new]
    assert here.metric("isthmus_push_expired_total") == 1


def test_a_gateway_at_a_private_address_is_not_called_unless_permitted(
    town: Town, internet: Internet
) -> None:
    here = town(push=Push(custom_ca_paths=(internet.authority.path,)))
    gateway = here.gateway()
    alice, _bob, room = here.pair(gateway)

    alice.sends(room, "hello")
    here.passes()

    assert here.internet.calls == [] and gateway.told() == []
    assert here.metric("isthmus_push_notifications_total", kind="http", outcome="later") == 1


def test_the_age_of_the_oldest_is_measured(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, _bob, room = here.pair(gateway)
    gateway.answer = Response(status=500)
    alice.sends(room, "hello")

    passes_slowly(here, 120, step=30)

    assert here.metric("isthmus_push_oldest_seconds") == 120
    gateway.answer = OK
    passes_slowly(here, 600, step=30)
    assert here.metric("isthmus_push_oldest_seconds") == 0


def test_a_gateway_that_nobody_uses_any_more_is_forgotten(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    gateway.answer = Response(status=500)
    alice, bob, room = here.pair(gateway)
    alice.sends(room, "hello")
    here.passes()
    assert here.metric("isthmus_push_gateways_failing") == 1

    bob.post("/v3/pushers/set", {**pusher(gateway), "kind": None})
    passes_slowly(here, 26 * HOUR_S, step=HOUR_S)

    assert here.metric("isthmus_push_gateways_failing") == 0


def test_a_gateway_that_is_broken_is_not_tried_for_each_of_its_pushers(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    gateway.answer = Response(status=500)
    alice, *others = here.people("alice", *(f"user{number}" for number in range(12)))
    room = a_room(alice, *others)
    for person in others:
        person.post("/v3/pushers/set", pusher(gateway, person.name))

    event_id = alice.sends(room, "hello")
    here.passes()
    tries = len(gateway.told())
    assert tries < len(others)
    passes_slowly(here, HOUR_S)
    assert len(gateway.told()) < 40
    gateway.answer = OK
    passes_slowly(here, HOUR_S)
    assert gateway.events() == [event_id] * len(others)


def test_a_pusher_that_moves_to_another_gateway_is_told_there_in_order(town: Town) -> None:
    here = town()
    hanging, good = here.gateway("hanging.example.org"), here.gateway("good.example.org")
    here.internet.unlisten(hanging.address, 443)
    here.internet.swallows(hanging.address, 443)
    alice, bob, room = here.pair(hanging)
    first = alice.sends(room, "one")
    here.passes()

    bob.post("/v3/pushers/set", pusher(good))
    second = alice.sends(room, "two")
    here.passes(1)
    assert good.events() == []
    passes_slowly(here, 120, step=5)

    assert good.events() == [first, second]
