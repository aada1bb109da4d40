from homeserver.events.push_rules.compiled import CompiledRules
from homeserver.events.push_rules.evaluation import DEFAULT_RULES
from homeserver.events.push_rules.ruleset import RuleSet
from homeserver.json_values import JsonObject

MUTE: JsonObject = {"actions": []}


def key(rules: CompiledRules, room_id: str = "!room") -> bytes:
    return rules.in_room(room_id).key


def mutes(user_id: str, room_id: str) -> RuleSet:
    """The way clients mute a room."""
    condition = {"kind": "event_match", "key": "room_id", "pattern": room_id}
    return RuleSet(user_id).put("override", room_id, {"actions": [], "conditions": [condition]})


def test_users_without_changes_share_one_object() -> None:
    assert RuleSet("@alice:a").compile() is RuleSet("@bob:b").compile() is DEFAULT_RULES


def test_equal_changes_of_two_users_share_a_key() -> None:
    alice = RuleSet("@alice:a").put("content", "cake", {"pattern": "cake", "actions": []})
    bob = RuleSet("@bob:b").put("content", "other id", {"pattern": "cake", "actions": []})
    carol = RuleSet("@carol:c").put("content", "cake", {"pattern": "pie", "actions": []})

    assert key(alice.compile()) == key(bob.compile())
    assert key(alice.compile()) != key(carol.compile())
    assert key(alice.compile()) != key(DEFAULT_RULES)


def test_a_rule_for_one_room_leaves_the_others_as_by_default() -> None:
    muted_by_override = mutes("@alice:a", "!muted").compile()
    muted_by_room_rule = RuleSet("@bob:b").put("room", "!muted", MUTE).compile()

    for rules in (muted_by_override, muted_by_room_rule):
        assert key(rules) == key(DEFAULT_RULES)
        assert key(rules, "!muted") != key(DEFAULT_RULES)
        assert rules.in_room("!muted") is rules.in_room("!muted")


def test_disabled_rules_do_not_count() -> None:
    rules = RuleSet("@alice:a").put("sender", "@bob:b", MUTE)
    disabled = rules.set_enabled("sender", "@bob:b", {"enabled": False})

    assert key(disabled.compile()) == key(DEFAULT_RULES) != key(rules.compile())


def test_the_order_is_part_of_the_key() -> None:
    first = RuleSet("@a:a").put("sender", "@x:x", MUTE).put("sender", "@y:y", MUTE)
    second = RuleSet("@a:a").put("sender", "@y:y", MUTE).put("sender", "@x:x", MUTE)

    assert key(first.compile()) != key(second.compile())
