"""Events of encrypted rooms on their way to the network, and those that cannot be read yet."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from attrs import define, field

from bridges.kit.json_values import JsonObject
from bridges.matrix.client import MatrixError
from bridges.portals.ground import Ground
from bridges.storage import outbox, secrecy
from bridges.storage.outbox import Departure

log = logging.getLogger(__name__)

PATIENCE_S, GRACE_S = 3.0, 7.0
"""Keys are often a little late. Then they are asked for, and then their person is told."""
OFF = "this bridge does not take part in encryption (its setting `encryption` is off)."


class Unreadable(Exception):
    """Says why; `session_id` is the key that is missing, if that is all."""

    def __init__(self, text: str, session_id: str | None = None) -> None:
        super().__init__(text)
        self.session_id = session_id


class Opens(Protocol):
    def open(self, event: JsonObject) -> JsonObject:
        """As if it had come in the clear; raises Unreadable."""

    def ask_for_key(self, event: JsonObject) -> None:
        """Whoever wrote it, once."""


class Closed:
    """Where encryption is off."""

    def open(self, event: JsonObject) -> JsonObject:
        raise Unreadable(OFF)

    def ask_for_key(self, event: JsonObject) -> None:
        return


@define(eq=False)
class Reading:
    """What waits for its key holds up nothing, and goes on when the key is there."""

    _ground: Ground
    _opens: Opens
    _look: Callable[[str], None] = lambda room_id: None
    """Is told a room whose queue has something new."""
    _tasks: set[asyncio.Task[None]] = field(factory=set)

    async def start(self, look: Callable[[str], None]) -> None:
        """All that waited is tried again: its key may have come in the last moment."""
        self._look = look
        for room_id in await self._ground.db.write(secrecy.rooms_with_unread):
            await self._ground.db.write(secrecy.bring_back, room_id)

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def key_arrived(self, room_id: str, session_id: str) -> None:
        self._begin(self._bring_back(room_id, session_id))

    async def read(self, departure: Departure, may_speak: bool) -> JsonObject | None:
        """None for what is out of the queue: put aside, or unreadable. Its sender is told."""
        event = departure.event
        if event["type"] != "m.room.encrypted" or "state_key" in event:
            return event
        if not may_speak:
            await self._ground.db.write(outbox.remove_departure, departure)
            return None
        try:
            opened = self._opens.open(event)
        except Unreadable as error:
            await self._set_aside(departure, error)
            return None
        if notice := await self._ground.db.write(secrecy.forget_unread, event["event_id"]):
            await self._take_back(event["room_id"], notice)
        return opened

    async def _set_aside(self, departure: Departure, error: Unreadable) -> None:
        event, db = departure.event, self._ground.db
        if error.session_id is None:
            await db.write(secrecy.forget_unread, event["event_id"])
            await self._say(event, f"Not delivered, since it cannot be read: {error}")
            await db.write(outbox.remove_departure, departure)
            return
        await db.write(secrecy.put_aside, departure, error.session_id)
        self._begin(self._tell_later(event))

    async def _tell_later(self, event: JsonObject) -> None:
        write, event_id = self._ground.db.write, event["event_id"]
        await asyncio.sleep(PATIENCE_S)
        if not await write(secrecy.is_unread, event_id):
            return
        self._opens.ask_for_key(event)
        await asyncio.sleep(GRACE_S)
        if await write(secrecy.take_telling, event_id):
            text = (
                "This cannot be read yet, and so is not delivered: its key has not come. "
                "It goes on as soon as the key is here. If that takes long, please write it again."
            )
            notice = await self._say(event, text)
            if notice and not await write(secrecy.note_notice, event_id, notice):
                await self._take_back(event["room_id"], notice)

    async def _take_back(self, room_id: str, notice: str) -> None:
        try:
            await self._ground.rooms.redact(room_id, notice, f"read.{notice}", None)
        except MatrixError as error:
            log.warning("A notice stays: %s", error)

    async def _bring_back(self, room_id: str, session_id: str) -> None:
        await self._ground.db.write(secrecy.bring_back, room_id, session_id)
        self._look(room_id)

    async def _say(self, event: JsonObject, text: str) -> str:
        """The event's id, if it could be said."""
        content = {
            "msgtype": "m.notice",
            "body": text,
            "m.relates_to": {"m.in_reply_to": {"event_id": event["event_id"]}},
        }
        transaction = f"unread.{event['event_id']}"
        try:
            return await self._ground.rooms.send(
                event["room_id"], "m.room.message", content, transaction, None
            )
        except MatrixError as error:
            log.warning("Nobody can be told of a message without key: %s", error)
            return ""

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
