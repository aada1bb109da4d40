"""What a client may make of its push rules, and how much."""

import orjson

from homeserver.errors import InvalidParam, MissingParam
from homeserver.events.push_rules.actions import without_historical
from homeserver.events.push_rules.conditions import MEMBER_COUNT, is_scalar
from homeserver.events.push_rules.rules import Kind, PushRule
from homeserver.json_values import JsonObject, JsonValue

MAX_RULES = {
    Kind.OVERRIDE: 1000,
    Kind.CONTENT: 200,
    Kind.POSTCONTENT: 0,
    Kind.ROOM: 1000,
    Kind.SENDER: 1000,
    Kind.UNDERRIDE: 200,
}
"""Of a user's own. Clients mute a room with an override rule, so of these there are many."""

MAX_ID_BYTES = 255
MAX_PATTERN_LENGTH = 255
MAX_CONDITIONS = 16
MAX_ACTIONS = 16
MAX_RULE_BYTES = 4096
_LARGEST_INTEGER = 2**53 - 1


def parse_kind(kind: str) -> Kind:
    try:
        return Kind(kind)
    except ValueError:
        raise InvalidParam("There is no such kind of push rule.") from None


def parse_rule(kind: Kind, rule_id: str, body: JsonObject) -> PushRule:
    """Read the body of a request that puts a rule."""
    _check_rule_id(kind, rule_id)
    rule = PushRule(
        rule_id,
        parse_actions(body),
        _parse_conditions(body) if kind.has_conditions else [],
        _parse_pattern(body) if kind.has_pattern else None,
    )
    if len(orjson.dumps(rule.as_json(kind))) > MAX_RULE_BYTES:
        raise InvalidParam(f"A push rule may take {MAX_RULE_BYTES} bytes.")
    return rule


def parse_actions(body: JsonObject) -> list[JsonValue]:
    if "actions" not in body:
        raise MissingParam("A push rule needs `actions`.")
    actions = body["actions"]
    if not isinstance(actions, list) or len(actions) > MAX_ACTIONS:
        raise InvalidParam(f"`actions` must be an array of at most {MAX_ACTIONS}.")
    kept = without_historical(actions)
    for action in kept:
        if action != "notify" and not _is_tweak(action):
            raise InvalidParam("An action is `notify`, or an object with `set_tweak`.")
    if len(orjson.dumps(kept)) > MAX_RULE_BYTES:
        raise InvalidParam(f"`actions` may take {MAX_RULE_BYTES} bytes.")
    return kept


def _is_tweak(action: JsonValue) -> bool:
    return isinstance(action, dict) and isinstance(action.get("set_tweak"), str)


def _check_rule_id(kind: Kind, rule_id: str) -> None:
    if rule_id.startswith("."):
        raise InvalidParam("Rule ids that start with a dot belong to the server.")
    if not rule_id or "/" in rule_id or "\\" in rule_id:
        raise InvalidParam("A rule id is not empty and holds no slash or backslash.")
    if len(rule_id.encode()) > MAX_ID_BYTES:
        raise InvalidParam(f"A rule id may take {MAX_ID_BYTES} bytes.")
    if kind is Kind.ROOM and not rule_id.startswith("!"):
        raise InvalidParam("The id of a room rule is the id of a room.")
    if kind is Kind.SENDER and not rule_id.startswith("@"):
        raise InvalidParam("The id of a sender rule is the id of a user.")


def _parse_pattern(body: JsonObject) -> str:
    if "pattern" not in body:
        raise MissingParam("A content rule needs a `pattern`.")
    _check_pattern(body["pattern"])
    if not body["pattern"]:
        raise InvalidParam("An empty `pattern` would match every message.")
    return str(body["pattern"])


def _parse_conditions(body: JsonObject) -> list[JsonObject]:
    conditions = body.get("conditions", [])
    if not isinstance(conditions, list) or len(conditions) > MAX_CONDITIONS:
        raise InvalidParam(f"`conditions` must be an array of at most {MAX_CONDITIONS}.")
    for condition in conditions:
        if not isinstance(condition, dict) or not isinstance(condition.get("kind"), str):
            raise InvalidParam("A condition is an object with a `kind`.")
        _check_condition(condition)
    return conditions


def _check_condition(condition: JsonObject) -> None:
    """Unknown kinds are kept: they match nothing here, but clients may know them."""
    match condition["kind"]:
        case "event_match":
            _check_key(condition)
            _check_pattern(condition.get("pattern"))
        case "event_property_is" | "event_property_contains":
            _check_key(condition)
            _check_value(condition)
        case "sender_notification_permission":
            _check_key(condition)
        case "room_member_count":
            bound = condition.get("is")
            if not isinstance(bound, str) or not MEMBER_COUNT.fullmatch(bound):
                raise InvalidParam("`is` must be a number, which ==, <, >, >= or <= may precede.")


def _check_key(condition: JsonObject) -> None:
    if not isinstance(condition.get("key"), str):
        raise InvalidParam("The condition needs a `key`.")


def _check_pattern(pattern: JsonValue) -> None:
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN_LENGTH:
        raise InvalidParam(f"`pattern` must be a string of at most {MAX_PATTERN_LENGTH}.")


def _check_value(condition: JsonObject) -> None:
    value = condition.get("value", [])
    if not is_scalar(value) or (isinstance(value, int) and abs(value) > _LARGEST_INTEGER):
        raise InvalidParam("`value` must be a string, integer, boolean or null.")
