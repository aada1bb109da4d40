"""Application services that come and go while the server runs."""

from collections.abc import Awaitable, Callable

from attrs import frozen

from homeserver.appservices.queue import Queue
from homeserver.appservices.queues import Queues
from homeserver.users.appservices import AppService, AppServices


@frozen(eq=False)
class Roster:
    """`welcome` makes sure that the users exist who speak for services."""

    _services: AppServices
    _queues: Queues
    _new_queue: Callable[[AppService], Queue]
    _welcome: Callable[[], Awaitable[None]]

    async def take(self, service: AppService) -> None:
        """A new one, or one that has changed; raises BadRegistration.

        It gets what happens from now on, or goes on where it stood, once it `begins`.
        """
        if self._services.find(service.id) == service:
            return
        self._services.take(service)
        await self._queues.remove(service.id)
        await self._welcome()
        if service.url is not None:
            await self._queues.add(self._new_queue(service))

    async def drop(self, id: str) -> None:
        """Its token opens nothing any more, and it is told nothing."""
        self._services.drop(id)
        await self._queues.remove(id)
        await self._welcome()

    def begin(self, id: str) -> None:
        """Once the server's ports are open: who gets something asks back."""
        if (queue := self._queues.find(id)) is not None:
            queue.begin()
