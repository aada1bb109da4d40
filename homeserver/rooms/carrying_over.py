"""What follows a user from a room into the one that replaces it. Spec: "Room Upgrades"."""

from homeserver.errors import MatrixError
from homeserver.events.push_rules.rules import Kind, PushRule
from homeserver.events.push_rules.ruleset import RuleSet
from homeserver.json_values import JsonObject
from homeserver.storage import account_data, heads, memberships, push_rules
from homeserver.storage.account_data import TAGS
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

DIRECT = "m.direct"


def carry_over(txn: Transaction, head: Head, user_id: str) -> None:
    """Copy tags, notifications and the mark of a direct chat for somebody who enters `head`."""
    old_room_id = replaced_room(txn, head)
    if old_room_id is None or old_room_id not in memberships.of_user(txn, user_id):
        return
    copy_tags(txn, user_id, old_room_id, head.room_id)
    copy_direct(txn, user_id, old_room_id, head.room_id)
    copy_push_rules(txn, user_id, old_room_id, head.room_id)


def replaced_room(txn: Transaction, head: Head) -> str | None:
    """The room that this one says it replaces, if that one says so too."""
    create = head.event(txn, "m.room.create")
    predecessor = create.event.content.get("predecessor") if create else None
    room_id = predecessor.get("room_id") if isinstance(predecessor, dict) else None
    old = heads.load(txn, room_id) if isinstance(room_id, str) else None
    tombstone = old.event(txn, "m.room.tombstone") if old else None
    if tombstone is None or tombstone.event.content.get("replacement_room") != head.room_id:
        return None
    return tombstone.event.room_id


def copy_tags(txn: Transaction, user_id: str, old: str, new: str) -> None:
    tags = account_data.find(txn, user_id, old, TAGS)
    if tags and account_data.find(txn, user_id, new, TAGS) is None:
        account_data.save(txn, user_id, new, TAGS, tags)


def copy_direct(txn: Transaction, user_id: str, old: str, new: str) -> None:
    before = account_data.find(txn, user_id, None, DIRECT) or {}
    after = {
        other: [*rooms, new]
        if isinstance(rooms, list) and old in rooms and new not in rooms
        else rooms
        for other, rooms in before.items()
    }
    if after != before:
        account_data.save(txn, user_id, None, DIRECT, after)


def copy_push_rules(txn: Transaction, user_id: str, old: str, new: str) -> None:
    before = push_rules.of(txn, user_id).rule_set
    after = before
    for kind in (Kind.OVERRIDE, Kind.ROOM, Kind.UNDERRIDE):
        for rule in before.rules()[kind]:
            if not rule.default and speaks_of(rule, kind, old):
                after = with_copy(after, kind, rule, old, new)
    if after != before:
        push_rules.save(txn, user_id, after)


def speaks_of(rule: PushRule, kind: Kind, room_id: str) -> bool:
    if kind is Kind.ROOM:
        return rule.rule_id == room_id
    return any(is_about(condition, room_id) for condition in rule.conditions)


def is_about(condition: JsonObject, room_id: str) -> bool:
    return condition.get("key") == "room_id" and room_id in (
        condition.get("pattern"),
        condition.get("value"),
    )


def with_copy(rules: RuleSet, kind: Kind, rule: PushRule, old: str, new: str) -> RuleSet:
    """The rules with the same one for the new room; without it if there are too many."""
    body: JsonObject = {"actions": rule.actions}
    if kind.has_conditions:
        body["conditions"] = [for_room(condition, old, new) for condition in rule.conditions]
    rule_id = new if rule.rule_id == old else f"{rule.rule_id} {new}"
    try:
        copied = rules.put(kind.value, rule_id, body)
    except MatrixError:
        return rules
    return copied if rule.enabled else copied.set_enabled(kind.value, rule_id, {"enabled": False})


def for_room(condition: JsonObject, old: str, new: str) -> JsonObject:
    if not is_about(condition, old):
        return condition
    return {name: new if value == old else value for name, value in condition.items()}
