"""From the network to Matrix: written down first, then carried over, each portal in order."""

import asyncio
import logging

from attrs import define, field

from bridges.kit.failures import Rejected, Transient
from bridges.kit.happenings import (
    CallNoticed,
    ChatChange,
    ChatGone,
    Happening,
    MemberChange,
    Message,
    Notice,
    Passing,
    Presence,
    UserChange,
)
from bridges.kit.parts import ChatKey
from bridges.matrix.client import MatrixError
from bridges.portals.addresses import Addresses
from bridges.portals.changes import Changes
from bridges.portals.contents import Composer
from bridges.portals.deliveries import Deliveries, Way
from bridges.portals.errands import Errands
from bridges.portals.files import Files, settled
from bridges.portals.gaps import Gaps
from bridges.portals.ground import Ground
from bridges.portals.profiles import Profiles
from bridges.portals.queues import Queues
from bridges.portals.rooms import PortalRooms
from bridges.portals.sessions import Running, Sessions
from bridges.portals.signs import Signs
from bridges.portals.succession import Succession
from bridges.storage import histories, outbox
from bridges.storage.outbox import Arrival
from bridges.storage.places import Portal

log = logging.getLogger(__name__)

PATIENCE_S = 5.0
"""Before the network is asked again for what it owes us."""
TRIES, PACE_S = 100, 0.1
"""Looks at whether a page of the past has arrived."""
LONGEST_CHAT = 500
"""Of its id: more than any network has, and less than an index takes."""


@define(eq=False)
class Carriers:
    """What each kind of happening becomes."""

    portals: PortalRooms
    deliveries: Deliveries
    changes: Changes
    signs: Signs
    addresses: Addresses
    profiles: Profiles


@define(eq=False)
class Arrivals:
    _ground: Ground
    _sessions: Sessions
    _carriers: Carriers
    _gaps: Gaps
    _succession: Succession
    _errands: Errands = field(factory=Errands)
    _filling: dict[str, asyncio.Task[None]] = field(factory=dict)
    _queues: Queues[ChatKey] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._queues = Queues(self._carry)

    async def start(self) -> None:
        for chat in await self._ground.db.write(outbox.chats_waiting):
            self._queues.look(chat)

    async def stop(self) -> None:
        for task in self._filling.values():
            task.cancel()
        await asyncio.gather(*self._filling.values(), return_exceptions=True)
        await self._queues.stop()
        await self._errands.stop()

    def connecting(self, running: Running) -> None:
        """What was missed meanwhile is looked for, once it is connected."""
        login_id = running.login.login_id
        if before := self._filling.pop(login_id, None):
            before.cancel()
        self._filling[login_id] = asyncio.create_task(self._fill(running))

    async def over(self, running: Running) -> None:
        await self._succession.is_over(running)

    async def _fill(self, running: Running) -> None:
        try:
            await self._gaps.fill(running, self.receive)
        except Exception:
            log.exception("A gap is not filled, by a mistake of ours")

    async def receive(self, login_id: str, happening: Happening) -> None:
        """Returns when it is safe."""
        if not isinstance(happening, Presence | UserChange) and is_absurd(happening.chat):
            log.warning("Something is left out: the id of its chat is too long")
            return
        if isinstance(happening, Passing):
            self._errands.begin(self._pass_on(login_id, happening))
            return
        self._succession.note(login_id, happening.chat)
        if await self._ground.db.write(outbox.add_arrival, login_id, await settled(happening)):
            self._queues.look(happening.chat)
        else:
            self._ground.tally.known_already += 1

    async def _pass_on(self, login_id: str, sign: Passing) -> None:
        if not isinstance(sign, UserChange):
            await self._carriers.signs.pass_on(sign)
        elif running := await self._sessions.running(login_id):
            await self._carriers.profiles.renew(sign.sender.id, sign.user, running.session)

    async def _carry(self, chat: ChatKey) -> bool:
        arrival = await self._ground.db.write(outbox.next_arrival, chat)
        if arrival is None:
            return False
        running = await self._sessions.running(arrival.login_id)
        if running is not None:
            try:
                await self._deliver(arrival, running)
                self._ground.tally.arrived += 1
            except Transient as error:
                await asyncio.sleep(error.after_s or PATIENCE_S)
                return True
            except (MatrixError, Rejected) as error:
                name = type(arrival.happening).__name__
                log.warning("A %s is not carried over: %s", name, error)
                self._ground.tally.rejected += 1
        # Without its login the right to be here is gone.
        await self._ground.db.write(outbox.remove_arrival, arrival)
        return True

    async def _goes_on(self, portal: Portal, gone: ChatGone, running: Running) -> bool:
        """Whether it is gone for one login only."""
        return gone.successor is None and await self._succession.leaves(portal, running)

    async def _came_with_the_past(self, message: Message) -> bool:
        """Met twice: a page of the past that has it was on its way when it arrived."""
        for _ in range(TRIES):
            came = await self._ground.db.write(histories.came_over, message.chat, message.id)
            if came is not None:
                return came
            await asyncio.sleep(PACE_S)
        return False

    async def _deliver(self, arrival: Arrival, running: Running) -> None:
        happening, session = arrival.happening, running.session
        if isinstance(happening, Message) and await self._came_with_the_past(happening):
            return
        portal = await self._carriers.portals.find_or_make(happening.chat, running.login, session)
        if isinstance(happening, ChatGone) and await self._goes_on(portal, happening, running):
            happening = gone_for_one(happening, running.login.name)
        if isinstance(happening, ChatChange | MemberChange | Notice | CallNoticed | ChatGone):
            transaction = arrival.transaction_id
            await self._carriers.changes.deliver(portal, transaction, happening, running)
            return
        is_secret = self._ground.rooms.is_encrypted(portal.room_id)
        files = Files(self._ground.accounts, session, is_secret)
        way = Way(portal, Composer(files, self._carriers.addresses), arrival)
        await self._carriers.deliveries.deliver(way, happening)
        if self._carriers.profiles.is_new(happening.sender.id) and not happening.sender.me:
            self._errands.begin(self._carriers.profiles.look(happening.sender.id, session))


def gone_for_one(gone: ChatGone, name: str) -> Notice:
    """Others are still in the chat."""
    words = f"{name} is not in this chat any more. {gone.reason}".rstrip()
    return Notice(gone.chat, gone.id, words)


def is_absurd(chat: ChatKey) -> bool:
    return len(chat.id) + len(chat.receiver) > LONGEST_CHAT
