"""What a new room takes over from the one that it replaces."""

from collections.abc import Iterator

from homeserver.events.auth_selection import CREATE
from homeserver.events.building import Draft
from homeserver.events.power_levels import as_level, creators
from homeserver.events.room_versions import RoomVersion
from homeserver.json_values import JsonObject, JsonValue
from homeserver.rooms.presets import protect_tombstone
from homeserver.rooms.shown import as_seen
from homeserver.storage import upgrading
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

TRANSFERRED = (
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.guest_access",
    "m.room.server_acl",
    "m.room.encryption",
    "m.room.name",
    "m.room.avatar",
    "m.room.topic",
    "m.room.canonical_alias",
    "m.room.pinned_events",
)

LINKS = ("m.space.child", "m.space.parent")

MAX_BANS = 2000
MAX_LINKS = 1000


def new_creation_content(
    txn: Transaction, old: Head, version: RoomVersion, additional_creators: tuple[str, ...]
) -> JsonObject:
    """The kind of room stays; its creators do not ("they are *not* automatically copied")."""
    create = old.event(txn, "m.room.create")
    before = create.event.content if create else {}
    content: JsonObject = {name: before[name] for name in ("type", "m.federate") if name in before}
    content["predecessor"] = {"room_id": old.room_id}
    if not version.room_id_is_create_hash:
        content["predecessor"]["event_id"] = old.extremities[0]
    if version.privileged_creators and additional_creators:
        content["additional_creators"] = list(dict.fromkeys(additional_creators))
    return content


def transferred_state(txn: Transaction, old: Head, new: Head) -> Iterator[Draft]:
    """In the order in which it is sent; power levels are the end."""
    for type in TRANSFERRED:
        content = current(txn, old, type)
        if content:
            yield Draft(type, adapted(type, content, new.version), "")
    yield from links(txn, old)
    for user_id, content in bans(txn, old):
        yield Draft("m.room.member", content, user_id)
    levels = current(txn, old, "m.room.power_levels")
    if levels is not None:
        yield Draft("m.room.power_levels", new_power_levels(txn, old, new, levels), "")


def current(txn: Transaction, head: Head, type: str, state_key: str = "") -> JsonObject | None:
    stored = head.event(txn, type, state_key)
    return None if stored is None else as_seen(stored).content


def adapted(type: str, content: JsonObject, version: RoomVersion) -> JsonObject:
    """A join rule that the new version lacks becomes the next stricter one."""
    if type != "m.room.join_rules" or content.get("join_rule") in version.join_rules:
        return content
    rule = "invite"
    if content.get("join_rule") == "knock_restricted":
        rule = next((it for it in ("restricted", "knock") if it in version.join_rules), rule)
    return {**content, "join_rule": rule}


def links(txn: Transaction, old: Head) -> Iterator[Draft]:
    """Where the room stands among spaces."""
    keys = [key for key in old.state if key[0] in LINKS][:MAX_LINKS]
    for type, state_key in keys:
        content = current(txn, old, type, state_key)
        if content:
            yield Draft(type, content, state_key)


def bans(txn: Transaction, old: Head) -> Iterator[tuple[str, JsonObject]]:
    for user_id in upgrading.banned(txn, old.room, MAX_BANS):
        content = current(txn, old, "m.room.member", user_id) or {}
        reason = {"reason": content["reason"]} if isinstance(content.get("reason"), str) else {}
        yield user_id, {"membership": "ban", **reason}


def new_power_levels(txn: Transaction, old: Head, new: Head, content: JsonObject) -> JsonObject:
    """Creators stand above all levels since version 12, and are not named; before, they had 100."""
    users: JsonObject = {**as_object(content.get("users"))}
    if old.version.privileged_creators and not new.version.privileged_creators:
        top = max([100, *(level for level in users.values() if type(level) is int)])
        users |= dict.fromkeys(creators_of(txn, old), top)
    if new.version.integer_power_levels:
        content, users = whole_numbers(content, old.version), levels_of(users, old.version)
    if not new.version.privileged_creators:
        return {**content, "users": users}
    for user_id in creators_of(txn, new):
        users.pop(user_id, None)
    content = {**content, "users": users}
    return content if old.version.privileged_creators else protect_tombstone(content)


def creators_of(txn: Transaction, head: Head) -> list[str]:
    create = head.event(txn, *CREATE)
    return sorted(creators(create.event, head.version)) if create else []


def whole_numbers(content: JsonObject, version: RoomVersion) -> JsonObject:
    """Levels as integers, which versions before 10 did not ask for."""
    nested = ("users", "events", "notifications")
    single = levels_of({k: v for k, v in content.items() if k not in nested}, version)
    return single | {k: levels_of(as_object(content[k]), version) for k in nested if k in content}


def levels_of(levels: JsonObject, version: RoomVersion) -> JsonObject:
    read = {name: as_level(level, version) for name, level in levels.items()}
    return {name: level for name, level in read.items() if level is not None}


def as_object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}
