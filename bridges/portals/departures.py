"""From Matrix to the network: each room in order, kept until the network has it."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from attrs import define, evolve, field, frozen

from bridges.kit import abilities
from bridges.kit.failures import (
    BadCredentials,
    NetworkFailure,
    Rejected,
    Transient,
    Unsupported,
)
from bridges.kit.json_values import JsonObject
from bridges.kit.stories import are_stories
from bridges.matrix.client import MatrixError
from bridges.portals.entrance import Entrance
from bridges.portals.errands import Errands
from bridges.portals.expiry import Expiry
from bridges.portals.ground import Ground
from bridges.portals.permissions import Level, Permissions
from bridges.portals.persons import person_in
from bridges.portals.queues import Queues
from bridges.portals.reading import Reading
from bridges.portals.sessions import Running, Sessions
from bridges.portals.statuses import Statuses
from bridges.portals.stories import not_to_stories
from bridges.portals.utterances import SAID, Said, Utterances
from bridges.portals.wishes import Wishes
from bridges.storage import outbox, places
from bridges.storage.places import Portal

log = logging.getLogger(__name__)

REACTION = "m.reaction"
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
TOLD_AFTER_S = 3.0

HandleOther = Callable[[JsonObject], Awaitable[None]]
"""Is given events of rooms that are no portals, and commands."""


@frozen(eq=False)
class Speakers:
    """What each kind of event becomes."""

    utterances: Utterances
    wishes: Wishes
    statuses: Statuses
    handle_other: HandleOther
    expiry: Expiry
    entrance: Entrance


@define(eq=False)
class Departures:
    _ground: Ground
    _sessions: Sessions
    _permissions: Permissions
    _speakers: Speakers
    _reading: Reading
    _errands: Errands = field(factory=Errands)
    _queues: Queues[str] = field(init=False)
    _has_started: bool = False

    def __attrs_post_init__(self) -> None:
        self._queues = Queues(self._carry)

    async def start(self) -> None:
        """Once the logins are known. What came before waits until then: it would be taken for the
        words of people without one.
        """
        self._has_started = True
        for room_id in await self._ground.db.write(outbox.rooms_waiting):
            self._queues.look(room_id)

    async def stop(self) -> None:
        await self._queues.stop()
        await self._errands.stop()

    def look(self, room_id: str) -> None:
        """There is something new for it."""
        if self._has_started:
            self._queues.look(room_id)

    async def accept(self, transaction: str, events: list[JsonObject]) -> None:
        """Returns when they are safe. What we said ourselves is left out."""
        theirs = [one for one in events if not self._ground.names.is_ours(one["sender"])]
        if await self._ground.db.write(outbox.add_departures, transaction, theirs):
            for room_id in {one["room_id"] for one in theirs}:
                self.look(room_id)

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
            await self._speakers.handle_other(event)
        elif await self._retries(portal, event):
            self._queues.look(portal.room_id)
        else:
            await self._until_done(portal, event)

    async def _retries(self, portal: Portal, event: JsonObject) -> bool:
        try:
            return await self._speakers.statuses.retries(portal, event)
        except MatrixError as error:
            log.warning("A message cannot be tried again: %s", error)
            return True

    async def _until_done(self, portal: Portal, event: JsonObject) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                await self._do(portal, event)
                await self._speakers.statuses.delivered(portal, event["event_id"])
                return
            except Transient as error:
                self._ground.tally.tried_again += 1
                if wait_s > TOLD_AFTER_S:
                    await self._speakers.statuses.waits(portal, event, str(error))
                await asyncio.sleep(error.after_s or wait_s * random.uniform(0.5, 1))
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            except NetworkFailure as error:
                self._ground.tally.rejected += 1
                await self._refused(portal, event, error)
                return

    async def _refused(self, portal: Portal, event: JsonObject, error: NetworkFailure) -> None:
        """A reaction that there is not there is not worth a message."""
        if event["type"] == REACTION and isinstance(error, Unsupported):
            await self._speakers.statuses.mark(
                portal, event["event_id"], "FAIL_PERMANENT", str(error)
            )
            return
        await self._speakers.statuses.failed(portal, event, str(error))

    async def _do(self, portal: Portal, event: JsonObject) -> None:
        if event["type"] in (*SAID, REACTION):
            not_to_stories(portal.chat)
        await self._silence(portal, event)
        running, name = await self._carrier(portal, event["sender"])
        if running is None or are_stories(portal.chat):
            if self._permissions.level(event["sender"]) >= Level.RELAY and event["type"] in SAID:
                raise Rejected("Nobody is logged in whose login could carry it.")
            return
        try:
            await self._carry_by(running, Said(portal, event, running, name))
        except BadCredentials as error:
            await self._sessions.lose(running, error)
            raise

    async def _carry_by(self, running: Running, said: Said) -> None:
        portal, event = said.portal, said.event
        if await self._speakers.utterances.carry(said):
            if event["type"] in SAID:
                self._errands.begin(self._ground.rooms.read(portal.room_id, event["event_id"]))
                await self._speakers.expiry.add_ours(portal, event["event_id"])
        elif running.login.user_id == event["sender"]:
            await self._speakers.wishes.carry(portal, event, running)

    async def _carrier(self, portal: Portal, user_id: str) -> tuple[Running | None, str]:
        """The login that carries the words, and whose they are if it is another's login."""
        for own in self._sessions.of_user(user_id):
            if portal.chat.receiver in ("", own.login.login_id):
                is_shared = own.session.capabilities.speaks_for_others
                return still_logged_in(own), await self._name(portal, user_id) if is_shared else ""
        level = self._permissions.level(user_id)
        if level < Level.RELAY:
            return None, ""
        is_shared = level >= Level.USER and not portal.chat.receiver
        if is_shared and (welcome := await self._speakers.entrance.welcome(user_id)):
            return welcome, ""
        relay = await self._sessions.running(portal.login_id)
        if relay is None:
            return None, ""
        still_logged_in(relay)
        if voice := await self._voice(portal, relay, user_id):
            return voice, ""
        return relay, await self._name(portal, user_id)

    async def _voice(self, portal: Portal, relay: Running, user_id: str) -> Running | None:
        """Of somebody without a login, where the network gives them a name of their own."""
        if not isinstance(relay.session, abilities.LendsVoices):
            return None
        known = await person_in(self._ground, portal.room_id, user_id)
        session = await relay.session.voice(portal.chat, known)
        return evolve(relay, session=session) if session is not None else None

    async def _silence(self, portal: Portal, event: JsonObject) -> None:
        """Who leaves the room takes their voice along."""
        user_id, gone = str(event.get("state_key")), event["content"].get("membership")
        if event["type"] != "m.room.member" or gone not in ("leave", "ban"):
            return
        relay = await self._sessions.running(portal.login_id)
        if relay and isinstance(relay.session, abilities.LendsVoices):
            await relay.session.silence(portal.chat, user_id)

    async def _name(self, portal: Portal, user_id: str) -> str:
        return await self._ground.rooms.name_of(portal.room_id, user_id)


def still_logged_in(running: Running) -> Running:
    if running.is_over:
        raise Rejected(f"The login {running.login.name} is over: its owner must log in again.")
    return running
