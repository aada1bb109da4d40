"""State resolution: one state of a room out of the states of its branches."""

from homeserver.events.resolution.conflicts import separate
from homeserver.events.resolution.resolve import resolve, resolve_branches, resolve_conflicted
from homeserver.events.resolution.sources import EventSource, Unconflicted, UnresolvableState

__all__ = [
    "EventSource",
    "Unconflicted",
    "UnresolvableState",
    "resolve",
    "resolve_branches",
    "resolve_conflicted",
    "separate",
]
