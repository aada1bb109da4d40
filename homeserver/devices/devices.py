"""The devices of our users. Spec: Client-Server API, "Device management"."""

from collections.abc import Callable, Collection

from attrs import evolve, frozen

from homeserver.clock import Clock
from homeserver.devices.last_seen import LastSeen
from homeserver.errors import InvalidParam, NotFound
from homeserver.storage import (
    cross_signing_keys,
    dehydrated_devices,
    device_keys,
    devices,
    one_time_keys,
    pushers,
    sessions,
    sliding_connections,
    to_device,
)
from homeserver.storage.database import Database
from homeserver.storage.devices import Device
from homeserver.storage.known_sessions import KnownSessions
from homeserver.storage.transaction import Transaction

__all__ = ["Device", "Devices", "check_device_id"]

MAX_DEVICES = 200
MAX_NAME = 100
MAX_ID = 255


@frozen
class Devices:
    """`appear` and `remove` are the only ways for a device to come and go.

    `_gone` is told the user and the device, once it is gone for good.
    """

    _db: Database
    _clock: Clock
    _known: KnownSessions
    last_seen: LastSeen
    _gone: Callable[[str, str], None]

    # -- in the transactions of others

    def appear(
        self, txn: Transaction, user_id: str, device_id: str, display_name: str | None
    ) -> bool:
        """Make sure that a device is there; whether it is new. The least used makes room."""
        if cross_signing_keys.is_public_key(txn, user_id, device_id):
            raise InvalidParam("A device cannot have the name of a cross-signing key.")
        name = display_name and cut_to_fit(display_name)
        if not devices.add(txn, user_id, device_id, name, self._clock.now_ms()):
            return False
        if superfluous := devices.least_recently_used(txn, user_id, MAX_DEVICES):
            self.remove(txn, user_id, [id for id in superfluous if id != device_id])
        devices.list_changed(txn, user_id)
        return True

    def remove(self, txn: Transaction, user_id: str, device_ids: Collection[str]) -> None:
        """Delete devices with all that is theirs: their logins end."""
        sessions.end(txn, user_id, device_ids)
        for device_id in device_ids:
            pushers.delete_of_device(txn, user_id, device_id)
            to_device.delete_upto(txn, user_id, device_id, txn.position)
            sliding_connections.delete_of_device(txn, user_id, device_id)
        _remove_keys(txn, user_id, device_ids)
        if devices.remove(txn, user_id, device_ids):
            devices.list_changed(txn, user_id)
        txn.after_commit(lambda: self._forget(user_id, device_ids))

    def remove_all(self, txn: Transaction, user_id: str, *, keep: str | None = None) -> None:
        device_ids = devices.ids_of_user(txn, user_id)
        sessions.end(txn, user_id, [sessions.NO_DEVICE])
        self.remove(txn, user_id, [device_id for device_id in device_ids if device_id != keep])

    def _forget(self, user_id: str, device_ids: Collection[str]) -> None:
        self._known.forget(user_id)
        for device_id in device_ids:
            self._gone(user_id, device_id)

    # -- what clients ask for

    async def of_user(self, user_id: str) -> list[Device]:
        found = await self._db.glance(devices.of_user, user_id)
        return [self._as_last_seen(user_id, device) for device in found]

    async def find(self, user_id: str, device_id: str) -> Device:
        found = None
        if is_possible_id(device_id):
            found = await self._db.glance(devices.find, user_id, device_id)
        if found is None:
            raise unknown_device()
        return self._as_last_seen(user_id, found)

    async def rename(self, user_id: str, device_id: str, display_name: str | None) -> None:
        """Without a new name nothing changes, but the device must be there."""
        if display_name is not None and len(display_name) > MAX_NAME:
            raise InvalidParam(f"The name of a device has {MAX_NAME} characters at most.")
        await self._db.write(self._rename, user_id, device_id, display_name)

    async def delete(self, user_id: str, device_ids: Collection[str]) -> None:
        """Those that are gone already are passed over."""
        await self._db.write(self._delete, user_id, frozenset(device_ids))

    async def rename_or_create(
        self, user_id: str, device_id: str, display_name: str | None
    ) -> bool:
        """For application services: whether the device is new."""
        check_device_id(device_id)
        return await self._db.write(self._rename_or_create, user_id, device_id, display_name)

    def _rename(
        self, txn: Transaction, user_id: str, device_id: str, display_name: str | None
    ) -> None:
        if not is_possible_id(device_id) or not devices.exists(txn, user_id, device_id):
            raise unknown_device()
        if display_name is not None:
            devices.rename(txn, user_id, device_id, cut_to_fit(display_name))
            devices.list_changed(txn, user_id)

    def _delete(self, txn: Transaction, user_id: str, device_ids: frozenset[str]) -> None:
        self.remove(txn, user_id, device_ids.intersection(devices.ids_of_user(txn, user_id)))

    def _rename_or_create(
        self, txn: Transaction, user_id: str, device_id: str, display_name: str | None
    ) -> bool:
        if self.appear(txn, user_id, device_id, display_name):
            return True
        self._rename(txn, user_id, device_id, display_name)
        return False

    def _as_last_seen(self, user_id: str, device: Device) -> Device:
        seen = self.last_seen.of(user_id, device.device_id)
        if seen is None:
            return device
        return evolve(
            device,
            last_seen_ts=seen.ts,
            last_seen_ip=seen.ip,
            last_seen_user_agent=seen.user_agent,
        )


def _remove_keys(txn: Transaction, user_id: str, device_ids: Collection[str]) -> None:
    if device_ids:
        device_keys.remove(txn, user_id, device_ids)
        one_time_keys.remove(txn, user_id, device_ids)
        cross_signing_keys.forget_devices(txn, user_id, device_ids)
        dehydrated_devices.remove(txn, user_id, device_ids)


def cut_to_fit(display_name: str) -> str:
    """Databases hold no NUL, and nobody reads long names."""
    return display_name.replace("\0", "")[:MAX_NAME]


def check_device_id(device_id: str) -> None:
    """Device ids are the client's to choose, within reason; raises InvalidParam."""
    if not is_possible_id(device_id):
        raise InvalidParam(f"A device id has 1 to {MAX_ID} printable characters.")


def is_possible_id(device_id: str) -> bool:
    return 0 < len(device_id) <= MAX_ID and device_id.isprintable()


def unknown_device() -> NotFound:
    return NotFound("You have no device of this id.")
