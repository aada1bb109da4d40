"""Devices that sleep on the server, and collect messages for whoever logs in next (MSC3814)."""

from typing import Any

from attrs import frozen

from homeserver.devices import keys
from homeserver.devices.devices import Devices
from homeserver.devices.uploads import Upload, read_upload
from homeserver.errors import Forbidden, InvalidParam, MissingParam, NotFound, TooLarge
from homeserver.http.request import field
from homeserver.json_values import JsonObject, encode
from homeserver.storage import dehydrated_devices, to_device
from homeserver.storage.database import Database
from homeserver.storage.dehydrated_devices import DehydratedDevice
from homeserver.storage.transaction import Transaction

MAX_DATA_BYTES = 256 * 1024


@frozen
class Messages:
    """Messages to a device, and the place behind them; `more` if others wait there."""

    events: list[Any]
    upto: int
    more: bool


@frozen
class DehydratedDevices:
    """At most one for each user. It is a device like others, but nobody logs in to it."""

    _db: Database
    _devices: Devices

    async def put(self, user_id: str, body: JsonObject) -> str:
        """Let a device sleep in place of the one before; its id."""
        device_id: str = field(body, "device_id", str)
        data: JsonObject = field(body, "device_data", dict)
        if len(encode(data)) > MAX_DATA_BYTES:
            raise TooLarge(f"A dehydrated device may take {MAX_DATA_BYTES} bytes.")
        display_name: str | None = field(body, "initial_device_display_name", str, None)
        upload = read_upload(body, user_id, device_id)
        if upload.device_keys is None:
            raise MissingParam("'device_keys' is missing.")
        upload.check_signatures(user_id, device_id, upload.device_keys)
        device = DehydratedDevice(device_id, data)
        await self._db.write(self._put, user_id, device, display_name, upload)
        return device_id

    async def find(self, user_id: str) -> DehydratedDevice:
        device = await self._db.glance(dehydrated_devices.find, user_id)
        if device is None:
            raise unknown()
        return device

    async def delete(self, user_id: str) -> str:
        """Its id."""
        return await self._db.write(self._delete, user_id)

    async def messages(self, user_id: str, device_id: str, after: int, limit: int) -> Messages:
        """What waits for the device. It stays there: to be awake takes more than one try."""
        return await self._db.read(_messages, user_id, device_id, after, limit)

    def _put(
        self,
        txn: Transaction,
        user_id: str,
        device: DehydratedDevice,
        display_name: str | None,
        upload: Upload,
    ) -> None:
        old = dehydrated_devices.find(txn, user_id)
        if old is not None:
            self._devices.remove(txn, user_id, [old.device_id])
        if not self._devices.appear(txn, user_id, device.device_id, display_name):
            raise InvalidParam("You have another device of this id.")
        dehydrated_devices.save(txn, user_id, device)
        keys.store(txn, user_id, device.device_id, upload)

    def _delete(self, txn: Transaction, user_id: str) -> str:
        old = dehydrated_devices.find(txn, user_id)
        if old is None:
            raise unknown()
        self._devices.remove(txn, user_id, [old.device_id])
        return old.device_id


def _messages(txn: Transaction, user_id: str, device_id: str, after: int, limit: int) -> Messages:
    device = dehydrated_devices.find(txn, user_id)
    if device is None or device.device_id != device_id:
        raise Forbidden("This is not your dehydrated device.")
    found = to_device.waiting(txn, user_id, device_id, after, txn.position, limit + 1)
    more = len(found) > limit
    found = found[:limit]
    upto = found[-1][0] if found else after
    return Messages([message for _, message in found], upto, more)


def unknown() -> NotFound:
    return NotFound("You have no dehydrated device.")
