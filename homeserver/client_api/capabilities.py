"""Spec: Client-Server API, "Capabilities negotiation"."""

from attrs import frozen

from homeserver.config.accounts import Profiles
from homeserver.config.rooms import DelayedEvents
from homeserver.config.settings import Settings
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.vapid import Vapid

ROOM_VERSIONS = tuple(str(number) for number in range(1, 13))


@frozen(eq=False)
class CapabilityEndpoints:
    """`_vapid` tells browsers which key this server signs with, if they may be told directly."""

    _settings: Settings
    _vapid: Vapid | None = None

    @route("GET", "/v3/capabilities")
    async def capabilities(self, request: Request) -> JsonObject:
        capabilities = capabilities_of(self._settings)
        if request.requester.is_admin:
            capabilities["m.account_moderation"] = {"suspend": True, "lock": True}
            capabilities["uk.timedout.msc4323"] = {"suspend": True, "lock": True}
        if self._vapid is not None:
            web_push = {"enabled": True, "vapid": await self._vapid.public_key()}
            capabilities["org.matrix.msc4174.webpush"] = web_push
        return {"capabilities": capabilities}


def capabilities_of(settings: Settings) -> JsonObject:
    """Of everybody."""
    profiles, has_passwords = settings.profiles, settings.passwords.enabled
    delayed_events = limits_of(settings.rooms.delayed_events)
    return {
        "m.change_password": {"enabled": has_passwords},
        "m.room_versions": {
            "default": settings.rooms.default_room_version,
            "available": dict.fromkeys(ROOM_VERSIONS, "stable"),
        },
        "m.set_displayname": {"enabled": profiles.change_displayname},
        "m.set_avatar_url": {"enabled": profiles.change_avatar},
        # Not under its name of before too: matrix-rust-sdk takes that for the same key, told twice.
        "m.profile_fields": profile_fields(profiles),
        "m.3pid_changes": {"enabled": settings.mail.host is not None},
        "m.get_login_token": {"enabled": has_passwords},
        "m.forget_forced_upon_leave": {"enabled": False},
        "m.delayed_events": delayed_events,
        "org.matrix.msc4140.delayed_events": delayed_events,
        "io.element.msc4452.preview_url": {"enabled": settings.media.url_previews.enabled},
    }


def limits_of(delayed_events: DelayedEvents) -> JsonObject:
    return {
        "max_delay_ms": delayed_events.max_delay,
        "max_scheduled": delayed_events.max_scheduled,
    }


def profile_fields(profiles: Profiles) -> JsonObject:
    """`allowed` where only known fields may change, else what may not."""
    known = {"displayname": profiles.change_displayname, "avatar_url": profiles.change_avatar}
    allowed = [name for name, may_change in known.items() if may_change]
    if not profiles.change_custom_fields:
        return {"enabled": True, "allowed": allowed} if allowed else {"enabled": False}
    disallowed = [name for name in known if name not in allowed]
    return {"enabled": True, "disallowed": disallowed} if disallowed else {"enabled": True}
