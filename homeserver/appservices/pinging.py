"""Whether this server reaches a service. Spec: Application Service API, "Pinging"."""

from attrs import frozen

from homeserver.appservices.calls import Calls
from homeserver.appservices.queues import Queues
from homeserver.clock import Clock
from homeserver.errors import Forbidden, MatrixError
from homeserver.http.client import Answer
from homeserver.http.outgoing_errors import OutgoingError, TimedOut
from homeserver.users.appservices import AppService, AppServices

SHOWN = 4096
"""Characters of a wrong answer that the service is told."""


class BadStatus(MatrixError):
    status = 502
    errcode = "M_BAD_STATUS"

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"The application service answered with status {answer.status}.")
        shown = answer.body[:SHOWN].decode("utf-8", "replace")
        self.extra = {"status": answer.status, "body": shown}


@frozen(eq=False)
class Pinging:
    _services: AppServices
    _calls: Calls
    _queues: Queues
    _clock: Clock

    async def ping(self, asking: str, id: str, txn_id: str | None) -> int:
        """How many milliseconds it took."""
        service = self._services.find(asking)
        if service is None or service.id != id:
            raise Forbidden("Only the application service itself may ask for this.")
        if service.url is None:
            raise MatrixError(
                "The registration of the application service has no `url`.",
                errcode="M_URL_NOT_SET",
            )
        began_ms = self._clock.now_ms()
        await self._ask(service, txn_id)
        if (queue := self._queues.find(service.id)) is not None:
            queue.try_now()
        return self._clock.now_ms() - began_ms

    async def _ask(self, service: AppService, txn_id: str | None) -> None:
        try:
            answer = await self._calls.ping(service, txn_id)
        except TimedOut as error:
            raise MatrixError(str(error), errcode="M_CONNECTION_TIMEOUT", status=504) from None
        except OutgoingError as error:
            raise MatrixError(str(error), errcode="M_CONNECTION_FAILED", status=502) from None
        if not 200 <= answer.status < 300:
            raise BadStatus(answer)
