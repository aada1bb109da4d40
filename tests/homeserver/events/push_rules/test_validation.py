import pytest

from homeserver.errors import InvalidParam, MissingParam
from homeserver.events.push_rules.rules import Kind
from homeserver.events.push_rules.validation import parse_kind, parse_rule
from homeserver.json_values import JsonObject, JsonValue


def put(kind: Kind = Kind.OVERRIDE, rule_id: str = "id", **body: JsonValue) -> None:
    parse_rule(kind, rule_id, {"actions": [], **body})


def test_an_unknown_kind_is_refused() -> None:
    assert parse_kind("room") is Kind.ROOM
    with pytest.raises(InvalidParam):
        parse_kind("device")


@pytest.mark.parametrize("rule_id", [".m.rule.mine", "a/b", "a\\b", "", "x" * 256])
def test_rule_ids_are_checked(rule_id: str) -> None:
    with pytest.raises(InvalidParam):
        put(rule_id=rule_id)


def test_room_and_sender_rules_are_named_after_theirs() -> None:
    put(Kind.ROOM, "!room")
    put(Kind.SENDER, "@bob:b")
    for kind in (Kind.ROOM, Kind.SENDER):
        with pytest.raises(InvalidParam):
            put(kind, "id")


def test_actions_are_needed() -> None:
    with pytest.raises(MissingParam):
        parse_rule(Kind.OVERRIDE, "id", {})


@pytest.mark.parametrize(
    "actions",
    [
        "notify",
        None,
        ["shout"],
        [5],
        [None],
        [{}],
        [{"set_tweak": 5}],
        [["notify"]],
        ["notify"] * 17,
        [{"set_tweak": "sound", "value": "x" * 5000}],
    ],
)
def test_actions_are_checked(actions: JsonValue) -> None:
    with pytest.raises(InvalidParam):
        put(actions=actions)


def test_historical_actions_are_stripped() -> None:
    rule = parse_rule(Kind.OVERRIDE, "id", {"actions": ["dont_notify", "notify", "coalesce"]})

    assert rule.actions == ["notify"]


@pytest.mark.parametrize("pattern", [5, None, "", "x" * 256])
def test_patterns_are_checked(pattern: JsonValue) -> None:
    put(Kind.CONTENT, pattern="cake*")
    with pytest.raises(InvalidParam):
        put(Kind.CONTENT, pattern=pattern)


def test_a_content_rule_needs_a_pattern() -> None:
    with pytest.raises(MissingParam):
        put(Kind.CONTENT)


@pytest.mark.parametrize(
    "condition",
    [
        {"kind": "event_match", "key": "state_key", "pattern": ""},
        {"kind": "event_property_is", "key": "a", "value": None},
        {"kind": "event_property_contains", "key": "a", "value": -5},
        {"kind": "contains_display_name"},
        {"kind": "room_member_count", "is": ">=10"},
        {"kind": "sender_notification_permission", "key": "room"},
        {"kind": "org.example.unknown", "anything": {"goes": []}},
    ],
)
def test_good_conditions_are_taken_as_they_are(condition: JsonObject) -> None:
    rule = parse_rule(Kind.UNDERRIDE, "id", {"actions": [], "conditions": [condition]})

    assert rule.conditions == [condition]


@pytest.mark.parametrize(
    "conditions",
    [
        None,
        {},
        ["event_match"],
        [{}],
        [{"kind": 5}],
        [{"kind": "event_match", "key": "type"}],
        [{"kind": "event_match", "pattern": "x"}],
        [{"kind": "event_match", "key": "type", "pattern": 5}],
        [{"kind": "event_match", "key": "type", "pattern": "x" * 256}],
        [{"kind": "event_property_is", "key": "a"}],
        [{"kind": "event_property_is", "value": 1}],
        [{"kind": "event_property_is", "key": "a", "value": {}}],
        [{"kind": "event_property_is", "key": "a", "value": 0.5}],
        [{"kind": "event_property_contains", "key": "a", "value": 2**53}],
        [{"kind": "room_member_count"}],
        [{"kind": "room_member_count", "is": "many"}],
        [{"kind": "room_member_count", "is": 2}],
        [{"kind": "sender_notification_permission"}],
        [{"kind": "contains_display_name"}] * 17,
        [{"kind": "org.example", "big": "x" * 5000}],
    ],
)
def test_bad_conditions_are_refused(conditions: JsonValue) -> None:
    with pytest.raises(InvalidParam):
        put(conditions=conditions)
