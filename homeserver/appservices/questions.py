"""Users and rooms that nobody has made yet: services are asked whether they would.

Spec: Application Service API, "Querying".
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable

from attrs import define, field

from homeserver.appservices.calls import ROOMS, USERS, Calls
from homeserver.clock import Clock
from homeserver.errors import MatrixError, NotFound
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.logs import logger
from homeserver.storage import accounts
from homeserver.storage.database import Database
from homeserver.users.appservices import AppService, AppServices

TRIES = 2
UNKNOWN_FOR_MS = 60_000
"""So long a service is not asked again for what it does not know: strangers can ask too."""
MAX_UNKNOWN = 10_000
MAX_AT_ONCE = 50
"""Questions to one service; what is more gets no answer."""

log = logger(__name__)


class NoAnswer(MatrixError):
    """The spec's answer to a client where the service says nothing."""

    status = 408


@define(eq=False)
class Questions:
    _services: AppServices
    _calls: Calls
    _db: Database
    _clock: Clock
    _unknown: OrderedDict[tuple[str, str], int] = field(factory=OrderedDict, init=False)
    _open: Counter[str] = field(factory=Counter, init=False)

    async def make_user(self, user_id: str, asking: str = "") -> None:
        """Let a service make its user. Raises NotFound if those that answer all say no.

        `asking` is the service that asks for the user itself: it knows whom it has made.
        """
        cares = [it for it in self._services.all if it.url and it.speaks_for(user_id)]
        if (
            not cares
            or any(it.id == asking for it in cares)
            or await self._db.glance(accounts.exists, user_id)
        ):
            return
        try:
            is_made = await self._ask(cares, USERS, user_id)
        except NoAnswer:
            # The user will be made when the service hears of what happened to it.
            return
        if not is_made:
            raise NotFound(f"There is no user {user_id} on this server.")

    async def make_room(self, alias: str) -> bool:
        """Let a service make a room of its; whether one has. Raises NoAnswer."""
        cares = [it for it in self._services.all if any(space.holds(alias) for space in it.aliases)]
        return await self._ask(cares, ROOMS, alias)

    async def _ask(self, services: Iterable[AppService], pattern: str, name: str) -> bool:
        is_silent = False
        for service in services:
            if service.url is None or self._is_unknown(service.id, name):
                continue
            knows = await self._knows(service, pattern, name)
            if knows:
                return True
            is_silent = is_silent or knows is None
        if is_silent:
            raise NoAnswer(f"The application service that may know {name} does not answer.")
        return False

    async def _knows(self, service: AppService, pattern: str, name: str) -> bool | None:
        """None if the service does not answer."""
        if self._open[service.id] >= MAX_AT_ONCE:
            return None
        self._open[service.id] += 1
        try:
            return await self._try(service, pattern, name)
        finally:
            self._open[service.id] -= 1

    async def _try(self, service: AppService, pattern: str, name: str) -> bool | None:
        for _ in range(TRIES):
            try:
                if await self._calls.knows(service, pattern, name):
                    return True
            except OutgoingError as error:
                log.info("the application service %s was asked in vain: %s", service.id, error)
            else:
                self._remember(service.id, name)
                return False
        return None

    def _is_unknown(self, service: str, name: str) -> bool:
        return self._unknown.get((service, name), 0) > self._clock.now_ms()

    def _remember(self, service: str, name: str) -> None:
        self._unknown[service, name] = self._clock.now_ms() + UNKNOWN_FOR_MS
        self._unknown.move_to_end((service, name))
        if len(self._unknown) > MAX_UNKNOWN:
            self._unknown.popitem(last=False)
