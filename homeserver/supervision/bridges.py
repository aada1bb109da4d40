"""All bridges beside this server: taken up, run and let go, as their folders come and go."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, DeferredLock, gatherResults
from twisted.internet.interfaces import IDelayedCall

from homeserver.appservices.roster import Roster
from homeserver.clock import Clock
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.supervision.child import Child
from homeserver.supervision.folders import Folder, folders
from homeserver.supervision.health import ASKED_EVERY_S, Health
from homeserver.supervision.meter import BridgeMeter
from homeserver.tasks import in_background
from homeserver.users.appservices import AppService, BadRegistration

log = logger(__name__)


@frozen
class Registered:
    """What the files of a folder say."""

    services: tuple[AppService, ...]
    config: bytes

    @property
    def url(self) -> str | None:
        return self.services[0].url


@define(eq=False)
class Kept:
    """`child` is None where others run the bridge."""

    folder: Folder
    registered: Registered
    child: Child | None
    health: Health | None

    def status(self) -> JsonObject:
        child, health = self.child, self.health
        status: JsonObject = {
            "name": self.folder.name,
            "id": self.registered.services[0].id,
            "url": self.registered.url,
            "state": child.state if child else "run by others",
        }
        if child:
            status |= {
                "pid": child.pid,
                "since_ms": child.since_ms,
                "starts": child.starts,
                "last_end": child.last_end,
                "last_words": child.last_words if child.state != "running" else "",
            }
        if health:
            status |= {"sessions": list(health.sessions), "unanswered": health.unanswered}
        return status


@frozen
class Workshop:
    """Reads registrations, and makes what runs a bridge."""

    read: Callable[[Path], AppService]
    new_child: Callable[[Folder], Child] | None
    new_health: Callable[[str], Health]
    meter: BridgeMeter


@define(eq=False)
class Bridges:
    directory: Path
    _roster: Roster
    _workshop: Workshop
    _clock: Clock
    _kept: dict[str, Kept] = field(factory=dict, init=False)
    _problems: dict[str, str] = field(factory=dict, init=False)
    _turn: DeferredLock = field(factory=DeferredLock, init=False)
    _is_open: bool = field(default=False, init=False)
    _asking: IDelayedCall | None = field(default=None, init=False)

    async def start(self) -> None:
        """Those that are there are known before the first request is answered."""
        await self.look()

    def begin(self) -> None:
        """Once the ports are open: bridges ask back."""
        self._is_open = True
        for kept in self._kept.values():
            self._begin(kept)
        self._ask_later()

    async def stop(self) -> None:
        self._is_open = False
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        await together(kept.child.stop() for kept in self._kept.values() if kept.child)

    async def look(self) -> None:
        """What is new is taken up, what has changed is started anew, what is gone is let go."""
        await self._turn.acquire()
        try:
            there = {folder.name: folder for folder in folders(self.directory)}
            self._problems = {}
            for name in [name for name in self._kept if name not in there]:
                await self._let_go(self._kept.pop(name))
            for folder in there.values():
                await self._take_up(folder)
        finally:
            self._turn.release()

    async def restart(self, name: str) -> None:
        """Raises KeyError."""
        kept = self._kept[name]
        if kept.child:
            await kept.child.stop()
            kept.child.start()

    def status(self) -> list[JsonObject]:
        broken: list[JsonObject] = [
            {"name": name, "state": "broken", "last_end": problem}
            for name, problem in self._problems.items()
        ]
        return [kept.status() for kept in self._kept.values()] + broken

    async def _take_up(self, folder: Folder) -> None:
        before = self._kept.get(folder.name)
        try:
            registered = self._read(folder)
            if before and before.registered == registered:
                return
            if before:
                await self._let_go(self._kept.pop(folder.name))
            for service in registered.services:
                await self._roster.take(service)
        except (BadRegistration, OSError) as error:
            log.error("A bridge is left out: %s", error)
            self._problems[folder.name] = str(error)
            return
        kept = self._kept[folder.name] = self._keep(folder, registered)
        if self._is_open:
            self._begin(kept)

    def _read(self, folder: Folder) -> Registered:
        paths = [folder.registration, *([folder.puppets] if folder.puppets.is_file() else [])]
        config = folder.config.read_bytes() if folder.config.is_file() else b""
        return Registered(tuple(map(self._workshop.read, paths)), config)

    def _keep(self, folder: Folder, registered: Registered) -> Kept:
        make, url = self._workshop.new_child, registered.url
        child = make(folder) if make and folder.config.is_file() else None
        if child:
            self._workshop.meter.watch(folder.name, lambda: child.state == "running")
        return Kept(folder, registered, child, self._workshop.new_health(url) if url else None)

    def _begin(self, kept: Kept) -> None:
        for service in kept.registered.services:
            self._roster.begin(service.id)
        if kept.child:
            kept.child.start()

    async def _let_go(self, kept: Kept) -> None:
        if kept.child:
            await kept.child.stop()
            self._workshop.meter.forget(kept.folder.name)
        for service in kept.registered.services:
            await self._roster.drop(service.id)

    # -- how they are

    def _ask_later(self) -> None:
        self._asking = self._clock.call_later(ASKED_EVERY_S, self._ask)

    def _ask(self) -> None:
        for kept in self._kept.values():
            if kept.child and kept.health:
                in_background(kept.health.ask(kept.child), log, "a bridge was not asked")
        self._ask_later()


async def together(work: Any) -> None:
    await gatherResults([Deferred.fromCoroutine(one) for one in work])
