"""Events wait in line, each server in its own."""

from collections.abc import Sequence

import pytest
from twisted.internet.defer import Deferred

from homeserver.events.event import Event
from homeserver.rooms.incoming import queues
from homeserver.rooms.incoming.queues import BATCH, RoomQueues, TooManyWaiting
from tests.homeserver.events.rooms import Room

ROOMS = (Room.of("10"), Room.of("10"))


class Worker:
    """Takes its time until it is told to go on."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, int]] = []
        self.held: Deferred[None] | None = None
        self.fails = False

    async def take(self, origin: str, room_id: str, found: Sequence[Event]) -> dict[str, str]:
        self.taken.append((origin, len(found)))
        if self.held is not None:
            await self.held
        if self.fails:
            raise RuntimeError("on purpose")
        return {event.event_id: "" for event in found}


def event(room_id: str = "!room:one.example") -> Event:
    return ROOMS[0].event("m.room.message", {}, room_id=room_id)


def test_servers_take_turns() -> None:
    worker = Worker()
    waiting = RoomQueues(worker.take)
    for origin, count in (("loud", 3 * BATCH), ("quiet", 2)):
        for _ in range(count):
            waiting.put(origin, event())

    waiting.work("!room:one.example")

    assert worker.taken == [("loud", BATCH), ("quiet", 2), ("loud", BATCH), ("loud", BATCH)]


def test_a_slow_room_holds_up_no_other() -> None:
    worker = Worker()
    waiting = RoomQueues(worker.take)
    worker.held = Deferred()
    slow = waiting.put("a", event("!slow:a"))
    waiting.work("!slow:a")
    held, worker.held = worker.held, None

    quick = waiting.put("a", event("!quick:a"))
    waiting.work("!quick:a")

    assert quick.done.called
    assert not slow.done.called
    held.callback(None)
    assert slow.done.called


def test_no_more_wait_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "MAX_OF_ORIGIN", 3)
    monkeypatch.setattr(queues, "MAX_OF_ROOM", 5)
    waiting = RoomQueues(Worker().take)
    for origin in ("a", "a", "a", "b", "b"):
        waiting.put(origin, event())

    for origin in ("a", "b", "c"):
        with pytest.raises(TooManyWaiting):
            waiting.put(origin, event())


def test_who_fails_harms_only_his_own_events() -> None:
    worker = Worker()
    waiting = RoomQueues(worker.take)
    worker.fails = True
    told: list[str] = []
    waiting.put("a", event()).done.addCallback(told.append)
    waiting.work("!room:one.example")
    worker.fails = False
    waiting.put("a", event()).done.addCallback(told.append)
    waiting.work("!room:one.example")

    assert told == ["Something went wrong here.", ""]
