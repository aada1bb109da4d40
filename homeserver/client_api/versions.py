"""Spec: Client-Server API, "API Versions"."""

from collections.abc import Mapping

from attrs import frozen

from homeserver.config.settings import Settings
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject

VERSIONS = tuple(f"v1.{minor}" for minor in range(1, 20))
"""The versions of the specification that this server speaks."""

UNSTABLE_FEATURES: Mapping[str, bool] = {
    "com.beeper.batch_sending": True,
    "com.beeper.msc4169": True,
    "com.beeper.room_create_autojoin_invites": True,
    "com.beeper.room_yeeting": True,
    "fi.mau.msc2246.stable": True,
    "fi.mau.msc2659.stable": True,
    "fi.mau.msc2815": True,
    "org.matrix.e2e_cross_signing": True,
    "org.matrix.msc2285.stable": True,
    "org.matrix.msc3030": True,
    "org.matrix.msc3030.stable": True,
    "org.matrix.msc3440.stable": True,
    "org.matrix.msc3715.stable": True,
    "org.matrix.msc3771": True,
    "org.matrix.msc3773": True,
    "org.matrix.msc3814": True,
    "org.matrix.msc3827.stable": True,
    "org.matrix.msc3856.stable": True,
    "org.matrix.msc3881": True,
    "org.matrix.msc3912": True,
    "org.matrix.msc3916.stable": True,
    "org.matrix.msc3952_intentional_mentions": True,
    "org.matrix.msc3981": True,
    "org.matrix.msc4028": True,
    "org.matrix.msc4076": True,
    "org.matrix.msc4140": True,
    "org.matrix.msc4140.stable": True,
    "org.matrix.msc4155": True,
    "org.matrix.msc4262": True,
    "org.matrix.msc4306": True,
    "org.matrix.msc4354": True,
    "org.matrix.msc4380": True,
    "org.matrix.msc4222": True,
    "org.matrix.msc4380.stable": True,
    "org.matrix.msc4429": True,
    "org.matrix.msc4429.stable": True,
    "org.matrix.msc4508": True,
    "org.matrix.msc4538": True,
    "org.matrix.msc4543": True,
    "org.matrix.msc4551": True,
    "org.matrix.simplified_msc3575": True,
    "org.matrix.msc4486": True,
    "uk.half-shot.msc2666.query_mutual_rooms": True,
    "uk.half-shot.msc2666.query_mutual_rooms.stable": True,
    "uk.tcpip.msc4133": True,
    "uk.tcpip.msc4133.stable": True,
    "uk.timedout.msc4323": True,
    "uk.timedout.msc4323.stable": True,
    "us.cloke.msc4175": True,
    "us.cloke.msc4175.stable": True,
}
"""What it does beyond them, or under older names, and clients look for.

Each flag is tied to what serves or proves it in tests/homeserver/client_api/test_versions.py.
"""


OAUTH_FEATURES = (
    "org.matrix.msc2964",
    "org.matrix.msc2965",
    "org.matrix.msc2966",
    "org.matrix.msc2967",
    "org.matrix.msc3861",
    # A device that signs in by a QR code gets its login by the device authorization grant.
    "io.element.msc4388",
    "org.matrix.msc4108",
)


@frozen
class VersionEndpoints:
    _features: Mapping[str, bool]

    @route("GET", "/_matrix/client/versions", access=Access.PUBLIC)
    async def versions(self, request: Request) -> JsonObject:
        return {"versions": list(VERSIONS), "unstable_features": dict(self._features)}


def unstable_features(settings: Settings) -> Mapping[str, bool]:
    """With what depends on settings."""
    livekit = settings.calls.livekit
    has_calls = livekit.service_url is not None or livekit.key is not None
    encrypted = settings.rooms.encryption_by_default
    forced = {"public": encrypted == "all"}
    forced["private"] = forced["trusted_private"] = encrypted != "none"
    return {
        **UNSTABLE_FEATURES,
        **{f"io.element.e2ee_forced.{preset}": is_forced for preset, is_forced in forced.items()},
        **dict.fromkeys(OAUTH_FEATURES, settings.has_oauth),
        "org.matrix.msc4143": has_calls,
        "org.matrix.msc4174": settings.push.enabled and settings.push.web_push,
    }
