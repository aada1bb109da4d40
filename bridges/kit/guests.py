"""People on Matrix without a login, where the network can give each of them a connection of their
own: made when they speak, ended when they are silent for long, and never more than so many.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from attrs import define, field, frozen

from bridges.kit.abilities import OpensChats, Presents
from bridges.kit.chats import Person
from bridges.kit.failures import NetworkFailure, Transient
from bridges.kit.happenings import Happening, Message
from bridges.kit.network import Bridge, Session
from bridges.kit.parts import ChatKey, Outgoing, Text

log = logging.getLogger(__name__)

REFUSED_S = 600.0
"""Whom the network does not let in is carried by another's login for so long."""
STABLE_S = 60.0
MOST_FAILURES = 2
AGAIN_S = 2.0
MAX_WARNED = 1_000
DEAF = "I hear only what is said in rooms: private messages do not reach me."


@frozen
class Limits:
    """`idle_s`: who says nothing for so long is disconnected until they speak; 0: never."""

    most: int
    idle_s: float = 0.0


@define(eq=False)
class GuestEar:
    """A guest's bridge: what happens in shared chats is told to the login that lends the voice.

    What is said to a guest alone has no room on Matrix; who says it is told so, once.
    """

    _lender: Bridge
    _person: Person
    session: Session | None = None
    _warned: dict[str, "asyncio.Task[None]"] = field(factory=dict)
    """By chat: who has been told, or is being told."""

    async def receive(self, happening: Happening) -> None:
        chat = getattr(happening, "chat", None)
        if chat is not None and not chat.receiver:
            await self._lender.receive(happening)
        elif isinstance(happening, Message) and chat is not None:
            self._warn(chat)

    def _warn(self, chat: ChatKey) -> None:
        """Beside: who waits for what is said cannot hear meanwhile."""
        if chat.id not in self._warned and len(self._warned) < MAX_WARNED:
            self._warned[chat.id] = asyncio.create_task(self._say_so(chat))

    async def _say_so(self, chat: ChatKey) -> None:
        if self.session is None:
            return
        words = Outgoing(chat, (Text(DEAF, manner="notice"),), f"deaf {self._person.id} {chat.id}")
        with suppress(NetworkFailure):
            await self.session.send(words)

    async def chats(self) -> list[ChatKey]:
        return []

    def alive(self) -> None:
        return

    async def owner(self) -> Person:
        return self._person

    async def keep(self, key: str, value: str) -> None:
        await self._lender.keep(f"guest {self._person.id} {key}", value)

    async def kept(self, key: str) -> str | None:
        return await self._lender.kept(f"guest {self._person.id} {key}")

    async def keep_for_all(self, key: str, value: str) -> None:
        await self._lender.keep_for_all(key, value)

    async def kept_for_all(self, key: str) -> str | None:
        return await self._lender.kept_for_all(key)


@define(eq=False)
class Guest:
    person: Person
    lender: Bridge
    session: Session
    task: "asyncio.Task[None] | None" = None
    spoke_at: float = 0.0


@define(eq=False)
class Guests:
    """Of a whole network, by the ids of people on Matrix."""

    _make: Callable[[Person, Bridge], Session]
    _limits: Limits
    _here: dict[str, Guest] = field(factory=dict)
    _refused: dict[str, float] = field(factory=dict)

    async def of(self, person: Person, lender: Bridge) -> Session | None:
        """None: there is no place for them, and the login carries their words."""
        now = asyncio.get_running_loop().time()
        if now < self._refused.get(person.id, 0.0):
            return None
        guest = self._here.get(person.id)
        if guest is None:
            if len(self._here) >= self._limits.most:
                return None
            guest = self._begin(person, lender)
        guest.spoke_at = now
        if guest.person.name != person.name and isinstance(guest.session, Presents):
            guest.person = person
            with suppress(Transient):
                await guest.session.present(person)
        return guest.session

    async def silence(self, chat: ChatKey, user_id: str) -> None:
        """They have left the chat's room."""
        guest = self._here.get(user_id)
        if guest is not None and isinstance(guest.session, OpensChats):
            with suppress(Transient):
                await guest.session.leave_chat(chat)

    def _begin(self, person: Person, lender: Bridge) -> Guest:
        ear = GuestEar(lender, person)
        ear.session = self._make(person, ear)
        guest = self._here[person.id] = Guest(person, lender, ear.session)
        guest.task = asyncio.create_task(self._keep(guest))
        return guest

    async def _keep(self, guest: Guest) -> None:
        """Until they are silent for long, or the network lets them in no more."""
        failures, now = 0, asyncio.get_running_loop().time
        try:
            while failures < MOST_FAILURES:
                begun = now()
                if await self._run_until_idle(guest):
                    return
                failures = 1 if now() - begun > STABLE_S else failures + 1
                await asyncio.sleep(AGAIN_S)
            self._refused[guest.person.id] = now() + REFUSED_S
        finally:
            self._here.pop(guest.person.id, None)

    async def _run_until_idle(self, guest: Guest) -> bool:
        """False: it ended by itself."""
        running = asyncio.create_task(guest.session.run())
        try:
            while not running.done():
                await asyncio.wait({running}, timeout=self._idle_left(guest))
                if not running.done() and self._idle_left(guest) == 0:
                    return True
        finally:
            running.cancel()
            (ended,) = await asyncio.gather(running, return_exceptions=True)
        if not isinstance(ended, NetworkFailure):
            log.error("A guest's session ended with a mistake of ours: %r", ended)
        return False

    def _idle_left(self, guest: Guest) -> float | None:
        if not self._limits.idle_s:
            return None
        silent_s = asyncio.get_running_loop().time() - guest.spoke_at
        return max(0.0, self._limits.idle_s - silent_s)

    def end(self, lender: Bridge) -> None:
        """The login that lent them voices is over."""
        for guest in self._here.values():
            if guest.lender is lender and guest.task:
                guest.task.cancel()

    async def stop(self) -> None:
        tasks = [it.task for it in self._here.values() if it.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
