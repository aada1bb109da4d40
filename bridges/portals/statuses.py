"""The state of a message, said to its sender in words, and to clients that show it."""

import time

from attrs import define, field

from bridges.kit.json_values import JsonObject
from bridges.portals.ground import Ground
from bridges.portals.utterances import SAID
from bridges.storage import failures, outbox
from bridges.storage.failures import Failure
from bridges.storage.places import Portal

STATUS, MESSAGE = "com.beeper.message_send_status", "m.room.message"
AGAIN = "🔁"
MAX_WAITING = 10_000
MAX_REACHED = 100
"""In a crowd it is enough to know that many have it."""


@define(eq=False)
class Statuses:
    _ground: Ground
    _waiting: dict[str, str] = field(factory=dict)
    """Messages of which was said that they wait, and where."""
    _failed: set[str] = field(factory=set)
    """Messages that are tried again."""
    _reached: dict[str, list[str]] = field(factory=dict)
    """Whose devices have them."""

    async def waits(self, portal: Portal, event: JsonObject, why: str) -> None:
        """Once for each message: the transaction id is the same each time."""
        event_id = event["event_id"]
        if event_id in self._waiting or len(self._waiting) > MAX_WAITING:
            return
        text = f"Not delivered yet, and tried again until it is: {why}"
        self._waiting[event_id] = await self._answer(portal, event, text, f"waits.{event_id}")
        await self.mark(portal, event_id, "PENDING", why)

    async def failed(self, portal: Portal, event: JsonObject, why: str) -> None:
        event_id, can_retry = event["event_id"], event["type"] in SAID
        unique = f"{event_id}.{time.time_ns()}" if event_id in self._failed else event_id
        status = "FAIL_RETRIABLE" if can_retry else "FAIL_PERMANENT"
        await self.mark(portal, event_id, status, why, unique)
        text = f"Not delivered: {why}" + (f" ({AGAIN} tries it again.)" if can_retry else "")
        notice = await self._answer(portal, event, text, f"why.{unique}")
        await self._forget_waiting(portal, event_id)
        if can_retry:
            room_id, sender = portal.room_id, event["sender"]
            failure = Failure(event_id, room_id, sender, notice, time.time_ns() // 1_000_000)
            await self._ground.db.write(failures.add, failure)

    async def delivered(self, portal: Portal, event_id: str) -> None:
        """Worth saying only where something else was said before."""
        was_waiting = await self._forget_waiting(portal, event_id)
        was_failed = event_id in self._failed
        if was_failed:
            self._failed.discard(event_id)
        if was_waiting or was_failed:
            await self.mark(portal, event_id, "SUCCESS", unique=f"{event_id}.{time.time_ns()}")

    async def reached(self, portal: Portal, event_id: str, user_id: str) -> None:
        """A message is on somebody's device; told with all who were told of before."""
        users = self._reached.setdefault(event_id, [])
        if user_id in users or len(users) >= MAX_REACHED:
            return
        users.append(user_id)
        if len(self._reached) > MAX_WAITING:
            del self._reached[next(iter(self._reached))]
        unique = f"{event_id}.{user_id}"
        await self.mark(portal, event_id, "SUCCESS", unique=unique, delivered_to_users=list(users))

    async def retries(self, portal: Portal, event: JsonObject) -> bool:
        """Whether it asks to try something again; it then stands in the queue."""
        relates = event["content"].get("m.relates_to")
        relates = relates if isinstance(relates, dict) else {}
        if event["type"] != "m.reaction" or not str(relates.get("key")).startswith(AGAIN):
            return False
        failure = await self._ground.db.write(failures.find, str(relates.get("event_id")))
        if failure is None or failure.room_id != portal.room_id:
            return False
        if failure.sender != event["sender"]:
            return True
        said = await self._ground.rooms.event(portal.room_id, failure.event_id)
        self._failed.add(failure.event_id)
        again = said | {"room_id": portal.room_id}
        await self._ground.db.write(outbox.add_departures, f"again.{event['event_id']}", [again])
        await self._ground.db.write(failures.take, failure.event_id)
        unique = f"again.{failure.notice_id}"
        await self._ground.rooms.redact(portal.room_id, failure.notice_id, unique, None)
        return True

    async def mark(
        self,
        portal: Portal,
        event_id: str,
        status: str,
        why: str = "",
        unique: str = "",
        **more: list[str],
    ) -> None:
        """For clients only. What is said twice is said once."""
        content: JsonObject = {
            "network": self._ground.network.info.id,
            "m.relates_to": {"rel_type": "m.reference", "event_id": event_id},
            "status": status,
        } | more
        if why:
            content |= {"reason": "m.event_not_handled", "message": why}
        transaction = f"status.{unique or event_id}.{status}"
        await self._ground.rooms.send(portal.room_id, STATUS, content, transaction, None)

    async def _forget_waiting(self, portal: Portal, event_id: str) -> bool:
        notice = self._waiting.pop(event_id, None)
        if notice is not None:
            await self._ground.rooms.redact(portal.room_id, notice, f"arrived.{notice}", None)
        return notice is not None

    async def _answer(self, portal: Portal, event: JsonObject, text: str, transaction: str) -> str:
        content = {
            "msgtype": "m.notice",
            "body": text,
            "m.relates_to": {"m.in_reply_to": {"event_id": event["event_id"]}},
        }
        return await self._ground.rooms.send(portal.room_id, MESSAGE, content, transaction, None)
