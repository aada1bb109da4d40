"""Which rooms an answer has to look into: what moved, and what came into view."""

from collections import OrderedDict
from collections.abc import Collection, Iterator

from attrs import evolve, field, frozen

from homeserver.storage.memberships import Membership
from homeserver.storage.sliding_connections import LIVE, Sent
from homeserver.sync.sliding.scope import InScope
from homeserver.sync.sliding.sitting import Candidate, Sitting
from homeserver.sync.sliding.wishes import Selection

KEPT = 10_000

Settled = tuple[int, Selection, object]
"""The version, what was selected, and the version of the user's rooms."""


@frozen(eq=False)
class Candidates:
    """Where nothing came into view, only rooms that moved are looked at.

    For each connection it is remembered when all that it has in view was last looked at.
    """

    _settled: OrderedDict[tuple[str, str], Settled] = field(factory=OrderedDict)

    def of(self, sitting: Sitting, moved: Collection[str]) -> Iterator[Candidate]:
        """Rooms in view that may have news; those out of view that moved are marked as behind."""
        if self._is_settled(sitting):
            yield from self._moved(sitting, moved)
        else:
            yield from self._all(sitting, moved)
        yield from _left(sitting, moved)

    def settle(self, sitting: Sitting, version: int) -> None:
        """The answer with this version has told of everything in view."""
        wish = sitting.wish
        key = (wish.device, wish.conn_id)
        self._settled[key] = (version, wish.selection, sitting.scope.rooms.version)
        self._settled.move_to_end(key)
        if len(self._settled) > KEPT:
            self._settled.popitem(last=False)

    def _is_settled(self, sitting: Sitting) -> bool:
        wish = sitting.wish
        settled = self._settled.get((wish.device, wish.conn_id))
        return (
            settled is not None
            and settled[0] == sitting.base.number
            and settled[2] is sitting.scope.rooms.version
            and settled[1] == wish.selection
            and wish.extensions.names <= sitting.base.extensions
        )

    def _moved(self, sitting: Sitting, moved: Collection[str]) -> Iterator[Candidate]:
        for room_id in moved:
            membership = sitting.view.rooms.get(room_id)
            if membership is None:
                continue
            scope = sitting.scope.find(room_id)
            if scope is None:
                _fall_behind(sitting, room_id)
            else:
                yield candidate(sitting, room_id, membership, scope, is_moved=True)

    def _all(self, sitting: Sitting, moved: Collection[str]) -> Iterator[Candidate]:
        whole, rooms = sitting.scope.whole(), sitting.base.rooms
        for room_id in moved:
            if room_id not in whole:
                _fall_behind(sitting, room_id)
        is_enabled = not sitting.wish.extensions.names <= sitting.base.extensions
        direct = sitting.scope.rooms.marks.direct
        for room_id, scope in whole.items():
            sent, is_moved = rooms.get(room_id), room_id in moved
            if is_moved or is_enabled or is_due(sent, scope, room_id in direct):
                membership = sitting.view.rooms[room_id]
                yield candidate(sitting, room_id, membership, scope, is_moved=is_moved)


def candidate(
    sitting: Sitting, room_id: str, membership: Membership, scope: InScope, *, is_moved: bool
) -> Candidate:
    sent = sitting.base.rooms.get(room_id)
    return Candidate(room_id, membership, sent, sitting.known_place(sent), scope, is_moved)


def is_due(sent: Sent | None, scope: InScope, is_direct: bool) -> bool:
    """Whether a room in view must be told of, though it did not move."""
    return (
        sent is None
        or sent.place != LIVE
        or sent.direct != is_direct
        or scope.config.timeline_limit > sent.limit
        or scope.config.state.asks_for_more_than(sent.state)
    )


def _fall_behind(sitting: Sitting, room_id: str) -> None:
    sent = sitting.base.rooms.get(room_id)
    if sent is not None and sent.place == LIVE:
        sitting.changes[room_id] = evolve(sent, place=sitting.since)


def _left(sitting: Sitting, moved: Collection[str]) -> Iterator[Candidate]:
    """Rooms that are in no list any more, as the user has left, but the client still has."""
    for room_id in moved:
        sent, membership = sitting.base.rooms.get(room_id), sitting.view.rooms.get(room_id)
        if (
            sent is not None
            and membership is not None
            and membership.membership in ("leave", "ban")
            and membership.moved > sitting.known_place(sent)
            and sitting.scope.find(room_id) is None
        ):
            known = sitting.known_place(sent)
            yield Candidate(room_id, membership, sent, known, None, is_moved=True)
