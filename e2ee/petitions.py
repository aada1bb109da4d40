"""What our devices ask of one another, and what becomes of it. Spec: "Key requests", "Sharing"."""

from collections.abc import Iterator

from attrs import define

from e2ee.devices import Device
from e2ee.encoding import JsonObject, field
from e2ee.own_devices import OwnDevices
from e2ee.records import Records
from e2ee.sharing import Channels

MAX_ASKED = 1_000
"""Requests of one device of ours that wait at a time."""


@define
class Petitions:
    """Requests by messages of one `type`, kept until they can be answered."""

    type: str
    _kept: str
    _devices: OwnDevices
    _channels: Channels
    _records: Records

    def ask(self, device_ids: list[str], request_id: str, content: JsonObject) -> None:
        self._tell(device_ids, content | {"action": "request", "request_id": request_id})

    def call_off(self, device_ids: list[str], request_id: str) -> None:
        self._tell(device_ids, {"action": "request_cancellation", "request_id": request_id})

    def keep(self, device_id: str, request_id: str, wanted: JsonObject) -> None:
        if len(self._records.find(self._kept, f"{device_id} ")) < MAX_ASKED:
            asked = wanted | {"device_id": device_id, "id": request_id}
            self._records.put(self._kept, f"{device_id} {request_id}", asked)

    def receive(self, sender: str, content: JsonObject) -> tuple[str, str] | None:
        """Device and id of a request that another device of ours makes; others' are not for us."""
        device_id = field(content, "requesting_device_id", str)
        own = self._devices.own
        if sender != own.user_id or device_id == own.device_id:
            return None
        request_id = field(content, "request_id", str)
        if content.get("action") == "request_cancellation":
            self._records.remove(self._kept, f"{device_id} {request_id}")
        return (device_id, request_id) if content.get("action") == "request" else None

    def due(self, now_ms: int) -> Iterator[tuple[Device, JsonObject]]:
        """What can be answered now, once; a device that is not known yet waits."""
        for at, asked in self._records.find(self._kept).items():
            device = self._devices.lists.device(self._devices.own.user_id, asked["device_id"])
            if device is not None and not self._channels.claims.want([device], now_ms):
                self._records.remove(self._kept, at)
                yield device, asked

    def _tell(self, device_ids: list[str], content: JsonObject) -> None:
        own = self._devices.own
        message = content | {"requesting_device_id": own.device_id}
        messages = {(own.user_id, one): message for one in device_ids}
        self._channels.outgoing.send_to_devices(self.type, messages)
