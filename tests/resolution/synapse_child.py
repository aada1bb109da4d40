"""Asks the installed Synapse to resolve forks. Runs alone, in Synapse's own environment.

A fork is a line of JSON on stdin, its answer a line on stdout: the resolved state when all events
are still in flight, and when all are stored.
"""

import asyncio
import json
import sys
from collections.abc import Iterable
from typing import Any

import synapse.event_auth  # Before synapse.state: they import each other.
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS
from synapse.events import make_event_from_dict
from synapse.state.v2 import resolve_events_with_store
from synapse.storage.databases.main.event_federation import StateDifference

assert synapse.event_auth


class Clock:
    async def sleep(self, _: Any) -> None:
        """There is nobody to make room for."""


class Store:
    """Some events, and what lies between them, in the plainest way to say it."""

    def __init__(self, events: dict[str, Any]) -> None:
        self._events = events

    async def get_events(
        self, event_ids: Iterable[str], allow_rejected: bool = False
    ) -> dict[str, Any]:
        found = {id: self._events[id] for id in event_ids if id in self._events}
        return {
            id: event
            for id, event in found.items()
            if allow_rejected or event.rejected_reason is None
        }

    async def get_auth_chain_difference(
        self,
        room_id: str,
        state_sets: list[set[str]],
        conflicted_state: set[str] | None,
        additional_backwards_reachable_conflicted_events: set[str] | None,
    ) -> StateDifference:
        chains = [self._chain(state) for state in state_sets]
        difference = set[str]().union(*chains) - chains[0].intersection(*chains)
        if conflicted_state is None:
            return StateDifference(difference, None)
        ends = conflicted_state | (additional_backwards_reachable_conflicted_events or set())
        return StateDifference(difference, self._between(conflicted_state, ends))

    def _chain(self, event_ids: Iterable[str]) -> set[str]:
        """The events and all behind them."""
        found: set[str] = set()
        waiting = list(event_ids)
        while waiting:
            event_id = waiting.pop()
            if event_id not in found:
                found.add(event_id)
                waiting.extend(self._events[event_id].auth_event_ids())
        return found

    def _between(self, conflicted: set[str], ends: set[str]) -> set[str]:
        """What lies on a way from an end to a conflicted event, both included."""
        return {id for id in self._chain(ends) if self._chain([id]) & conflicted}


def events_of(fork: dict[str, Any], version: Any) -> dict[str, Any]:
    rejected = set(fork["rejected"])
    events = {}
    for event_id, pdu in fork["events"].items():
        reason = "refused" if event_id in rejected else None
        event = make_event_from_dict(pdu, version, rejected_reason=reason)
        assert event.event_id == event_id, f"{event_id} is {event.event_id} here"
        events[event_id] = event
    return events


def resolve(fork: dict[str, Any]) -> dict[str, Any]:
    version = KNOWN_ROOM_VERSIONS[fork["version"]]
    events = events_of(fork, version)
    states = [{(type, key): id for type, key, id in state} for state in fork["state_sets"]]

    def ask(in_flight: dict[str, Any] | None, stored: dict[str, Any]) -> list[list[str]]:
        asked = resolve_events_with_store(
            Clock(), fork["room_id"], version, states, in_flight, Store(stored)
        )
        return sorted([type, key, id] for (type, key), id in asyncio.run(asked).items())

    return {"in_flight": ask(dict(events), {}), "stored": ask(None, events)}


def main() -> None:
    for line in sys.stdin:
        try:
            answer = resolve(json.loads(line))
        except Exception as error:
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
