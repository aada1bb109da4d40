"""The past of chats: brought over page by page, the newest first, each message once.

Where the homeserver takes no batches, the last messages are said before the person is invited.
"""

import asyncio
import logging
from itertools import takewhile
from secrets import token_hex

from attrs import define, evolve, field

from bridges.kit.abilities import HasHistory, Page
from bridges.kit.failures import NetworkFailure, Transient
from bridges.kit.happenings import Message, React
from bridges.matrix.batches import Batches, Past, has_no_place
from bridges.matrix.client import MatrixError, Unanswered
from bridges.portals.ground import Ground
from bridges.portals.pages import Pages
from bridges.portals.queues import Queues
from bridges.portals.sessions import Running, Sessions
from bridges.portals.stories import presented
from bridges.storage import histories, messages, places
from bridges.storage.histories import Batch, Progress
from bridges.storage.messages import Reaction
from bridges.storage.places import Portal

log = logging.getLogger(__name__)

PAGE = 100
FIRST_S = 15.0
"""So long the invitation waits for the newest page."""
PATIENCE_S, SETTLED_S = 5.0, 3.0
AT_ONCE = 2
FORWARD = 200


@define(eq=False)
class Histories:
    """`most` messages of each chat are brought over; 0: none."""

    _ground: Ground
    _sessions: Sessions
    _pages: Pages
    _batches: Batches
    _most: int = 1000
    _turns: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(AT_ONCE))
    _queues: Queues[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._queues = Queues(self._carry)

    async def start(self) -> None:
        """What was not finished goes on."""
        for chat in await self._ground.db.write(histories.unfinished):
            if portal := await self._ground.db.write(places.portal_of_chat, chat):
                self._queues.look(portal.room_id)

    async def stop(self) -> None:
        await self._queues.stop()

    async def begin(self, portal: Portal) -> None:
        """A room is new: who is invited into it next finds the newest page."""
        running = await self._sessions.running(portal.login_id)
        if running is None or not isinstance(session := running.session, HasHistory):
            return
        if not self._most:
            return
        if not (await presented(running.session, portal.chat)).has_history:
            return
        if not await self._batches.are_offered():
            await self._say_the_last(portal, running, session)
            return
        await self._ground.db.write(histories.begin, portal.chat, portal.login_id)
        if self._ground.rooms.is_encrypted(portal.room_id):
            # Keys go to those who are invited, and the bridge has to hear of it first.
            asyncio.get_running_loop().call_later(SETTLED_S, self._queues.look, portal.room_id)
            return
        try:
            async with asyncio.timeout(FIRST_S):
                await self._next_page(portal, running)
        except (TimeoutError, NetworkFailure, MatrixError, Unanswered) as error:
            log.warning("The newest page of a chat comes later: %s", type(error).__name__)
        self._queues.look(portal.room_id)

    async def _carry(self, room_id: str) -> bool:
        """A page. False when there is no more, or nobody to ask for it."""
        portal = await self._ground.db.write(places.portal_of_room, room_id)
        running = await self._sessions.running(portal.login_id) if portal else None
        if portal is None or running is None or running.is_over:
            return False
        async with self._turns:
            try:
                return await self._next_page(portal, running)
            except (Transient, Unanswered) as error:
                asked = error.after_s if isinstance(error, Transient) else None
                await asyncio.sleep(asked or PATIENCE_S)
                return True
            except NetworkFailure as error:
                log.warning("The history of a chat cannot be had: %s", type(error).__name__)
                return await self._give_up(portal)

    async def _next_page(self, portal: Portal, running: Running) -> bool:
        progress = await self._ground.db.write(histories.progress, portal.chat)
        session = running.session
        if progress is None or progress.is_done or not isinstance(session, HasHistory):
            return False
        if progress.batch is not None:
            return await self._recover(portal, progress, progress.batch)
        limit = min(PAGE, self._most - progress.filled)
        page = await session.history(portal.chat, progress.before, limit)
        page = evolve(page, messages=await self._new(portal, page))
        past = await self._pages.past(portal, page, running)
        is_last = progress.filled + len(page.messages) >= self._most
        owners = tuple((it.remote_id, it.event.sender) for it in past)
        batch = Batch(token_hex(8), owners, None if is_last else page.before)
        try:
            if not await self._ground.db.write(histories.note_batch, portal.chat, batch):
                return True
            events = [it.event for it in past]
            send = self._batches.send
            ids = await send(portal.room_id, events, batch.token) if past else []
        except MatrixError as error:
            if not has_no_place(error):
                raise
            log.warning("A room takes no history: %s", error)
            return await self._give_up(portal)
        return await self._finish(portal, progress, batch, ids, page)

    async def _new(self, portal: Portal, page: Page) -> tuple[Message, ...]:
        """What is older than all that is on Matrix: the rest comes as if it happened now."""
        ids = [it.id for it in page.messages]
        known = await self._ground.db.write(histories.known, portal.chat, ids)
        return tuple(takewhile(lambda it: it.id not in known, page.messages))

    async def _recover(self, portal: Portal, progress: Progress, batch: Batch) -> bool:
        """The answer to a batch was lost: it is there as a whole, or not at all."""
        count = len(batch.owners)
        found = await self._batches.find(portal.room_id, batch.token, count)
        if found is None:
            await self._ground.db.write(histories.drop_batch, portal.chat)
            return True
        return await self._finish(portal, progress, batch, found, Page(()))

    async def _finish(
        self, portal: Portal, progress: Progress, batch: Batch, ids: list[str], page: Page
    ) -> bool:
        now = await self._ground.db.write(histories.finish_batch, progress, batch, ids)
        await self._react(portal, page)
        return not now.is_done

    async def _react(self, portal: Portal, page: Page) -> None:
        """Those of a page whose answer was lost are not tried again: none is doubled."""
        past: list[tuple[Past, React]] = []
        for react in page.reactions:
            find = messages.by_remote_id
            for pair in (await self._ground.db.write(find, portal.chat, react.target))[:1]:
                past.append((await self._pages.reaction(portal, react, pair, page), react))
        if not past:
            return
        try:
            events = [event for event, _ in past]
            ids = await self._batches.send(portal.room_id, events, token_hex(8))
        except (MatrixError, Unanswered) as error:
            log.warning("The reactions of a page are left out: %s", error)
            return
        for (_, react), event_id in zip(past, ids, strict=True):
            reaction = Reaction(event_id, react.target, react.sender.id, react.emoji)
            await self._ground.db.write(messages.add_reaction, portal.chat, reaction)

    async def _give_up(self, portal: Portal) -> bool:
        if progress := await self._ground.db.write(histories.progress, portal.chat):
            await self._ground.db.write(histories.save, evolve(progress, is_done=True))
        return False

    async def _say_the_last(self, portal: Portal, running: Running, session: HasHistory) -> None:
        """With their times. A second try says nothing twice."""
        found: list[Message] = []
        before: str | None = None
        most = min(self._most, FORWARD)
        try:
            while len(found) < most:
                page = await session.history(portal.chat, before, min(PAGE, most - len(found)))
                found = [*page.messages, *found]
                before = page.before
                if before is None:
                    break
        except NetworkFailure as error:
            log.warning("The history of a chat cannot be had: %s", type(error).__name__)
        for message in await self._new(portal, Page(tuple(found))):
            await self._pages.say(portal, message, running)
