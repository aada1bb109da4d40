"""What is measured, in the order in which it runs; each file holds what belongs together."""

from collections.abc import Awaitable, Callable

from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.operations import (
    accounts,
    crowd,
    delivery,
    federation,
    finding,
    keys,
    many_rooms,
    media,
    reading,
    sending,
    sliding,
    starting,
)
from scripts.benchmarks.stage import Stage

Rows = dict[str, Figures]
"""What an operation reports, by what the table calls it."""

Operation = Callable[[Stage], Awaitable[Rows]]

OPERATIONS: dict[str, Operation] = {
    "first-start": starting.first_start,
    "restart": starting.restart,
    "floor": reading.floor,
    "register": accounts.register,
    "send": sending.send,
    "delivery": delivery.deliver,
    "idle-sync": reading.idle_sync,
    "initial-sync": reading.initial_sync,
    "sliding-first-screen": sliding.first_screen,
    "sliding-incremental": sliding.incremental,
    "paging": reading.page,
    "members": reading.members_and_state,
    "search": finding.search,
    "threads": finding.threads,
    "space": finding.hierarchy,
    "media": media.media,
    "crowd": crowd.send_to_many,
    "keys": keys.keys,
    "many-rooms": many_rooms.many_rooms,
    "federation": federation.receive,
    "large-room": federation.join_and_resolve,
}

UNFILLED = frozenset({"first-start", "federation", "large-room"})
"""Operations that begin with a server of their own: who measures only these needs no other."""
