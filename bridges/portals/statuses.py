"""The state of a message, said to its sender in words, and to clients that show it."""

from typing import Any

from attrs import frozen

from bridges.portals.ground import Ground
from bridges.storage.places import Portal

JsonObject = dict[str, Any]
STATUS, MESSAGE = "com.beeper.message_send_status", "m.room.message"


@frozen
class Statuses:
    _ground: Ground

    async def waits(self, portal: Portal, event: JsonObject, why: str) -> None:
        """Once for each message: the transaction id is the same each time."""
        text = f"Not delivered yet, and tried again until it is: {why}"
        await self._answer(portal, event, text, f"waits.{event['event_id']}")

    async def failed(self, portal: Portal, event: JsonObject, why: str) -> None:
        await self.mark(portal, event["event_id"], "FAIL_PERMANENT", why)
        await self._answer(portal, event, f"Not delivered: {why}", f"why.{event['event_id']}")

    async def mark(self, portal: Portal, event_id: str, status: str, why: str = "") -> None:
        """For clients only. What is said twice is said once."""
        content: JsonObject = {
            "network": self._ground.network.info.id,
            "m.relates_to": {"rel_type": "m.reference", "event_id": event_id},
            "status": status,
        }
        if why:
            content |= {"reason": "m.event_not_handled", "message": why}
        transaction = f"status.{event_id}" + ("" if status == "FAIL_PERMANENT" else f".{status}")
        await self._ground.rooms.send(portal.room_id, STATUS, content, transaction, None)

    async def _answer(self, portal: Portal, event: JsonObject, text: str, transaction: str) -> None:
        content = {
            "msgtype": "m.notice",
            "body": text,
            "m.relates_to": {"m.in_reply_to": {"event_id": event["event_id"]}},
        }
        await self._ground.rooms.send(portal.room_id, MESSAGE, content, transaction, None)
