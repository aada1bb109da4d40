"""Devices and keys of our users, for other servers.

Spec: Server-Server API, "Device Management", "End-to-End Encryption".
"""

from collections.abc import Iterable

from attrs import frozen
from orjson import Fragment

from homeserver.devices.keys import MASTER, SELF_SIGNING, WantedDevices, of_users, read_wanted
from homeserver.devices.one_time_keys import OneTimeKeys, read_claims
from homeserver.errors import InvalidParam, NotFound
from homeserver.events.ids import domain_of
from homeserver.json_values import JsonObject
from homeserver.storage import cross_signing_keys, device_updates, published_keys
from homeserver.storage.database import Database
from homeserver.storage.published_keys import KnownDevice
from homeserver.storage.transaction import Transaction


@frozen
class DevicesForServers:
    """Signatures that our users made for their own eyes, and their user-signing keys, stay here."""

    _db: Database
    _server_name: str
    _one_time_keys: OneTimeKeys
    _shows_names: bool = True

    async def devices(self, user_id: str) -> JsonObject:
        """All of the user's devices that have keys; raises NotFound."""
        if domain_of(user_id) != self._server_name:
            raise NotFound("This user belongs to another server.")
        return await self._db.read(self._devices, user_id)

    async def query(self, body: JsonObject) -> JsonObject:
        wanted = read_wanted(body)
        self._check_ours(wanted)
        return await self._db.read(self._of_users, wanted)

    async def claim(self, body: JsonObject) -> JsonObject:
        wanted = read_claims(body)
        self._check_ours(wish.user_id for wish in wanted)
        return {"one_time_keys": await self._one_time_keys.claim_ours(wanted)}

    def _check_ours(self, user_ids: Iterable[str]) -> None:
        if any(domain_of(user_id) != self._server_name for user_id in user_ids):
            raise InvalidParam("A server is asked for the keys of its own users only.")

    def _of_users(self, txn: Transaction, wanted: WantedDevices) -> JsonObject:
        return of_users(txn, "", wanted, show_names=self._shows_names)

    def _devices(self, txn: Transaction, user_id: str) -> JsonObject:
        """The stream id is that of the newest update sent: what changed since will follow it."""
        found = published_keys.of_users(txn, [user_id])
        if user_id not in found:
            raise NotFound("There is no such user here.")
        answer: JsonObject = {
            "user_id": user_id,
            "stream_id": device_updates.stream_id(txn, user_id) or 0,
            "devices": [self._shown(device) for device in found[user_id].devices],
        }
        signing = cross_signing_keys.of_user(txn, user_id)
        for usage in (MASTER, SELF_SIGNING):
            if usage in signing:
                answer[f"{usage}_key"] = signing[usage].key
        return answer

    def _shown(self, device: KnownDevice) -> JsonObject:
        shown: JsonObject = {"device_id": device.device_id, "keys": Fragment(device.keys)}
        if self._shows_names and device.display_name is not None:
            shown["device_display_name"] = device.display_name
        return shown
