"""Carries one transaction to one server. Spec: PUT /_matrix/federation/v1/send/{txnId}."""

from attrs import frozen

from homeserver.delivery.destination import Destination
from homeserver.delivery.meter import DeliveryMeter
from homeserver.delivery.packing import Packing, Parcel
from homeserver.http.client import Limits
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.peers.errors import PeerError, RemoteError
from homeserver.peers.servers import Peers, path_of
from homeserver.storage import outgoing_to_device
from homeserver.storage.database import Database

LIMITS = Limits(seconds=60.0, size=1024 * 1024)

log = logger(__name__)


@frozen(eq=False)
class Courier:
    _db: Database
    _peers: Peers
    _packing: Packing
    meter: DeliveryMeter

    async def deliver(self, destination: Destination) -> None:
        """Carry what was taken from the queue; raises PeerError if it was not accepted."""
        if destination.load is None:
            return
        server = destination.name
        parcel = await self._db.glance(self._packing.pack, server, destination.load)
        if parcel is None:
            return
        answer = await self._send(server, parcel)
        self._note_refused(server, answer)
        if parcel.messages_upto is not None:
            await self._db.write(outgoing_to_device.delete_upto, server, parcel.messages_upto)
        if parcel.has_more_messages:
            destination.has_messages = True

    def discard_message(self, destination: Destination) -> None:
        """Drop the message to a device that comes next."""
        destination.has_messages = True
        dropped = self._db.write(outgoing_to_device.delete_first, destination.name)
        dropped.addErrback(lambda failure: log.error("no message was dropped: %s", failure.value))

    async def _send(self, server: str, parcel: Parcel) -> JsonObject:
        meter = self.meter
        path = path_of("/_matrix/federation/v1/send/{}", parcel.txn_id)
        try:
            answer = await self._peers.request(server, "PUT", path, body=parcel.body, limits=LIMITS)
        except PeerError as error:
            outcome = "refused" if isinstance(error, RemoteError) else "failed"
            meter.transactions.labels(outcome).inc()
            raise
        meter.transactions.labels("ok").inc()
        meter.pdus.inc(parcel.pdus)
        meter.edus.inc(parcel.edus)
        return answer

    def _note_refused(self, server: str, answer: JsonObject) -> None:
        results = answer.get("pdus")
        if not isinstance(results, dict):
            return
        refused = [id for id, it in results.items() if isinstance(it, dict) and "error" in it]
        if refused:
            self.meter.refused_pdus.inc(len(refused))
            log.info("%s refused %d events, first %s", server, len(refused), refused[0][:100])
