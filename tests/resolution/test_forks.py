"""Isthmus and Synapse resolve the same forks, and must agree on every one."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.resolution.forks import VERSIONS, Fork, random_fork
from tests.resolution.synapse_peer import Synapse

FORKS = int(os.environ.get("ISTHMUS_FORKS", "500"))


@pytest.mark.parametrize("version", VERSIONS)
def test_synapse_comes_to_the_same_state(synapse: Synapse, version: str) -> None:
    differences = []
    for seed in range(FORKS):
        fork = random_fork(version, seed)
        ours = fork.room.resolves(fork.states)
        for how, theirs in synapse.resolves(fork).items():
            if ours != theirs:
                differences.append(f"{fork.name}, {how}: {told(ours.items() ^ theirs.items())}")

    assert not differences, "\n".join([f"{len(differences)} differences", *differences[:20]])


def told(apart: set[tuple[tuple[str, str], str]]) -> str:
    return ", ".join(f"{type} {key!r} {event_id}" for (type, key), event_id in sorted(apart))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_forks_are_worth_resolving(version: str) -> None:
    """Most are in conflict over power, and the same seed gives the same fork."""
    seen: Counter[str] = Counter()
    for seed in range(60):
        fork = random_fork(version, seed)
        seen.update(features(fork))
    assert random_fork(version, 7).to_json() == random_fork(version, 7).to_json()
    assert seen["conflict"] >= 50
    for feature in ("power levels", "join rules", "members", "rejected", "long", "4 branches"):
        assert seen[feature] >= 5, (feature, seen)


def features(fork: Fork) -> Iterator[str]:
    keys = {key for state in fork.states for key in state}
    apart = {key for key in keys if len({state.get(key) for state in fork.states}) > 1}
    types = {type for type, _ in apart}
    told = {
        "conflict": bool(apart),
        "power levels": "m.room.power_levels" in types,
        "join rules": "m.room.join_rules" in types,
        "members": "m.room.member" in types,
        "rejected": bool(fork.room.rejections),
        "long": len(fork.room.events) > 40,
        f"{len(fork.states)} branches": True,
    }
    yield from (feature for feature, holds in told.items() if holds)
