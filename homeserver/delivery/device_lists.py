"""Tells other servers which devices our users have. Spec: Server-Server API, "Device Management".

What changed is found by comparing with what was told before, so that nothing is lost, and nothing
is told twice.
"""

from collections.abc import Sequence

from homeserver.changes import DeviceListChanged
from homeserver.clock import Clock
from homeserver.delivery.audience import MEMBER, Audience
from homeserver.delivery.follower import Batch, Follower
from homeserver.json_values import JsonObject, encode
from homeserver.logs import logger
from homeserver.notifier import Notifier
from homeserver.rooms.timeline import Appended
from homeserver.storage import (
    cross_signing_keys,
    device_keys,
    device_updates,
    devices,
    outgoing,
)
from homeserver.storage.database import Database
from homeserver.storage.device_updates import GONE, SIGNING_KEYS
from homeserver.storage.outgoing import Kind, News, ServerNames
from homeserver.storage.transaction import Transaction

SHOWN = ("master", "self_signing")
"""Cross-signing keys that others see."""

log = logger(__name__)


class DeviceListNews:
    def __init__(self, db: Database, clock: Clock, audience: Audience, notifier: Notifier) -> None:
        self._db = db
        self._audience = audience
        self._follower = Follower("device_lists", db, clock, _changed, self._tell)
        notifier.listen(DeviceListChanged, lambda _: self._follower.wake())
        notifier.listen(Appended, self._appended)

    async def start(self) -> None:
        await self._follower.start()

    def stop(self) -> None:
        self._follower.stop()

    async def _tell(self, user_ids: Sequence[str]) -> None:
        for user_id in user_ids:
            if self._audience.is_ours(user_id):
                servers = await self._db.read(self._audience.of_user, user_id)
                if servers:
                    await self._db.write(self._note, user_id, servers)

    def _note(self, txn: Transaction, user_id: str, servers: ServerNames) -> None:
        """Bring what is told up to date."""
        told = device_updates.told(txn, user_id)
        current = _current(txn, user_id, shows_names=self._audience.shows_device_names)
        for device_id in [*current, *(told.keys() - current.keys())]:
            content = current.get(device_id, GONE)
            if told.get(device_id, GONE) != content and (content or device_id):
                position = device_updates.add(txn, user_id, device_id, content)
                outgoing.add(txn, News(position, Kind.DEVICE, 0, position), servers)

    def _appended(self, change: Appended) -> None:
        """Somebody of ours came where other servers are, which may not know his devices."""
        event, head = change.stored.event, change.head
        if event.type != MEMBER or event.membership != "join" or self._audience.is_alone(head):
            return
        user_id = event.state_key or ""
        if self._audience.is_ours(user_id) and not change.former.is_joined(user_id):
            servers = self._audience.in_room(head)
            self._db.write(self._introduce, user_id, servers).addErrback(
                lambda failure: log.error("devices were not told: %s", failure.value)
            )

    def _introduce(self, txn: Transaction, user_id: str, servers: ServerNames) -> None:
        """Who has not seen what came before this update knows that it has to ask for the list."""
        before = device_updates.stream_id(txn, user_id)
        self._note(txn, user_id, servers)
        if before is not None and before == device_updates.stream_id(txn, user_id):
            news = News(txn.next_position(), Kind.DEVICE, 0, before)
            outgoing.add(txn, news, servers)


def _current(txn: Transaction, user_id: str, *, shows_names: bool) -> dict[str, str]:
    """What there is to tell, by device."""
    keys = device_keys.of_user(txn, user_id)
    found: dict[str, str] = {}
    for device in devices.of_user(txn, user_id):
        content: JsonObject = {}
        if shows_names and device.display_name is not None:
            content["device_display_name"] = device.display_name
        if device.device_id in keys:
            content["keys"] = keys[device.device_id]
        found[device.device_id] = encode(content).decode()
    of_usage = cross_signing_keys.of_user(txn, user_id)
    signing = {f"{name}_key": of_usage[name].key for name in SHOWN if name in of_usage}
    if signing:
        found[SIGNING_KEYS] = encode(signing).decode()
    return found


def _changed(txn: Transaction, after: int) -> Batch[str]:
    return Batch(devices.changed_lists(txn, after, txn.position), txn.position)
