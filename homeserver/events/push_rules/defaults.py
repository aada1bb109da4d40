"""The rules every user starts with: Client-Server API, "Predefined Rules", and polls (MSC3930)."""

from homeserver.events.push_rules.conditions import THREAD_SUBSCRIPTION
from homeserver.events.push_rules.rules import Kind, PushRule
from homeserver.json_values import JsonObject, JsonValue

MASTER = ".m.rule.master"
"""The one default rule that stands above the user's own."""
ENCRYPTED_EVENT = ".org.matrix.msc4028.encrypted_event"

THREAD_RULES = (
    ".io.element.msc4306.rule.unsubscribed_thread",
    ".io.element.msc4306.rule.subscribed_thread",
)
"""Off until a client of the user subscribes to a thread: before, all threads notify as others."""

_SOUND: JsonObject = {"set_tweak": "sound", "value": "default"}
_RING: JsonObject = {"set_tweak": "sound", "value": "ring"}
_HIGHLIGHT: JsonObject = {"set_tweak": "highlight"}
_POLL = "org.matrix.msc3381.poll."
_POLL_RULE = ".org.matrix.msc3930.rule.poll_"


def default_rules(user_id: str) -> dict[Kind, tuple[PushRule, ...]]:
    """Most important first."""
    return {
        Kind.OVERRIDE: _override_rules(user_id),
        Kind.POSTCONTENT: _thread_rules(),
        Kind.UNDERRIDE: _underride_rules(),
    }


def _override_rules(user_id: str) -> tuple[PushRule, ...]:
    return (
        PushRule(MASTER, [], [], enabled=False, default=True),
        # Off, as it makes all encrypted events alike: for whose client judges them (MSC4028).
        PushRule(
            ENCRYPTED_EVENT,
            ["notify"],
            [_match("type", "m.room.encrypted")],
            enabled=False,
            default=True,
        ),
        _rule(".m.rule.suppress_notices", [], _match("content.msgtype", "m.notice")),
        _rule(
            ".m.rule.invite_for_me",
            ["notify", _SOUND],
            _match("type", "m.room.member"),
            _match("content.membership", "invite"),
            _match("state_key", user_id),
        ),
        _rule(".m.rule.member_event", [], _match("type", "m.room.member")),
        _rule(
            ".m.rule.is_user_mention",
            ["notify", _SOUND, _HIGHLIGHT],
            _contains(r"content.m\.mentions.user_ids", user_id),
        ),
        _rule(
            ".m.rule.is_room_mention",
            ["notify", _HIGHLIGHT],
            _is(r"content.m\.mentions.room", True),
            {"kind": "sender_notification_permission", "key": "room"},
        ),
        _rule(
            ".m.rule.tombstone",
            ["notify", _HIGHLIGHT],
            _match("type", "m.room.tombstone"),
            _match("state_key", ""),
        ),
        _rule(".m.rule.reaction", [], _match("type", "m.reaction")),
        _rule(
            ".m.rule.room.server_acl",
            [],
            _match("type", "m.room.server_acl"),
            _match("state_key", ""),
        ),
        # The proposal writes event types with escaped dots; as values they would match nothing.
        _rule(_POLL_RULE + "response", [], _is("type", _POLL + "response")),
        _rule(".m.rule.suppress_edits", [], _is(r"content.m\.relates_to.rel_type", "m.replace")),
    )


def _thread_rules() -> tuple[PushRule, ...]:
    actions: tuple[list[JsonValue], list[JsonValue]] = ([], ["notify", _SOUND])
    return tuple(
        PushRule(
            rule_id,
            actions[subscribed],
            [{"kind": THREAD_SUBSCRIPTION, "subscribed": bool(subscribed)}],
            enabled=False,
            default=True,
        )
        for subscribed, rule_id in enumerate(THREAD_RULES)
    )


def _underride_rules() -> tuple[PushRule, ...]:
    return (
        _rule(".m.rule.call", ["notify", _RING], _match("type", "m.call.invite")),
        _rule(
            ".m.rule.encrypted_room_one_to_one",
            ["notify", _SOUND],
            _TWO_MEMBERS,
            _match("type", "m.room.encrypted"),
        ),
        _rule(
            ".m.rule.room_one_to_one",
            ["notify", _SOUND],
            _TWO_MEMBERS,
            _match("type", "m.room.message"),
        ),
        _rule(".m.rule.message", ["notify"], _match("type", "m.room.message")),
        _rule(".m.rule.encrypted", ["notify"], _match("type", "m.room.encrypted")),
        *_poll_rules("start"),
        *_poll_rules("end"),
    )


def _poll_rules(moment: str) -> tuple[PushRule, PushRule]:
    happens = _is("type", _POLL + moment)
    return (
        _rule(f"{_POLL_RULE}{moment}_one_to_one", ["notify", _SOUND], _TWO_MEMBERS, happens),
        _rule(f"{_POLL_RULE}{moment}", ["notify"], happens),
    )


def _rule(rule_id: str, actions: list[JsonValue], *conditions: JsonObject) -> PushRule:
    return PushRule(rule_id, actions, list(conditions), default=True)


def _match(key: str, pattern: str) -> JsonObject:
    return {"kind": "event_match", "key": key, "pattern": pattern}


def _is(key: str, value: JsonValue) -> JsonObject:
    return {"kind": "event_property_is", "key": key, "value": value}


def _contains(key: str, value: JsonValue) -> JsonObject:
    return {"kind": "event_property_contains", "key": key, "value": value}


_TWO_MEMBERS: JsonObject = {"kind": "room_member_count", "is": "2"}
