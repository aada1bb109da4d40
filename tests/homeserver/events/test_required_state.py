"""Which state a client asks for."""

import pytest

from homeserver.events.event import StateKey
from homeserver.events.required_state import NOTHING, RequiredState, StatePart, StateRule

NAME, TOPIC = ("m.room.name", ""), ("m.room.topic", "")
BOB, CAROL = ("m.room.member", "@bob:test"), ("m.room.member", "@carol:test")
STATE = dict.fromkeys((NAME, TOPIC, BOB, CAROL), 1)


def part(*include: tuple[str | None, str | None], lazy: bool = False) -> StatePart:
    return StatePart(frozenset(StateRule(*rule) for rule in include), lazy=lazy)


def chosen(*parts: StatePart) -> set[StateKey]:
    return set(RequiredState(frozenset(parts)).among(STATE))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (part(), set()),
        (part(NAME, ("m.room.other", "")), {NAME}),
        (part((None, None)), {NAME, TOPIC, BOB, CAROL}),
        (part((None, "")), {NAME, TOPIC}),
        (part((None, BOB[1])), {BOB}),
        (part(("m.room.member", None)), {BOB, CAROL}),
        (part((None, None), lazy=True), {NAME, TOPIC}),
        (part((None, None), BOB, lazy=True), {NAME, TOPIC, BOB}),
        (part(NAME, lazy=True), {NAME}),
    ],
)
def test_wildcards_stand_for_what_they_say(asked: StatePart, expected: set[StateKey]) -> None:
    assert chosen(asked) == expected


def test_what_is_kept_out_stays_out_of_its_own_part_only() -> None:
    rules = frozenset((StateRule(None, None),))
    without_members = StatePart(rules, frozenset((StateRule("m.room.member", None),)))

    assert chosen(without_members) == {NAME, TOPIC}
    assert chosen(without_members, part(BOB)) == {NAME, TOPIC, BOB}
    assert chosen(StatePart(rules, rules)) == set()


def test_together_they_ask_for_all_of_it() -> None:
    one, two = RequiredState(frozenset((part(NAME),))), RequiredState(frozenset((part(BOB),)))

    both = one | two

    assert set(both.among(STATE)) == {NAME, BOB}
    assert both.asks_for_more_than(one)
    assert not one.asks_for_more_than(both)
    assert NOTHING.among(STATE) == []


def test_a_part_can_be_kept() -> None:
    kept = StatePart(
        frozenset((StateRule("a", None), StateRule(None, "b"))),
        frozenset((StateRule("c", "d"),)),
        True,
    )

    assert StatePart.from_json(kept.as_json()) == kept
