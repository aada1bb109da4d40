"""The logins whose connections run, each brought back when it ends."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from attrs import define, field, frozen

from bridges.kit import abilities
from bridges.kit.chats import Person
from bridges.kit.failures import BadCredentials, Fatal, NetworkFailure, Transient
from bridges.kit.happenings import Happening
from bridges.kit.network import Login, Session
from bridges.kit.parts import ChatKey
from bridges.kit.stories import are_stories
from bridges.portals.ground import Ground
from bridges.portals.liveness import Pace, Paces, Pulse, run_while_alive
from bridges.portals.persons import person
from bridges.storage import kept, places
from bridges.storage.database import Database
from bridges.storage.places import StoredLogin

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
STABLE_S = 60.0
"""Who was connected for so long begins with short waits again."""
LOGOUT_S = 10
RESUMED_A_SECOND = 20
"""At the start not all logins knock at the network at once."""

AGAIN = "Say `login` here to log in again. Your rooms stay as they are."

CONNECTING, RUNNING, DISCONNECTED = "connecting", "running", "disconnected"
OVER, BROKEN = "logged out", "broken"
EVENTS = {
    CONNECTING: "CONNECTING",
    RUNNING: "CONNECTED",
    DISCONNECTED: "TRANSIENT_DISCONNECT",
    OVER: "BAD_CREDENTIALS",
    BROKEN: "UNKNOWN_ERROR",
}
"""As other bridges call it."""

Receive = Callable[[str, Happening], Awaitable[None]]
Tell = Callable[[str, str], Awaitable[None]]
"""Says something to a user in words."""


@frozen
class Ear:
    """The bridge, as a session sees it."""

    _login_id: str
    _receive: Receive
    _db: Database
    _owner: Callable[[], Awaitable[Person]]
    pulse: Pulse = field(factory=Pulse)

    async def receive(self, happening: Happening) -> None:
        self.pulse.beat()
        await self._receive(self._login_id, happening)

    def alive(self) -> None:
        self.pulse.beat()

    async def chats(self) -> list[ChatKey]:
        portals = await self._db.write(places.portals_of_login, self._login_id)
        return [portal.chat for portal in portals if not are_stories(portal.chat)]

    async def keep(self, key: str, value: str) -> None:
        await self._db.write(kept.keep, self._login_id, key, value)

    async def kept(self, key: str) -> str | None:
        return await self._db.write(kept.kept, self._login_id, key)

    async def owner(self) -> Person:
        return await self._owner()

    async def keep_for_all(self, key: str, value: str) -> None:
        await self._db.write(kept.keep, kept.ALL, key, value)

    async def kept_for_all(self, key: str) -> str | None:
        return await self._db.write(kept.kept, kept.ALL, key)


@define(eq=False)
class Running:
    login: StoredLogin
    session: Session
    pulse: Pulse
    pace: Paces
    task: asyncio.Task[None] | None = None
    state: str = CONNECTING

    @property
    def is_over(self) -> bool:
        return self.state == OVER

    @property
    def is_connected(self) -> bool:
        return self.state == RUNNING

    @property
    def event(self) -> str:
        return EVENTS[self.state]


class Listener(Protocol):
    async def receive(self, login_id: str, happening: Happening) -> None: ...

    def connecting(self, running: Running) -> None:
        """Its session begins to run, for the first time or again."""

    async def over(self, running: Running) -> None:
        """The network takes its secrets no longer."""


@define(eq=False)
class Sessions:
    _ground: Ground
    _tell: Tell
    _running: dict[str, Running] = field(factory=dict)
    _listener: Listener | None = None
    _loaded: asyncio.Event = field(factory=asyncio.Event)

    async def start(self, listener: Listener) -> None:
        self._listener = listener
        for number, login in enumerate(await self._ground.db.write(places.logins)):
            self.begin(login, number / RESUMED_A_SECOND * random.uniform(0.5, 1))
        self._loaded.set()

    async def stop(self) -> None:
        tasks = [it.task for it in self._running.values() if it.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def begin(self, login: StoredLogin, after_s: float = 0.0) -> Running:
        """A login whose secrets are worth nothing any more is known, but not connected."""
        assert self._listener is not None
        if before := self._running.get(login.login_id):
            self._end(before)
        owner = partial(person, self._ground, login.user_id)
        ear = Ear(login.login_id, self._listener.receive, self._ground.db, owner)
        known = Login(login.login_id, login.name, login.secrets)
        session = self._ground.network.session(known, ear)
        can = session.capabilities
        pace = Paces(Pace(can.messages_per_s, can.burst))
        running = Running(login, session, ear.pulse, pace)
        self._running[login.login_id] = running
        if login.is_over:
            running.state = OVER
        else:
            running.task = asyncio.create_task(self._keep(running, after_s))
        return running

    async def end(self, login_id: str) -> None:
        """Forget the login and its secrets, and let the network forget it if it can."""
        if running := self._running.pop(login_id, None):
            if isinstance(running.session, abilities.LogsOut) and not running.is_over:
                await self._log_out(running.session)
            self._end(running)
        await self._ground.db.write(places.remove_login, login_id)

    async def _log_out(self, session: abilities.LogsOut) -> None:
        try:
            async with asyncio.timeout(LOGOUT_S):
                await session.logout()
        except (NetworkFailure, TimeoutError) as error:
            log.warning("The network does not log out: %s", type(error).__name__)

    def _end(self, running: Running) -> None:
        if running.task:
            running.task.cancel()

    async def running(self, login_id: str) -> Running | None:
        await self._loaded.wait()
        return self._running.get(login_id)

    def of_user(self, user_id: str) -> list[Running]:
        return [it for it in self._running.values() if it.login.user_id == user_id]

    def all(self) -> list[Running]:
        return list(self._running.values())

    def states(self) -> dict[str, str]:
        return {login_id: it.state for login_id, it in self._running.items()}

    async def _keep(self, running: Running, after_s: float) -> None:
        """Connect again after each end, waiting longer each time."""
        wait_s, now = FIRST_WAIT_S, asyncio.get_running_loop().time
        await asyncio.sleep(after_s)
        while True:
            begun, asked = now(), 0.0
            running.state = RUNNING
            if self._listener is not None:
                self._listener.connecting(running)
            try:
                await run_while_alive(running.session, running.pulse)
            except BadCredentials as error:
                await self._is_over(running, error)
                return
            except Fatal as error:
                running.state = BROKEN
                await self._tell(running.login.user_id, f"{running.login.name}: {error}")
                return
            except Transient as error:
                asked = error.after_s or 0.0
            except Exception:
                log.exception("A session ended with a mistake of ours")
            running.state = DISCONNECTED
            if now() - begun > STABLE_S:
                wait_s = FIRST_WAIT_S
            await asyncio.sleep(max(asked, wait_s * random.uniform(0.5, 1)))
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def lose(self, running: Running, error: BadCredentials) -> None:
        """The network has said so while somebody spoke."""
        if not running.is_over:
            self._end(running)
            await self._is_over(running, error)

    async def _is_over(self, running: Running, error: BadCredentials) -> None:
        running.state, login = OVER, running.login
        await self._ground.db.write(places.end_login, login.login_id)
        why = f"You are not logged in as {login.name} any more: {error}"
        if self._listener is not None:
            await self._listener.over(running)
        await self._tell(login.user_id, f"{why}\n{AGAIN}")
