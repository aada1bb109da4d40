"""What new rooms begin with. Spec: Client-Server API, POST /createRoom."""

from collections.abc import Collection, Mapping
from typing import Literal

from homeserver.events.building import Draft
from homeserver.events.room_versions import RoomVersion
from homeserver.json_values import JsonObject

Preset = Literal["private_chat", "trusted_private_chat", "public_chat"]

EncryptionByDefault = Literal["none", "private", "all"]

PRESETS: Mapping[Preset, Mapping[str, JsonObject]] = {
    "private_chat": {
        "m.room.join_rules": {"join_rule": "invite"},
        "m.room.history_visibility": {"history_visibility": "shared"},
        "m.room.guest_access": {"guest_access": "can_join"},
    },
    "trusted_private_chat": {
        "m.room.join_rules": {"join_rule": "invite"},
        "m.room.history_visibility": {"history_visibility": "shared"},
        "m.room.guest_access": {"guest_access": "can_join"},
    },
    "public_chat": {
        "m.room.join_rules": {"join_rule": "public"},
        "m.room.history_visibility": {"history_visibility": "shared"},
        "m.room.guest_access": {"guest_access": "forbidden"},
    },
}

ENCRYPTION = "m.megolm.v1.aes-sha2"

TOMBSTONE = "m.room.tombstone"
TOMBSTONE_LEVEL = 150
"""From version 12 on: above everybody but the creators."""


def preset_state(preset: Preset, encryption: EncryptionByDefault) -> list[Draft]:
    drafts = [Draft(type, content, "") for type, content in PRESETS[preset].items()]
    if encryption == "all" or (encryption == "private" and preset != "public_chat"):
        drafts.append(Draft("m.room.encryption", {"algorithm": ENCRYPTION}, ""))
    return drafts


def power_levels(
    version: RoomVersion, preset: Preset, admins: Collection[str], override: JsonObject
) -> JsonObject:
    """`admins` have all power; in rooms of version 12 they are creators, and not named here."""
    events: JsonObject = {
        "m.room.name": 50,
        "m.room.avatar": 50,
        "m.room.canonical_alias": 50,
        "m.room.power_levels": 100,
        "m.room.history_visibility": 100,
        "m.room.server_acl": 100,
        "m.room.encryption": 100,
        TOMBSTONE: 100,
    }
    content: JsonObject = {
        "users": {} if version.privileged_creators else dict.fromkeys(admins, 100),
        "users_default": 0,
        "events": events,
        "events_default": 0,
        "state_default": 50,
        "ban": 50,
        "kick": 50,
        "redact": 50,
        "invite": 50 if preset == "public_chat" else 0,
        **override,
    }
    if not version.privileged_creators:
        return content
    chosen = override.get("events")
    named = isinstance(chosen, dict) and TOMBSTONE in chosen
    return content if named else protect_tombstone(content)


def protect_tombstone(content: JsonObject) -> JsonObject:
    """From version 12 on, the level for m.room.tombstone "MUST be higher than `state_default`"."""
    events, state_default = content.get("events", {}), content.get("state_default", 50)
    if not isinstance(events, dict) or type(state_default) is not int:
        return content  # The room's rules refuse it anyway.
    level = max(TOMBSTONE_LEVEL, state_default + 1)
    return {**content, "events": {**events, TOMBSTONE: level}}


def topic(text: str) -> Draft:
    block = {"m.text": [{"mimetype": "text/plain", "body": text}]}
    return Draft("m.room.topic", {"topic": text, "m.topic": block}, "")
