"""Received events wait here, a queue for each room: a slow room never holds up another.

Within a room, the servers that sent events take turns.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred

from homeserver.events.event import Event
from homeserver.logs import logger

MAX_OF_ORIGIN = 500
"""Events of one server that may wait in one room."""
MAX_OF_ROOM = 5000
BATCH = 50

log = logger(__name__)

Take = Callable[[str, str, Sequence[Event]], Coroutine[Any, Any, dict[str, str]]]
"""Takes (origin, room id, events); tells by id why some were refused, or an empty text."""


class TooManyWaiting(Exception):
    """The room, or its share for one server, is full."""


@define(eq=False)
class Waiting:
    """`done` fires with why the event was refused, or an empty text."""

    event: Event
    done: Deferred[str]


@define(eq=False)
class Queue:
    origins: "OrderedDict[str, deque[Waiting]]" = field(factory=OrderedDict)
    count: int = 0
    is_busy: bool = False

    def next_batch(self) -> tuple[str, list[Waiting]]:
        """The first events of the server whose turn it is."""
        origin, waiting = next(iter(self.origins.items()))
        batch = [waiting.popleft() for _ in range(min(BATCH, len(waiting)))]
        self.count -= len(batch)
        if waiting:
            self.origins.move_to_end(origin)
        else:
            del self.origins[origin]
        return origin, batch


class RoomQueues:
    def __init__(self, take: Take) -> None:
        self._take = take
        self._rooms: dict[str, Queue] = {}

    def put(self, origin: str, event: Event) -> Waiting:
        """Raises TooManyWaiting."""
        queue = self._rooms.setdefault(event.room_id, Queue())
        waiting = queue.origins.setdefault(origin, deque())
        if len(waiting) >= MAX_OF_ORIGIN or queue.count >= MAX_OF_ROOM:
            raise TooManyWaiting
        waiting.append(Waiting(event, Deferred()))
        queue.count += 1
        return waiting[-1]

    def work(self, room_id: str) -> None:
        """Begin with what waits in the room, unless somebody is at it."""
        queue = self._rooms.get(room_id)
        if queue is not None and not queue.is_busy:
            queue.is_busy = True
            Deferred.fromCoroutine(self._work(room_id, queue))

    async def _work(self, room_id: str, queue: Queue) -> None:
        while queue.origins:
            origin, batch = queue.next_batch()
            try:
                problems = await self._take(origin, room_id, [one.event for one in batch])
            except Exception:
                log.exception("events of %s for %s were lost", origin, room_id)
                problems = {}
            for one in batch:
                one.done.callback(problems.get(one.event.event_id, "Something went wrong here."))
        queue.is_busy = False
        del self._rooms[room_id]
