"""The order in which the places of an SRV record are tried. RFC 2782."""

from collections.abc import Sequence

from homeserver.http.outgoing_names import Service
from homeserver.randomness import Random, fraction


def in_order(services: Sequence[Service], random: Random) -> list[Service]:
    """By priority; within one, at random, by weight."""
    ordered: list[Service] = []
    for priority in sorted({service.priority for service in services}):
        rest = sorted((s for s in services if s.priority == priority), key=lambda s: s.weight)
        while rest:
            ordered.append(rest.pop(_chosen(rest, random)))
    return ordered


def _chosen(services: Sequence[Service], random: Random) -> int:
    place = fraction(random) * sum(service.weight for service in services)
    for index, service in enumerate(services):
        place -= service.weight
        if place <= 0:
            return index
    return len(services) - 1
