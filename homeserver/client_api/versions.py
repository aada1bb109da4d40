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
    "fi.mau.msc2246.stable": True,
    "org.matrix.e2e_cross_signing": True,
    "org.matrix.msc3814": True,
    "org.matrix.msc3916.stable": True,
    "org.matrix.msc3912": True,
    "org.matrix.msc4140": True,
    "org.matrix.msc4140.stable": True,
    "org.matrix.msc4155": True,
    "org.matrix.msc4306": True,
    "org.matrix.msc4354": True,
    "org.matrix.msc4380": True,
    "org.matrix.msc4380.stable": True,
    "org.matrix.msc4486": True,
    "uk.half-shot.msc2666.query_mutual_rooms": True,
    "uk.half-shot.msc2666.query_mutual_rooms.stable": True,
    "uk.timedout.msc4323": True,
    "uk.timedout.msc4323.stable": True,
}
"""What it does beyond them, or under older names, and clients look for."""


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
    return {**UNSTABLE_FEATURES, "org.matrix.msc4143": has_calls}
