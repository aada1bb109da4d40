"""What is left of an event once it is redacted. Spec: each room version's "Redactions"."""

from functools import cache

from homeserver.events.room_versions import RoomVersion
from homeserver.json_values import JsonObject

_KEPT = (
    "event_id",
    "type",
    "room_id",
    "sender",
    "state_key",
    "content",
    "hashes",
    "signatures",
    "depth",
    "prev_events",
    "auth_events",
    "origin_server_ts",
)
_KEPT_UNTIL_10 = ("prev_state", "origin", "membership")
_POWER_LEVELS = (
    "ban",
    "events",
    "events_default",
    "kick",
    "redact",
    "state_default",
    "users",
    "users_default",
)


def redact(pdu: JsonObject, version: RoomVersion) -> JsonObject:
    """A new, shallow object; `pdu` is left as it is."""
    kept = _KEPT if version.updated_redaction_keys else _KEPT + _KEPT_UNTIL_10
    redacted = {key: pdu[key] for key in kept if key in pdu}
    redacted["content"] = redact_content(pdu["type"], pdu["content"], version)
    return redacted


def redact_content(type: str, content: JsonObject, version: RoomVersion) -> JsonObject:
    by_type = _kept_by_type(version)
    if type not in by_type:
        return {}
    if type == "m.room.create" and version.updated_redaction_keys:
        return content
    redacted = {key: content[key] for key in by_type[type] if key in content}
    if type == "m.room.member" and version.updated_redaction_keys:
        redacted.update(_third_party_invite(content))
    return redacted


@cache
def _kept_by_type(version: RoomVersion) -> dict[str, tuple[str, ...]]:
    """The keys of `content` that survive, by event type."""
    updated = version.updated_redaction_keys
    authoriser = version.redaction_keeps_authorising_user
    kept = {
        "m.room.member": _keys("membership", join_authorised_via_users_server=authoriser),
        "m.room.create": _keys("creator"),
        "m.room.join_rules": _keys("join_rule", allow=version.redaction_keeps_allow),
        "m.room.power_levels": _keys(*_POWER_LEVELS, invite=updated),
        "m.room.history_visibility": _keys("history_visibility"),
        "m.room.aliases": _keys(aliases=version.redaction_keeps_aliases),
        "m.room.redaction": _keys(redacts=updated),
    }
    return {type: keys for type, keys in kept.items() if keys}


def _keys(*always: str, **sometimes: bool) -> tuple[str, ...]:
    return (*always, *(key for key, kept in sometimes.items() if kept))


def _third_party_invite(content: JsonObject) -> JsonObject:
    """Room version 11: the key stays, "but will only contain the `signed` key"."""
    invite = content.get("third_party_invite")
    if not isinstance(invite, dict):
        return {}
    signed = {"signed": invite["signed"]} if "signed" in invite else {}
    return {"third_party_invite": signed}
