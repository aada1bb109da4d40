"""From Matrix to the network: each room in order, kept until the network has it."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define, field

from bridges.kit import abilities
from bridges.kit.failures import NetworkFailure, Rejected, Transient
from bridges.kit.network import Session
from bridges.kit.parts import Outgoing, Text
from bridges.portals.contents import said_by, to_part
from bridges.portals.errands import Errands
from bridges.portals.formatting import prefixed
from bridges.portals.ground import Ground
from bridges.portals.permissions import Level, Permissions
from bridges.portals.queues import Queues
from bridges.portals.reading import Reading
from bridges.portals.sessions import Running, Sessions
from bridges.storage import messages, outbox, places
from bridges.storage.messages import Pair, Reaction
from bridges.storage.places import Portal

log = logging.getLogger(__name__)
JsonObject = dict[str, Any]

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
TOLD_AFTER_S = 3.0
SAID = frozenset(("m.room.message", "m.sticker"))
STATUS = "com.beeper.message_send_status"

HandleOther = Callable[[JsonObject], Awaitable[None]]
"""Is given events of rooms that are no portals, and commands."""


@define(eq=False)
class Departures:
    _ground: Ground
    _sessions: Sessions
    _permissions: Permissions
    _handle_other: HandleOther
    _reading: Reading
    _errands: Errands = field(factory=Errands)
    _queues: Queues[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._queues = Queues(self._carry)

    async def start(self) -> None:
        for room_id in await self._ground.db.write(outbox.rooms_waiting):
            self._queues.look(room_id)

    async def stop(self) -> None:
        await self._queues.stop()
        await self._errands.stop()

    def look(self, room_id: str) -> None:
        """There is something new for it."""
        self._queues.look(room_id)

    async def accept(self, transaction: str, events: list[JsonObject]) -> None:
        """Returns when they are safe. What we said ourselves is left out."""
        theirs = [one for one in events if not self._ground.names.is_ours(one["sender"])]
        if await self._ground.db.write(outbox.add_departures, transaction, theirs):
            for room_id in {one["room_id"] for one in theirs}:
                self._queues.look(room_id)

    async def _carry(self, room_id: str) -> bool:
        departure = await self._ground.db.write(outbox.next_departure, room_id)
        if departure is None:
            return False
        may_speak = self._permissions.level(departure.event["sender"]) >= Level.RELAY
        event = await self._reading.read(departure, may_speak)
        if event is not None:
            await self._carry_event(event)
            await self._ground.db.write(outbox.remove_departure, departure)
        return True

    async def _carry_event(self, event: JsonObject) -> None:
        portal = await self._ground.db.write(places.portal_of_room, event["room_id"])
        prefix = self._ground.network.info.command_prefix
        is_command = str(event["content"].get("body", "")).split(" ")[0] == prefix
        if portal is None or is_command:
            await self._handle_other(event)
        else:
            await self._until_done(portal, event)

    async def _until_done(self, portal: Portal, event: JsonObject) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                await self._do(portal, event)
                return
            except Transient as error:
                self._ground.tally.tried_again += 1
                if wait_s > TOLD_AFTER_S:
                    await self._say_that_it_waits(portal, event, str(error))
                await asyncio.sleep(error.after_s or wait_s * random.uniform(0.5, 1))
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            except NetworkFailure as error:
                await self._say_why(portal, event, str(error))
                return

    async def _do(self, portal: Portal, event: JsonObject) -> None:
        running, name = await self._carrier(portal, event["sender"])
        if running is None:
            if self._permissions.level(event["sender"]) >= Level.RELAY and event["type"] in SAID:
                raise Rejected("Nobody is logged in whose login could carry it.")
            return
        match event["type"]:
            case "m.room.message" | "m.sticker":
                await self._message(portal, event, running.session, name)
            case "m.reaction":
                await self._react(portal, event, running.session)
            case "m.room.redaction":
                await self._redact(portal, event, running.session)
            case "m.room.topic" if isinstance(running.session, abilities.SetsTopic):
                topic = str(event["content"].get("topic", ""))
                await running.session.set_topic(portal.chat, topic)
            case "m.room.name" if isinstance(running.session, abilities.SetsName):
                name = str(event["content"].get("name", ""))
                await running.session.set_name(portal.chat, name)

    async def _carrier(self, portal: Portal, user_id: str) -> tuple[Running | None, str]:
        """The login that carries the words, and whose they are if it is another's login."""
        for own in self._sessions.of_user(user_id):
            if portal.chat.receiver in ("", own.login.login_id):
                return still_logged_in(own), ""
        if self._permissions.level(user_id) < Level.RELAY:
            return None, ""
        relay = await self._sessions.running(portal.login_id)
        if relay:
            still_logged_in(relay)
        return relay, await self._ground.rooms.name_of(portal.room_id, user_id) if relay else ""

    async def _message(
        self, portal: Portal, event: JsonObject, session: Session, name: str
    ) -> None:
        content, relates = event["content"], event["content"].get("m.relates_to")
        relates = relates if isinstance(relates, dict) else {}
        target = await self._target(portal, relates) if relates else None
        is_edit = relates.get("rel_type") == "m.replace"
        if is_edit and isinstance(content.get("m.new_content"), dict):
            content = content["m.new_content"]
        limit = session.capabilities.media_max_bytes
        part = await to_part(self._ground.accounts, event["type"], content, limit)
        part = said_by(name, part) if name else part
        answered = target.remote_id if target and not is_edit else None
        out = Outgoing(portal.chat, (part,), event["event_id"], answered)
        if is_edit and target and isinstance(session, abilities.Edits):
            await session.edit(target.remote_id, out)
            return
        if is_edit and isinstance(part, Text):
            out = Outgoing(portal.chat, (prefixed("* ", part),), event["event_id"])
        sent = await session.send(out)
        pair = Pair(sent.id, event["event_id"], event["sender"])
        await self._ground.db.write(messages.pair, portal.chat, pair)
        self._ground.tally.departed += 1
        self._errands.begin(self._ground.rooms.read(portal.room_id, event["event_id"]))

    async def _target(self, portal: Portal, relates: JsonObject) -> Pair | None:
        """The message that is edited, or answered."""
        replied = relates.get("m.in_reply_to")
        event_id = relates.get("event_id") if "rel_type" in relates else None
        if event_id is None and isinstance(replied, dict):
            event_id = replied.get("event_id")
        if not isinstance(event_id, str):
            return None
        return await self._ground.db.write(messages.by_event, portal.chat, event_id)

    async def _react(self, portal: Portal, event: JsonObject, session: Session) -> None:
        if not isinstance(session, abilities.Reacts):
            return
        relates = event["content"].get("m.relates_to")
        emoji = relates.get("key") if isinstance(relates, dict) else None
        target = await self._target(portal, relates) if isinstance(relates, dict) else None
        if target and isinstance(emoji, str):
            await session.react(portal.chat, target.remote_id, emoji)
            reaction = Reaction(event["event_id"], target.remote_id, event["sender"], emoji)
            await self._ground.db.write(messages.add_reaction, portal.chat, reaction)

    async def _redact(self, portal: Portal, event: JsonObject, session: Session) -> None:
        event_id = str(event["content"].get("redacts") or event.get("redacts"))
        if isinstance(session, abilities.Reacts) and (
            reaction := await self._ground.db.write(messages.find_reaction, event_id)
        ):
            await session.unreact(portal.chat, reaction.target, reaction.emoji)
            await self._ground.db.write(messages.take_reaction, event_id)
            return
        pair = await self._ground.db.write(messages.by_event, portal.chat, event_id)
        if pair and isinstance(session, abilities.Redacts):
            await session.redact(portal.chat, pair.remote_id)
        elif pair:
            raise Rejected("This network cannot take messages back.")

    async def _say_that_it_waits(self, portal: Portal, event: JsonObject, why: str) -> None:
        """Once for each message: the transaction id is the same each time."""
        content = {
            "msgtype": "m.notice",
            "body": f"Not delivered yet, and tried again until it is: {why}",
            "m.relates_to": {"m.in_reply_to": {"event_id": event["event_id"]}},
        }
        transaction = f"waits.{event['event_id']}"
        await self._ground.rooms.send(portal.room_id, "m.room.message", content, transaction, None)

    async def _say_why(self, portal: Portal, event: JsonObject, why: str) -> None:
        """To the user in words, and to clients that show the state of a message."""
        self._ground.tally.rejected += 1
        event_id, send = event["event_id"], self._ground.rooms.send
        status = {
            "network": self._ground.network.info.id,
            "m.relates_to": {"rel_type": "m.reference", "event_id": event_id},
            "status": "FAIL_PERMANENT",
            "reason": "m.event_not_handled",
            "message": why,
        }
        await send(portal.room_id, STATUS, status, f"status.{event_id}", None)
        content = {
            "msgtype": "m.notice",
            "body": f"Not delivered: {why}",
            "m.relates_to": {"m.in_reply_to": {"event_id": event_id}},
        }
        await send(portal.room_id, "m.room.message", content, f"why.{event_id}", None)


def still_logged_in(running: Running) -> Running:
    if running.is_over:
        raise Rejected(f"The login {running.login.name} is over: its owner must log in again.")
    return running
