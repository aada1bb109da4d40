import json
from collections.abc import Callable

import pytest

from homeserver.errors import InvalidParam, MatrixError, NotFound
from homeserver.events.push_rules.rules import Kind
from homeserver.events.push_rules.ruleset import RuleSet
from homeserver.events.push_rules.validation import MAX_RULES
from homeserver.json_values import JsonObject

ALICE = "@alice:a"
MUTE: JsonObject = {"actions": []}
MASTER = ".m.rule.master"


def ids(rules: RuleSet, kind: str = "sender") -> list[str]:
    return [rule["rule_id"] for rule in rules.as_client_json()["global"][kind]]


def senders(*rule_ids: str) -> RuleSet:
    """Rules in the given order, most important first."""
    rules = RuleSet(ALICE)
    for rule_id in reversed(rule_ids):
        rules = rules.put("sender", rule_id, MUTE)
    return rules


def test_clients_see_the_defaults_of_their_user() -> None:
    shown = RuleSet(ALICE).as_client_json()["global"]

    assert list(shown) == [kind.value for kind in Kind]
    assert shown["override"][0] == {
        "rule_id": MASTER,
        "default": True,
        "enabled": False,
        "actions": [],
        "conditions": [],
    }
    assert rule_of(shown["override"], ".m.rule.is_user_mention")["conditions"] == [
        {"kind": "event_property_contains", "key": r"content.m\.mentions.user_ids", "value": ALICE}
    ]
    assert shown["content"] == shown["room"] == shown["sender"] == []


def rule_of(rules: list[JsonObject], rule_id: str) -> JsonObject:
    (found,) = [rule for rule in rules if rule["rule_id"] == rule_id]
    return found


def test_a_new_rule_is_enabled_and_on_top_but_for_master() -> None:
    rules = RuleSet(ALICE).put("override", "a", MUTE).put("override", "b", MUTE)

    assert ids(rules, "override")[:3] == [MASTER, "b", "a"]
    assert rules.rule("override", "a").enabled


def test_own_underride_rules_stand_above_the_defaults() -> None:
    assert ids(RuleSet(ALICE).put("underride", "a", MUTE), "underride")[:2] == ["a", ".m.rule.call"]


def test_clients_see_what_each_kind_has() -> None:
    rules = (
        RuleSet(ALICE)
        .put("content", "c", {"pattern": "cake", "actions": ["notify"]})
        .put("room", "!r", {"actions": [], "pattern": "ignored"})
    )

    assert rules.rule("content", "c").as_json(Kind.CONTENT) == {
        "rule_id": "c",
        "default": False,
        "enabled": True,
        "actions": ["notify"],
        "pattern": "cake",
    }
    assert rules.rule("room", "!r").as_json(Kind.ROOM) == {
        "rule_id": "!r",
        "default": False,
        "enabled": True,
        "actions": [],
    }


def test_a_rule_goes_next_to_another() -> None:
    rules = senders("@a", "@b")

    assert ids(rules.put("sender", "@c", MUTE, before="@b")) == ["@a", "@c", "@b"]
    assert ids(rules.put("sender", "@c", MUTE, after="@b")) == ["@a", "@b", "@c"]
    assert ids(rules.put("sender", "@c", MUTE, before="@a", after="@b")) == ["@c", "@a", "@b"]


def test_a_known_rule_stays_in_its_place_unless_moved() -> None:
    rules = senders("@a", "@b", "@c")

    assert ids(rules.put("sender", "@b", MUTE)) == ["@a", "@b", "@c"]
    assert ids(rules.put("sender", "@a", MUTE, after="@c")) == ["@b", "@c", "@a"]
    assert ids(rules.put("sender", "@c", MUTE, before="@a")) == ["@c", "@a", "@b"]


def test_a_changed_rule_stays_disabled() -> None:
    rules = senders("@a").set_enabled("sender", "@a", {"enabled": False})

    changed = rules.put("sender", "@a", {"actions": ["notify"]})

    assert not changed.rule("sender", "@a").enabled
    assert changed.rule("sender", "@a").actions == ["notify"]


