"""Carries one transaction to one service, and counts what came of it."""

from collections.abc import Mapping

from attrs import frozen

from homeserver.appservices.calls import Calls, NotAccepted
from homeserver.appservices.meter import AppServiceMeter
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.logs import logger
from homeserver.storage.appservices import Pending
from homeserver.users.appservices import AppService

log = logger(__name__)


@frozen(eq=False)
class Courier:
    _calls: Calls
    meter: AppServiceMeter

    async def deliver(
        self, service: AppService, pending: Pending, counts: Mapping[str, int]
    ) -> bool:
        """Whether the service has taken it."""
        outcome = "ok"
        try:
            await self._calls.deliver(service, pending.txn_id, pending.body)
        except OutgoingError as error:
            outcome = "refused" if isinstance(error, NotAccepted) else "failed"
            log.info("the application service %s took nothing: %s", service.id, error)
        self.meter.transactions.labels(service.id, outcome).inc()
        if outcome == "ok":
            for kind, count in counts.items():
                self.meter.events.labels(service.id, kind).inc(count)
        return outcome == "ok"
