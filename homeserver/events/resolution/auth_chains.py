"""Walks along `auth_events`: the auth difference and the conflicted state subgraph.

All walks keep a list of what waits, so neither long nor circular chains can harm them.
Depths only choose the order of a walk: a sender may claim any depth, so no answer rests on them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from heapq import heapify, heappop, heappush

from homeserver.events.resolution.conflicts import State
from homeserver.events.resolution.sources import KnownEvents, Unconflicted


def auth_chain(
    event_ids: Iterable[str], known: KnownEvents, within: AbstractSet[str] | None = None
) -> set[str]:
    """The events and all that they rest upon, or only what is reached `within` some events."""
    found = set(event_ids)
    waiting = list(found)
    while waiting:
        new = set(known.get(waiting.pop()).auth_events) - found
        if within is not None:
            new &= within
        found |= new
        waiting.extend(new)
    return found


def auth_difference(
    branches: Sequence[State], unconflicted: Unconflicted, known: KnownEvents
) -> set[str]:
    """What the auth chains of some state sets hold and those of others do not.

    Each branch is the conflicted part of a state set. The conflicted events themselves are left
    out: they belong to the full conflicted set in any case. An event of the state counts as part
    of its own chain, as every server in use has it: otherwise what all sets agree on would be in
    dispute as soon as only one of them cites it.
    """
    reached = _branches_reaching([branch.values() for branch in branches], known)
    all_branches = (1 << len(branches)) - 1
    everywhere = {event_id for event_id, mask in reached.items() if mask == all_branches}
    disputed = reached.keys() - everywhere
    for branch in branches:
        disputed.difference_update(branch.values())
    disputed -= _behind(_agreed(disputed, unconflicted, known), disputed, everywhere, known)
    if disputed:
        disputed -= _behind(unconflicted.values(), disputed, everywhere, known)
    return disputed


def conflicted_subgraph(conflicted: Collection[str], known: KnownEvents) -> set[str]:
    """Every event on a path of auth events from one conflicted event to another, ends included."""
    citing: defaultdict[str, list[str]] = defaultdict(list)
    for event_id in auth_chain(conflicted, known):
        for auth_event_id in known.get(event_id).auth_events:
            citing[auth_event_id].append(event_id)
    # All these events lie behind a conflicted one: the path is whole if one lies behind them, too.
    found = set(conflicted)
    waiting = list(found)
    while waiting:
        new = set(citing.get(waiting.pop(), ())) - found
        found |= new
        waiting.extend(new)
    return found


def _branches_reaching(branches: Sequence[Collection[str]], known: KnownEvents) -> dict[str, int]:
    """For each event of the chains, as bits, the branches that rest upon it.

    One walk for all branches, the deepest events first: what they share is walked once.
    """
    reached: defaultdict[str, int] = defaultdict(int)
    for index, branch in enumerate(branches):
        for event_id in branch:
            reached[event_id] |= 1 << index
    waiting = [(-known.get(event_id).depth, event_id) for event_id in reached]
    heapify(waiting)
    passed_on: defaultdict[str, int] = defaultdict(int)
    while waiting:
        _, event_id = heappop(waiting)
        mask = reached[event_id]
        if passed_on[event_id] == mask:
            continue
        passed_on[event_id] = mask
        for auth_event_id in known.get(event_id).auth_events:
            if reached[auth_event_id] | mask != reached[auth_event_id]:
                reached[auth_event_id] |= mask
                heappush(waiting, (-known.get(auth_event_id).depth, auth_event_id))
    return dict(reached)


def _agreed(
    event_ids: AbstractSet[str], unconflicted: Unconflicted, known: KnownEvents
) -> list[str]:
    """Those that are themselves part of the unconflicted state."""
    events = [known.get(event_id) for event_id in event_ids]
    return [
        event.event_id
        for event in events
        if event.is_state and unconflicted.get(event.state_pair) == event.event_id
    ]


def _behind(
    event_ids: Iterable[str],
    sought: AbstractSet[str],
    known_elsewhere: AbstractSet[str],
    known: KnownEvents,
) -> set[str]:
    """Those of the sought that the events rest upon, or are. It stops when all are found.

    What lies behind the events known elsewhere is not sought, so the walk turns back there.
    """
    found: set[str] = set()
    seen = set(known_elsewhere)
    for root in event_ids:
        waiting = [root]
        while waiting:
            event_id = waiting.pop()
            if event_id in seen:
                continue
            seen.add(event_id)
            if event_id in sought:
                found.add(event_id)
                if len(found) == len(sought):
                    return found
            waiting.extend(known.get(event_id).auth_events)
    return found
