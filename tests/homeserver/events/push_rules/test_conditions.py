import pytest

from homeserver.events.push_rules.conditions import (
    OwnDisplayName,
    Personal,
    Shared,
    compile_condition,
    generalize,
)
from homeserver.events.push_rules.facts import Facts, RoomView
from homeserver.json_values import JsonObject, JsonValue
from tests.homeserver.events.push_rules.conftest import MakeEvent


def holds(condition: JsonObject, facts: Facts) -> bool:
    compiled = compile_condition(condition)
    assert isinstance(compiled, Shared)
    return compiled.holds(facts)


@pytest.fixture
def facts(event: MakeEvent) -> Facts:
    content = {
        "body": "An exciting triple-whammy",
        "topic": "Lunch",
        "n": 1,
        "yes": True,
        "nothing": None,
        "half": 0.5,
        "list": ["#a:x", 1, True, None, {"x": 1}],
        "object": {"x": 1},
    }
    return Facts(event(content=content), RoomView(5, 10, {"room": 10}))


def match(key: str, pattern: JsonValue) -> JsonObject:
    return {"kind": "event_match", "key": key, "pattern": pattern}


def test_event_match_takes_the_whole_value(facts: Facts) -> None:
    assert holds(match("content.topic", "lunc?"), facts)
    assert not holds(match("content.topic", "unch"), facts)


def test_event_match_finds_words_in_the_body(facts: Facts) -> None:
    assert holds(match("content.body", "ex*ple"), facts)
    assert not holds(match("content.body", "citing"), facts)


@pytest.mark.parametrize("key", ["content.absent", "content.n", "content.nothing", "state_key"])
def test_event_match_needs_a_string(facts: Facts, key: str) -> None:
    assert not holds(match(key, "*"), facts)


@pytest.mark.parametrize(
    ("name", "value"), [("topic", "Lunch"), ("n", 1), ("yes", True), ("nothing", None)]
)
def test_event_property_is_compares_exactly(facts: Facts, name: str, value: JsonValue) -> None:
    key = f"content.{name}"

    assert holds({"kind": "event_property_is", "key": key, "value": value}, facts)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("topic", "lunch"),
        ("n", True),
        ("yes", 1),
        ("half", 0.5),
        ("object", {"x": 1}),
        ("absent", None),
    ],
)
def test_event_property_is_does_not_cast(facts: Facts, name: str, value: JsonValue) -> None:
    key = f"content.{name}"

    assert not holds({"kind": "event_property_is", "key": key, "value": value}, facts)


def test_event_property_contains_looks_into_arrays(facts: Facts) -> None:
    def contains(name: str, value: JsonValue) -> bool:
        condition = {"kind": "event_property_contains", "key": f"content.{name}", "value": value}
        return holds(condition, facts)

    assert contains("list", "#a:x")
    assert contains("list", None)
    assert not contains("list", ":x")
    assert not contains("list", {"x": 1})
    assert not contains("topic", "Lunch")
    assert not contains("absent", None)


@pytest.mark.parametrize("bound", ["5", "==5", "<6", "<=5", ">4", ">=5"])
def test_a_member_count_holds(facts: Facts, bound: str) -> None:
    assert holds({"kind": "room_member_count", "is": bound}, facts)


@pytest.mark.parametrize("bound", ["4", "<5", ">5", "<=4", ">=6", "!=4", "5 ", "", "٥", "-5"])
def test_a_member_count_does_not_hold(facts: Facts, bound: str) -> None:
    assert not holds({"kind": "room_member_count", "is": bound}, facts)


def test_the_senders_power_is_held_against_the_level(facts: Facts) -> None:
    assert holds({"kind": "sender_notification_permission", "key": "room"}, facts)
    assert not holds({"kind": "sender_notification_permission", "key": "other"}, facts)


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"kind": 5},
        {"kind": "org.example.unknown", "key": "type"},
        {"kind": "event_match", "key": "type"},
        {"kind": "event_match", "pattern": "*"},
        {"kind": "event_property_is", "key": "type"},
        {"kind": "room_member_count"},
        {"kind": "sender_notification_permission"},
    ],
)
def test_unknown_and_malformed_conditions_never_hold(facts: Facts, condition: JsonObject) -> None:
    assert not holds(condition, facts)


def test_the_display_name_is_asked_of_the_user(facts: Facts) -> None:
    assert isinstance(compile_condition({"kind": "contains_display_name"}), OwnDisplayName)


@pytest.mark.parametrize(
    "condition",
    [
        {"kind": "event_match", "key": "sender", "pattern": "@bob:b"},
        {"kind": "event_property_is", "key": "sender", "value": "@bob:b"},
    ],
)
def test_the_owners_own_id_makes_a_condition_personal(facts: Facts, condition: JsonObject) -> None:
    personal = compile_condition(generalize(condition, "@bob:b"))

    assert isinstance(personal, Personal)
    assert personal.users(facts) == {"@bob:b"}
    assert generalize(condition, "@alice:a") == condition


def test_an_id_that_reads_as_a_glob_stays_a_pattern() -> None:
    condition = match("state_key", "@b*b:b")

    assert generalize(condition, "@b*b:b") == condition


def test_a_client_cannot_speak_of_owners_itself(facts: Facts) -> None:
    forged = {"kind": "own_user_id", "key": "sender", "in_array": False}

    assert not holds(generalize(forged, "@alice:a"), facts)
