"""Spec: Client-Server API, "Capabilities negotiation"."""

from attrs import frozen

from homeserver.config.accounts import Profiles
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject

ROOM_VERSIONS = tuple(str(number) for number in range(1, 13))


@frozen
class CapabilityEndpoints:
    _default_room_version: str
    _profiles: Profiles
    _has_passwords: bool
    _has_url_previews: bool

    @route("GET", "/v3/capabilities")
    async def capabilities(self, request: Request) -> JsonObject:
        capabilities: JsonObject = {
            "m.change_password": {"enabled": self._has_passwords},
            "m.room_versions": {
                "default": self._default_room_version,
                "available": dict.fromkeys(ROOM_VERSIONS, "stable"),
            },
            "m.set_displayname": {"enabled": self._profiles.change_displayname},
            "m.set_avatar_url": {"enabled": self._profiles.change_avatar},
            "m.profile_fields": profile_fields(self._profiles),
            "m.3pid_changes": {"enabled": False},
            "m.get_login_token": {"enabled": self._has_passwords},
            "m.forget_forced_upon_leave": {"enabled": False},
            "io.element.msc4452.preview_url": {"enabled": self._has_url_previews},
        }
        if request.requester.is_admin:
            capabilities["m.account_moderation"] = {"suspend": True, "lock": True}
        return {"capabilities": capabilities}


def profile_fields(profiles: Profiles) -> JsonObject:
    """`allowed` where only known fields may change, else what may not."""
    known = {"displayname": profiles.change_displayname, "avatar_url": profiles.change_avatar}
    allowed = [name for name, may_change in known.items() if may_change]
    if not profiles.change_custom_fields:
        return {"enabled": True, "allowed": allowed} if allowed else {"enabled": False}
    disallowed = [name for name in known if name not in allowed]
    return {"enabled": True, "disallowed": disallowed} if disallowed else {"enabled": True}
