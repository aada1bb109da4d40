"""What is left of an event once it is redacted. Spec: each room version's "Redactions"."""

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
_KEPT_UNTIL_V10 = ("prev_state", "origin", "membership")
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
_KEPT_CONTENT = {
    "m.room.member": ("membership",),
    "m.room.create": ("creator",),
    "m.room.join_rules": ("join_rule",),
    "m.room.power_levels": _POWER_LEVELS,
    "m.room.history_visibility": ("history_visibility",),
}


def redact(pdu: JsonObject, version: RoomVersion) -> JsonObject:
    """A new, shallow object; `pdu` is left as it is."""
    redacted = {key: pdu[key] for key in _KEPT if key in pdu}
    if not version.updated_redaction_keys:
        redacted.update({key: pdu[key] for key in _KEPT_UNTIL_V10 if key in pdu})
    redacted["content"] = redact_content(pdu["type"], pdu["content"], version)
    return redacted


def redact_content(type: str, content: JsonObject, version: RoomVersion) -> JsonObject:
    if type == "m.room.create" and version.updated_redaction_keys:
        return content
    kept = {key: content[key] for key in _kept_content(type, version) if key in content}
    if type == "m.room.member" and version.updated_redaction_keys:
        kept.update(_signed_part(content))
    return kept


def _kept_content(type: str, version: RoomVersion) -> tuple[str, ...]:
    kept = _KEPT_CONTENT.get(type, ())
    if type == "m.room.join_rules" and version.redaction_keeps_allow:
        return (*kept, "allow")
    if type == "m.room.member" and version.redaction_keeps_authorising_user:
        return (*kept, "join_authorised_via_users_server")
    if type == "m.room.power_levels" and version.updated_redaction_keys:
        return (*kept, "invite")
    if type == "m.room.redaction" and version.updated_redaction_keys:
        return ("redacts",)
    if type == "m.room.aliases" and version.redaction_keeps_aliases:
        return ("aliases",)
    return kept


def _signed_part(content: JsonObject) -> JsonObject:
    invite = content.get("third_party_invite")
    if isinstance(invite, dict) and "signed" in invite:
        return {"third_party_invite": {"signed": invite["signed"]}}
    return {}
