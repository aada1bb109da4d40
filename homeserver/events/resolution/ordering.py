"""The orders in which state resolution v2 judges events. Spec: Room Version 2, "Definitions"."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from heapq import heapify, heappop, heappush

from homeserver.events.auth_selection import CREATE, POWER_LEVELS
from homeserver.events.event import Event
from homeserver.events.power_levels import PowerLevels
from homeserver.events.resolution.sources import KnownEvents


def reverse_topological_power_order(event_ids: Collection[str], known: KnownEvents) -> list[Event]:
    """Auth events before those they authorise; else the more powerful sender first.

    Kahn's algorithm. Events that cite each other in a circle (the ids of room versions 1 and 2 do
    not rule it out) never become free, and are left out.
    """
    citing: defaultdict[str, list[str]] = defaultdict(list)
    unmet: dict[str, int] = {}
    for event_id in event_ids:
        auth_events = {auth for auth in known.get(event_id).auth_events if auth in event_ids}
        unmet[event_id] = len(auth_events)
        for auth_event_id in auth_events:
            citing[auth_event_id].append(event_id)

    free = [
        _power_rank(known.get(event_id), known) for event_id, count in unmet.items() if not count
    ]
    heapify(free)
    ordered = []
    while free:
        *_, event_id = heappop(free)
        ordered.append(known.get(event_id))
        for citing_id in citing[event_id]:
            unmet[citing_id] -= 1
            if not unmet[citing_id]:
                heappush(free, _power_rank(known.get(citing_id), known))
    return ordered


def mainline_order(
    event_ids: Iterable[str], power_levels: Event | None, known: KnownEvents
) -> list[Event]:
    """Events that rest on the older power levels of the mainline first."""
    line = (
        [] if power_levels is None else [power_levels, *_power_levels_behind(power_levels, known)]
    )
    positions: dict[str, float] = {event.event_id: place for place, event in enumerate(line)}

    def rank(event: Event) -> tuple[float, int, str]:
        return (-_position(event, positions, known), event.origin_server_ts, event.event_id)

    return sorted(map(known.get, event_ids), key=rank)


def _power_rank(event: Event, known: KnownEvents) -> tuple[float, int, str]:
    """The sender's power counts as the event's own auth events tell it."""
    create = known.auth_event(event, CREATE)
    power = 0.0
    if create is not None:
        levels = PowerLevels.of(create, known.auth_event(event, POWER_LEVELS), event.version)
        power = levels.user(event.sender)
    return (-power, event.origin_server_ts, event.event_id)


def _position(event: Event, positions: dict[str, float], known: KnownEvents) -> float:
    """The mainline position; what is learnt on the way is added to the positions."""
    passed = []
    position = math.inf
    for power_levels in _power_levels_behind(event, known):
        if power_levels.event_id in positions:
            position = positions[power_levels.event_id]
            break
        passed.append(power_levels.event_id)
    positions.update(dict.fromkeys(passed, position))
    return position


def _power_levels_behind(event: Event, known: KnownEvents) -> Iterator[Event]:
    """The m.room.power_levels event among the auth events, the one among its own, and so on."""
    seen = {event.event_id}
    power_levels = known.auth_event(event, POWER_LEVELS)
    while power_levels is not None and power_levels.event_id not in seen:
        yield power_levels
        seen.add(power_levels.event_id)
        power_levels = known.auth_event(power_levels, POWER_LEVELS)
