"""The device lists of other servers' users whom ours meet in rooms, kept true by what is told.

Spec: Server-Server API, "Device Management".
"""

from collections.abc import Collection

from attrs import frozen

from homeserver.devices.key_changes import counts
from homeserver.devices.keys import MASTER, SELF_SIGNING
from homeserver.devices.remote_lists import RemoteUser, SigningKeys, read_list
from homeserver.json_values import JsonObject
from homeserver.storage import cross_signing_keys, devices, remote_devices
from homeserver.storage.database import Database
from homeserver.storage.neighbours import shared_rooms, shares_room
from homeserver.storage.published_keys import KnownDevice
from homeserver.storage.remote_devices import HeldList
from homeserver.storage.transaction import Transaction

PORTION = 100


@frozen
class DeviceUpdate:
    """One device is different now. `device` is None if it is gone, or has no keys in order."""

    user_id: str
    device_id: str
    stream_id: int
    previous: Collection[int]
    device: KnownDevice | None


@frozen(eq=False)
class Tracking:
    server_name: str
    db: Database

    # -- what other servers tell

    async def update(self, told: DeviceUpdate) -> None:
        await self.db.write(self._update, told)

    async def change_signing_keys(self, user_id: str, keys: SigningKeys) -> None:
        await self.db.write(self._change_signing_keys, user_id, keys)

    async def store(
        self, user_id: str, told: RemoteUser, since: int, base: int | None = None
    ) -> None:
        """A whole list, as it was when the user's list had changed last at `since`."""
        await self.db.write(self.keep, user_id, told, since, base)

    async def read_list(self, user_id: str, answer: JsonObject) -> tuple[RemoteUser, int]:
        """Away from the reactor's thread, as there may be many signatures; raises ValueError."""
        return await self.db.read(_read_list, user_id, answer)

    async def forget(self, user_id: str) -> None:
        await self.db.write(remote_devices.forget, user_id)

    def keep(
        self, txn: Transaction, user_id: str, told: RemoteUser, since: int, base: int | None
    ) -> None:
        if not shares_room(txn, self.server_name, user_id):
            return
        # What was told meanwhile may be newer than the list.
        is_old = devices.list_position(txn, user_id) > since
        was_held = remote_devices.find(txn, user_id) is not None
        if replace_list(txn, user_id, told) and was_held:
            devices.list_changed(txn, user_id)
        remote_devices.save(txn, user_id, HeldList(base))
        if is_old:
            remote_devices.lose(txn, user_id)

    def _update(self, txn: Transaction, told: DeviceUpdate) -> None:
        user_id = told.user_id
        if not shares_room(txn, self.server_name, user_id):
            remote_devices.forget(txn, user_id)
            return
        held = remote_devices.find(txn, user_id)
        if held is None or held.is_stale:
            devices.list_changed(txn, user_id)
            if held is None and self._matters(txn, user_id):
                remote_devices.save(txn, user_id, HeldList(None, is_stale=True))
                remote_devices.lose(txn, user_id)
        elif held.holds(told.stream_id):
            return
        elif held.continues(told.previous):
            remote_devices.save(txn, user_id, held.after(told.stream_id))
            if replace_device(txn, user_id, told.device_id, told.device):
                devices.list_changed(txn, user_id)
        else:
            remote_devices.lose(txn, user_id)
            devices.list_changed(txn, user_id)

    def _matters(self, txn: Transaction, user_id: str) -> bool:
        """Whether somebody here will soon ask for the user's keys."""
        return any(map(counts, shared_rooms(txn, self.server_name, user_id)))

    def _change_signing_keys(self, txn: Transaction, user_id: str, keys: SigningKeys) -> None:
        if not shares_room(txn, self.server_name, user_id):
            return
        held = remote_devices.find(txn, user_id)
        if held is not None and not held.is_stale:
            if not keys:
                remote_devices.lose(txn, user_id)
            elif not replace_signing_keys(txn, user_id, keys):
                return
        devices.list_changed(txn, user_id)

    # -- who comes and goes

    async def went(self, user_id: str) -> None:
        """Somebody left a room: perhaps the last one with users of ours, and is told of no more."""
        if await self.db.glance(remote_devices.find, user_id) is not None:
            await self.db.write(self._let_go, [user_id])

    async def room_left(self, room_id: str) -> None:
        """The last of our users left a room."""
        held = await self.db.read(remote_devices.in_room, room_id)
        for start in range(0, len(held), PORTION):
            await self.db.write(self._let_go, held[start : start + PORTION])

    async def came(self, user_id: str, room_id: str) -> None:
        """Somebody joined a room: if it is the only one, what is held from before may be old."""
        if await self.db.glance(remote_devices.find, user_id) is not None:
            await self.db.write(self._doubt, [user_id], room_id)

    async def room_entered(self, room_id: str) -> None:
        held = await self.db.read(remote_devices.in_room, room_id)
        for start in range(0, len(held), PORTION):
            await self.db.write(self._doubt, held[start : start + PORTION], room_id)

    def _let_go(self, txn: Transaction, user_ids: Collection[str]) -> None:
        for user_id in user_ids:
            if not shares_room(txn, self.server_name, user_id):
                remote_devices.forget(txn, user_id)

    def _doubt(self, txn: Transaction, user_ids: Collection[str], room_id: str) -> None:
        for user_id in user_ids:
            if not shares_room(txn, self.server_name, user_id, besides=room_id):
                remote_devices.lose(txn, user_id)


def _read_list(_: Transaction, user_id: str, answer: JsonObject) -> tuple[RemoteUser, int]:
    return read_list(user_id, answer)


# -- replacing what is held; each says whether anything is different now


def replace_list(txn: Transaction, user_id: str, told: RemoteUser) -> bool:
    former = {device.device_id for device in remote_devices.devices_of(txn, [user_id])[user_id]}
    changed = False
    for device in told.devices:
        former.discard(device.device_id)
        changed |= replace_device(txn, user_id, device.device_id, device)
    for device_id in former:
        changed |= replace_device(txn, user_id, device_id, None)
    return replace_signing_keys(txn, user_id, told.signing, is_all=True) or changed


def replace_device(
    txn: Transaction, user_id: str, device_id: str, device: KnownDevice | None
) -> bool:
    former = remote_devices.device(txn, user_id, device_id)
    if former == device:
        return False
    if device is None:
        remote_devices.remove_device(txn, user_id, device_id)
    else:
        remote_devices.save_device(txn, user_id, device)
    return True


def replace_signing_keys(
    txn: Transaction, user_id: str, keys: SigningKeys, *, is_all: bool = False
) -> bool:
    """Those that are not told stay, unless these are all."""
    old = cross_signing_keys.of_user(txn, user_id)
    new_master = keys.get(MASTER)
    if MASTER in old and (
        (new_master is None and is_all)
        or (new_master is not None and new_master.public_key != old[MASTER].public_key)
    ):
        # What others signed of him, and what the key signed, has lost its meaning.
        cross_signing_keys.remove(txn, user_id)
        old = {}
        changed = True
    else:
        changed = False
    for usage in (MASTER, SELF_SIGNING):
        if usage in keys and old.get(usage) != keys[usage]:
            cross_signing_keys.save(txn, user_id, usage, keys[usage])
            changed = True
    return changed
