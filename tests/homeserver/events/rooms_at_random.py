"""Rooms at random, for hypothesis: people join, ban, demote and rename, in branches that merge.

A room is told by a list of steps; a step that the room's rules forbid does nothing, so every
list is a room, and hypothesis can shorten one that breaks a promise.

ISTHMUS_EXAMPLES sets how many rooms each promise is tried on (CI tries more).
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from random import Random

from attrs import frozen
from hypothesis import settings
from hypothesis import strategies as st

from homeserver.events.event import Event
from homeserver.events.problems import AuthError
from homeserver.events.room_versions import ROOM_VERSIONS, RoomVersion
from homeserver.json_values import JsonObject
from tests.homeserver.events.room_of_branches import (
    JOIN_RULES,
    MEMBER,
    POWER_LEVELS,
    RoomOfBranches,
    State,
    user,
)

PEOPLE = ("alice", "bob", "mallory")
TRIED_VERSIONS = ("1", "2", "6", "10", "12")

at_random = settings(max_examples=int(os.environ.get("ISTHMUS_EXAMPLES", "40")), deadline=None)

versions = st.sampled_from([ROOM_VERSIONS[id] for id in TRIED_VERSIONS])
newer_versions = st.sampled_from([ROOM_VERSIONS[id] for id in TRIED_VERSIONS if id != "1"])


@frozen
class Step:
    actor: str
    action: str
    target: str
    value: int
    """Which of the action's contents."""
    branches: tuple[int, ...]
    """Which of the newest events it follows, counted from the newest."""
    later_ms: int

    def content(self) -> tuple[str, str, JsonObject]:
        """Type, state key and content."""
        if self.action == "topic":
            return "m.room.topic", "", {"topic": f"{self.actor} says {self.value}"}
        if self.action == "join rule":
            return JOIN_RULES, "", {"join_rule": ("public", "invite")[self.value % 2]}
        if self.action == "levels":
            level = (0, 50, 100)[self.value]
            return POWER_LEVELS, "", {"users": {user(self.target): level}}
        target = self.actor if self.action == "join" else self.target
        return MEMBER, user(target), {"membership": self.action}


ACTIONS = ("topic", "join rule", "levels", "join", "leave", "ban", "invite")


def steps(
    actors: Sequence[str] = PEOPLE, actions: Sequence[str] = ACTIONS, most: int = 12
) -> st.SearchStrategy[list[Step]]:
    step = st.builds(
        Step,
        actor=st.sampled_from(actors),
        action=st.sampled_from(actions),
        target=st.sampled_from(PEOPLE),
        value=st.integers(0, 2),
        branches=st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True).map(tuple),
        later_ms=st.integers(-3000, 3000),
    )
    return st.lists(step, min_size=1, max_size=most)


@frozen
class RandomRoom:
    room: RoomOfBranches
    made: list[Event]
    """In the order of their making, the room's beginning left out."""

    def branch_states(self) -> list[State]:
        """The states after the newest events."""
        return [self.room.state_after[event.event_id] for event in self.made[-4:]]

    def in_another_order(self, random: Random) -> list[Event]:
        """All the room's events, each after those it follows, else shuffled."""
        waiting = list(self.room.events.values())
        random.shuffle(waiting)
        delivered: dict[str, Event] = {}
        while waiting:
            event = next(event for event in waiting if delivered.keys() >= {*event.prev_events})
            waiting.remove(event)
            delivered[event.event_id] = event
        return list(delivered.values())


def play(version: RoomVersion, steps: Sequence[Step]) -> RandomRoom:
    """alice's public room with bob as moderator and mallory, and what the steps made of it."""
    room = RoomOfBranches(version)
    start = room.begins({"bob": 50})
    made = [room.joins("mallory", after=room.joins("bob", after=start))]
    for step in steps:
        with suppress(AuthError):
            made.append(take(step, room, made))
    return RandomRoom(room, made)


def take(step: Step, room: RoomOfBranches, made: Sequence[Event]) -> Event:
    """Raises AuthError for what the actor may not do there."""
    after = [made[-1 - back] for back in step.branches if back < len(made)] or [made[-1]]
    type, state_key, content = step.content()
    if type == POWER_LEVELS:
        content = _with_the_levels_of_others(content, room, after)
    return room.sends(step.actor, type, content, state_key, after=after, later_ms=step.later_ms)


def _with_the_levels_of_others(
    content: JsonObject, room: RoomOfBranches, after: Sequence[Event]
) -> JsonObject:
    levels = room.events_of(room.state_before(after)).get((POWER_LEVELS, ""))
    users = {**(levels.content["users"] if levels else {}), **content["users"]}
    if room.version.privileged_creators:
        users.pop(user("alice"), None)
    return {"users": users}
