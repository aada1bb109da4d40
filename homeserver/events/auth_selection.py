"""Which state may authorise an event. Spec: Server-Server API, "Auth events selection"."""

from homeserver.events.event import StateKey
from homeserver.events.room_versions import RoomVersion
from homeserver.json_values import JsonObject

CREATE: StateKey = ("m.room.create", "")
POWER_LEVELS: StateKey = ("m.room.power_levels", "")
JOIN_RULES: StateKey = ("m.room.join_rules", "")


def member(user_id: str) -> StateKey:
    return ("m.room.member", user_id)


def auth_keys(
    type: str, sender: str, state_key: str | None, content: JsonObject, version: RoomVersion
) -> list[StateKey]:
    """The places in the room's state whose events, where there are any, are the `auth_events`."""
    if type == "m.room.create":
        return []
    keys = [] if version.room_id_is_create_hash else [CREATE]
    keys += [POWER_LEVELS, member(sender)]
    if type == "m.room.member" and state_key is not None:
        keys += _membership_keys(state_key, content, version)
    return list(dict.fromkeys(keys))


def third_party_invite_token(content: JsonObject) -> str | None:
    """The `content.third_party_invite.signed.token` of an invite."""
    invite = content.get("third_party_invite")
    signed = invite.get("signed") if isinstance(invite, dict) else None
    token = signed.get("token") if isinstance(signed, dict) else None
    return token if isinstance(token, str) else None


def _membership_keys(target: str, content: JsonObject, version: RoomVersion) -> list[StateKey]:
    membership = content.get("membership")
    keys = [member(target)]
    if membership in ("join", "invite", "knock"):
        keys.append(JOIN_RULES)
    if membership == "invite" and (token := third_party_invite_token(content)) is not None:
        keys.append(("m.room.third_party_invite", token))
    if membership == "join" and version.restricted:
        authoriser = content.get("join_authorised_via_users_server")
        if isinstance(authoriser, str):
            keys.append(member(authoriser))
    return keys
