"""What reaches other servers, when, and how often."""

from collections.abc import Callable

import pytest

from homeserver.config.network import Federation
from homeserver.delivery import backlog, destination
from homeserver.rooms import timeline
from homeserver.storage import events, handed_in
from homeserver.storage.transaction import Transaction
from tests.homeserver.delivery.world import Home, Others
from tests.people import Person

HOUR = 3600.0


def open_room(home: Home, *remote: str) -> tuple[Person, str]:
    alice = home.server.person("alice")
    room = alice.creates_room(preset="public_chat")
    home.joins(room, *remote)
    return alice, room


def test_a_message_reaches_each_server_in_the_room_once(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org", "@bea:b.org", "@carl:c.org")
    others.sent.clear()

    alice.sends(room, "hello")

    assert others.texts("b.org") == others.texts("c.org") == ["hello"]
    (sent,) = others.to("b.org")
    assert sent.body["origin"] == "test"
    assert sent.pdus[0]["signatures"]["test"]


def test_a_room_of_our_own_goes_nowhere(home: Home, others: Others) -> None:
    alice, room = open_room(home)

    alice.sends(room, "among us")

    assert others.tried == []


def test_events_of_other_servers_are_theirs_to_send(home: Home, others: Others) -> None:
    open_room(home, "@bob:b.org", "@carl:c.org")

    assert others.pdus("b.org") == []


def test_what_comes_while_a_server_is_busy_goes_together_in_order(
    home: Home, others: Others
) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.slow.add("b.org")
    texts = [f"m{number}" for number in range(120)]

    for text in texts:
        alice.sends(room, text)

    assert len(others.tried) == 1
    for _ in range(4):
        others.release("b.org")
    assert others.texts("b.org") == texts
    assert [len(sent.pdus) for sent in others.to("b.org")] == [1, 50, 50, 19]
    assert len({sent.txn_id for sent in others.sent}) == 4


def test_a_slow_server_delays_no_other(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org", "@carl:c.org")
    others.slow.add("b.org")

    for text in "xyz":
        alice.sends(room, text)

    assert others.texts("c.org") == ["x", "y", "z"]
    assert others.texts("b.org") == []


def test_a_server_that_was_away_gets_what_it_missed_in_order_and_once(
    home: Home, others: Others
) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    texts = [f"m{number}" for number in range(130)]
    for text in texts:
        alice.sends(room, text)
    assert len(others.tried) == 1

    others.down.clear()
    home.advance(300)

    assert others.texts("b.org") == texts
    assert [len(sent.pdus) for sent in others.to("b.org")] == [50, 50, 30]
    alice.sends(room, "and now")
    assert others.texts("b.org") == [*texts, "and now"]


def test_a_server_that_does_not_answer_is_asked_more_and_more_rarely(
    home: Home, others: Others
) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    alice.sends(room, "anybody there?")

    tries = []
    for _ in range(4):
        before = len(others.tried)
        home.advance(4 * HOUR, 30.0)
        tries.append(len(others.tried) - before)

    assert tries[0] > tries[1] >= tries[3]
    assert len(others.tried) < 20


def test_waiting_survives_a_restart(start_home: Callable[..., Home], others: Others) -> None:
    home = start_home()
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    alice.sends(room, "before")
    home.stops()

    others.down.clear()
    later = start_home()
    assert others.texts("b.org") == []
    later.advance(120)

    assert others.texts("b.org") == ["before"]


def test_a_crash_loses_nothing(start_home: Callable[..., Home], others: Others) -> None:
    home = start_home()
    alice, room = open_room(home, "@bob:b.org", "@carl:c.org")
    others.slow |= {"b.org", "c.org"}
    for text in "xyz":
        alice.sends(room, text)
    others.release("c.org")
    assert others.texts("c.org") == ["x"]

    others.slow.clear()
    start_home()

    assert others.texts("b.org") == ["x", "y", "z"]
    assert others.texts("c.org")[-3:] == ["x", "y", "z"]


def test_what_was_under_way_in_a_crash_is_known_again_by_its_id(
    start_home: Callable[..., Home], others: Others
) -> None:
    home = start_home()
    alice, room = open_room(home, "@bob:b.org")
    home.advance(10)
    others.slow.add("b.org")
    alice.sends(room, "once")
    (tried,) = others.tried

    others.slow.clear()
    start_home()

    (sent,) = others.sent
    assert sent.txn_id == tried.txn_id
    assert sent.pdus == tried.pdus


def test_a_crash_repeats_only_what_was_sent_last(
    start_home: Callable[..., Home], others: Others
) -> None:
    home = start_home()
    alice, room = open_room(home, "@bob:b.org")
    alice.sends(room, "long ago")
    home.advance(10)
    alice.sends(room, "just now")

    start_home()

    assert others.texts("b.org") == ["long ago", "just now", "just now"]


def test_an_orderly_restart_repeats_nothing(
    start_home: Callable[..., Home], others: Others
) -> None:
    home = start_home()
    alice, room = open_room(home, "@bob:b.org")
    alice.sends(room, "once")
    home.stops()

    start_home()

    assert others.texts("b.org") == ["once"]


def test_a_server_whose_last_user_left_gets_nothing_more(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org", "@carl:c.org")
    home.member(room, "@bob:b.org", "leave")

    alice.sends(room, "he is gone")

    assert others.texts("b.org") == []
    assert others.texts("c.org") == ["he is gone"]


def test_who_is_put_out_learns_of_it_and_of_nothing_after(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")

    alice.post(f"/v3/rooms/{room}/kick", {"user_id": "@bob:b.org"})
    alice.sends(room, "he is gone")

    (kick,) = others.pdus("b.org")
    assert kick["content"]["membership"] == "leave"


def test_a_kick_waits_for_a_server_that_is_away(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    alice.sends(room, "first")
    alice.post(f"/v3/rooms/{room}/kick", {"user_id": "@bob:b.org"})
    alice.sends(room, "he is gone")

    others.down.clear()
    home.advance(300)

    assert [pdu["type"] for pdu in others.pdus("b.org")] == ["m.room.message", "m.room.member"]


def test_what_was_said_before_a_server_came_is_not_sent_to_it(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")
    other = alice.creates_room(preset="public_chat")
    others.down.add("b.org")
    alice.sends(room, "for b")
    alice.sends(other, "not for b")
    home.joins(other, "@bob:b.org")
    alice.sends(other, "welcome")

    others.down.clear()
    home.advance(300)

    assert others.texts("b.org") == ["for b", "welcome"]


def test_what_was_redacted_meanwhile_is_not_told_in_full(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    alice.redacts(room, alice.sends(room, "a slip"))

    others.down.clear()
    home.advance(300)

    message, redaction = others.pdus("b.org")
    assert message["content"] == {}
    assert redaction["type"] == "m.room.redaction"


def test_of_a_room_with_too_much_only_the_newest_is_sent(
    home: Home, others: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MAX_OF_ROOM", 20)
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    for number in range(30):
        alice.sends(room, str(number))

    others.down.clear()
    home.advance(300)

    assert others.texts("b.org") == [str(number) for number in range(10, 30)]


def test_more_than_memory_holds_for_a_slow_server_comes_from_the_database(
    home: Home, others: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destination, "MAX_WAITING", 10)
    alice, room = open_room(home, "@bob:b.org")
    others.slow.add("b.org")
    texts = [str(number) for number in range(30)]
    for text in texts:
        alice.sends(room, text)
    assert all(len(it.news) <= 10 for it in home.servers._active.values())

    others.slow.clear()
    others.release("b.org")
    home.advance(60)

    assert others.texts("b.org") == texts


def test_a_dead_server_costs_no_timer_and_no_queue(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    alice.sends(room, "hello?")
    home.advance(5 * 24 * HOUR, HOUR)
    before = len(others.tried)

    for _ in range(20):
        alice.sends(room, "and more")

    assert home.servers._active == {}
    home.advance(10)
    assert not any("_look" in str(call) for call in home.server.clock.timers.getDelayedCalls())
    assert len(others.tried) - before <= 1


def test_how_soon_a_server_is_tried_again_is_a_setting(
    start_home: Callable[..., Home], others: Others
) -> None:
    home = start_home(federation=Federation(retry_after=2_000, retry_at_most=4_000))
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    alice.sends(room, "hello?")
    home.advance(60, 1)
    assert len(others.tried) > 60 / 6

    others.down.clear()
    home.advance(8, 1)

    assert others.texts("b.org") == ["hello?"]


def test_a_dead_server_that_speaks_gets_what_it_missed(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    alice.sends(room, "hello?")
    home.advance(5 * 24 * HOUR, HOUR)
    others.down.clear()

    home.server.app.peers.backoff.spoke("b.org")

    assert others.texts("b.org") == ["hello?"]


def test_what_a_server_refuses_alone_is_left_out(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.refuse = lambda sent: (
        (400, {"errcode": "M_BAD_JSON", "error": "no"}) if "poison" in sent.texts() else None
    )
    others.slow.add("b.org")
    for text in ("x", "y", "poison", "z"):
        alice.sends(room, text)

    others.slow.clear()
    others.release("b.org")

    assert others.texts("b.org") == ["x", "y", "z"]


def test_a_server_that_refuses_everything_is_let_be(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.refuse = lambda sent: (403, {"errcode": "M_FORBIDDEN", "error": "go away"})
    for text in "xyz":
        alice.sends(room, text)
    assert len(others.tried) == 1

    home.advance(3 * HOUR, 30.0)
    assert 2 < len(others.tried) < 12

    others.refuse = lambda sent: None
    home.advance(5 * HOUR, 30.0)
    assert others.texts("b.org") == ["x", "y", "z"]


def test_who_came_through_us_is_made_known_to_all_but_his_own_server(
    home: Home, others: Others
) -> None:
    _, room = open_room(home, "@bob:b.org", "@carl:c.org", "@dora:d.org")

    home.write(hand_in, room, "@carl:c.org")

    assert [pdu["state_key"] for pdu in others.pdus("b.org")] == ["@carl:c.org"]
    assert len(others.pdus("d.org")) == 1
    assert others.pdus("c.org") == []


def test_who_came_through_us_before_a_crash_is_made_known(
    start_home: Callable[..., Home], others: Others
) -> None:
    home = start_home()
    _, room = open_room(home, "@bob:b.org", "@carl:c.org")
    others.slow.add("b.org")
    home.write(hand_in, room, "@carl:c.org")

    others.slow.clear()
    start_home()

    assert [pdu["state_key"] for pdu in others.pdus("b.org")] == ["@carl:c.org"]


def hand_in(txn: Transaction, room: str, user_id: str) -> None:
    head = timeline.head(txn, room)
    assert head is not None
    event = events.at(txn, head.state["m.room.member", user_id]).event
    handed_in.add(txn, room, event.event_id)


def test_the_metrics_tell_of_it(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org", "@carl:c.org")
    others.down.add("b.org")
    alice.sends(room, "hello")

    registry = home.server.app.ground.metrics.registry
    value = registry.get_sample_value
    assert value("isthmus_federation_pdus_sent_total") == 1
    assert value("isthmus_federation_transactions_sent_total", {"outcome": "failed"}) == 1
    assert value("isthmus_federation_destinations_lagging") == 1
    assert value("isthmus_federation_destinations_waiting") == 0


def test_the_log_names_the_server_and_the_error_but_no_content(
    home: Home, others: Others, caplog: pytest.LogCaptureFixture
) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    with caplog.at_level("INFO"):
        alice.sends(room, "a secret")

    assert "nothing can be sent to b.org: b.org is down" in caplog.text
    assert "a secret" not in caplog.text