@pytest.mark.parametrize("neighbour", ["@unknown", "@a", ".m.rule.call"])
def test_the_neighbour_must_be_another_rule_of_the_users(neighbour: str) -> None:
    with pytest.raises(MatrixError) as refused:
        senders("@a").put("sender", "@a", MUTE, before=neighbour)

    assert (refused.value.status, refused.value.errcode) == (400, "M_UNKNOWN")


def test_a_rule_can_be_deleted() -> None:
    assert ids(senders("@a", "@b").delete("sender", "@a")) == ["@b"]


def test_a_default_rule_can_be_changed_but_not_deleted() -> None:
    changed = (
        RuleSet(ALICE)
        .set_enabled("override", MASTER, {"enabled": True})
        .set_actions("underride", ".m.rule.call", {"actions": ["dont_notify"]})
    )

    assert changed.rule("override", MASTER).enabled
    assert changed.rule("underride", ".m.rule.call").actions == []
    assert changed.rule("underride", ".m.rule.call").default
    with pytest.raises(InvalidParam):
        changed.delete("override", MASTER)


@pytest.mark.parametrize(
    "operate",
    [
        lambda rules: rules.rule("sender", "@x"),
        lambda rules: rules.delete("sender", "@x"),
        lambda rules: rules.set_enabled("sender", "@x", {"enabled": True}),
        lambda rules: rules.set_actions("sender", "@x", {"actions": []}),
    ],
)
def test_an_absent_rule_is_not_found(operate: Callable[[RuleSet], object]) -> None:
    with pytest.raises(NotFound):
        operate(RuleSet(ALICE))


@pytest.mark.parametrize("enabled", [None, 1, "true"])
def test_enabled_is_true_or_false(enabled: object) -> None:
    with pytest.raises(InvalidParam):
        RuleSet(ALICE).set_enabled("override", MASTER, {"enabled": enabled})


def test_the_number_of_rules_is_bounded() -> None:
    rules = RuleSet(ALICE)
    for number in range(MAX_RULES[Kind.CONTENT]):
        rules = rules.put("content", str(number), {"pattern": "x", "actions": []})

    with pytest.raises(InvalidParam):
        rules.put("content", "more", {"pattern": "x", "actions": []})
    rules.put("content", "0", {"pattern": "y", "actions": []})


def test_only_what_differs_is_stored() -> None:
    switched = RuleSet(ALICE).set_enabled("override", MASTER, {"enabled": True})
    back = switched.set_enabled("override", MASTER, {"enabled": False})
    emptied = senders("@a").delete("sender", "@a")

    assert RuleSet(ALICE).to_json() == back.to_json() == emptied.to_json() == {}
    assert switched.to_json() == {"defaults": {MASTER: {"enabled": True}}}


def test_what_is_stored_is_read_back() -> None:
    condition = {"kind": "event_match", "key": "type", "pattern": "m.*"}
    rules = (
        RuleSet(ALICE)
        .put("override", "o", {"actions": ["notify"], "conditions": [condition]})
        .put("content", "c", {"actions": [], "pattern": "cake"})
        .put("sender", "@a", MUTE)
        .set_enabled("sender", "@a", {"enabled": False})
        .set_actions("underride", ".m.rule.call", {"actions": []})
    )

    stored = json.loads(json.dumps(rules.to_json()))

    assert RuleSet.from_json(ALICE, stored) == rules


def test_a_changed_default_that_no_longer_exists_is_forgotten() -> None:
    rules = RuleSet.from_json(ALICE, {"defaults": {".m.rule.gone": {"enabled": False}}})

    assert rules.as_client_json() == RuleSet(ALICE).as_client_json()


@pytest.mark.parametrize("user_id", ["@alice:test", '@"odd\\":test', "@\u00e4:test"])
def test_what_is_written_once_for_all_is_right_for_each(user_id: str) -> None:
    rules = RuleSet(user_id)
    changed = rules.set_enabled("override", MASTER, {"enabled": True})

    for one in (rules, changed):
        assert json.loads(one.as_client_text()) == one.as_client_json()
