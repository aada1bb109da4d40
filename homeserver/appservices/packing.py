"""The body of a transaction. Spec: PUT /_matrix/app/v1/transactions/{txnId}; MSC4203, MSC3202."""

from collections.abc import Iterable
from itertools import islice

from attrs import frozen

from homeserver.appservices.interest import MEMBER, Interest
from homeserver.appservices.load import Beside, Load
from homeserver.clock import Clock
from homeserver.json_values import JsonObject, encode
from homeserver.rooms.previews import at_the_door
from homeserver.rooms.receipts import receipt_events
from homeserver.rooms.shown import show_to_service
from homeserver.rooms.typing import Typing
from homeserver.storage import (
    device_keys,
    devices,
    events,
    names,
    one_time_keys,
    receipts,
    to_device,
)
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import AppService
from homeserver.users.presence import Presence

MAX_EPHEMERAL = 100
MAX_MESSAGES = 100
MAX_COUNTED_USERS = 100

EPHEMERAL = ("ephemeral", "de.sorunome.msc2409.ephemeral")
TO_DEVICE = ("to_device", "de.sorunome.msc2409.to_device")
DEVICE_LISTS = ("device_lists", "org.matrix.msc3202.device_lists")
KEY_COUNTS = (
    "device_one_time_keys_count",
    "org.matrix.msc3202.device_one_time_keys_count",
    "org.matrix.msc3202.device_one_time_key_counts",
)
FALLBACK_TYPES = (
    "device_unused_fallback_key_types",
    "org.matrix.msc3202.device_unused_fallback_key_types",
)


@frozen
class Message:
    """To a device: at a position, as JSON."""

    user_id: str
    device_id: str
    position: int
    text: bytes


@frozen
class Parcel:
    """`taken` are the messages in it: user, device, and the position of the last one.

    `left` did not go in. `counts` say how much of what kind went in.
    """

    body: str
    taken: list[tuple[str, str, int]]
    left: Beside
    counts: dict[str, int]


@frozen(eq=False)
class Packing:
    _interest: Interest
    _typing: Typing
    _presence: Presence
    _clock: Clock

    def pack(self, txn: Transaction, service: AppService, load: Load) -> Parcel | None:
        """None if there is nothing to tell after all."""
        left = Beside()
        happened = self._events(txn, service, load)
        ephemeral = self._ephemeral(txn, service, load.beside, left)
        messages = self._messages(txn, load.beside, left)
        parts = {"events": happened}
        for name in EPHEMERAL if ephemeral else ():
            parts[name] = array(ephemeral)
        for name in TO_DEVICE if messages else ():
            parts[name] = array(message.text for message in messages)
        parts |= self._encryption(txn, service, load.beside, messages)
        if happened == b"[]" and len(parts) == 1:
            return None
        counts = {
            "event": len(load.items),
            "ephemeral": len(ephemeral),
            "to_device": len(messages),
        }
        newest = {(it.user_id, it.device_id): it.position for it in messages}
        return Parcel(
            _object(parts).decode(),
            [(user, device, position) for (user, device), position in newest.items()],
            left,
            counts,
        )

    def _events(self, txn: Transaction, service: AppService, load: Load) -> bytes:
        positions = [item.position for item in load.items]
        found = events.at_all(txn, positions)
        now_ms = self._clock.now_ms()
        return array(
            show_to_service(txn, found[it], now_ms, self._door(txn, service, found[it]))
            for it in positions
            if it in found
        )

    def _door(self, txn: Transaction, service: AppService, stored: Stored) -> JsonObject | None:
        """What the service's users may know of rooms they are invited to, or knock at."""
        event = stored.event
        if event.type != MEMBER or event.membership not in ("invite", "knock"):
            return None
        if service.id not in self._interest.of_user(event.state_key or ""):
            return None
        return {f"{event.membership}_room_state": at_the_door(txn, stored)}

    # -- what passes

    def _ephemeral(
        self, txn: Transaction, service: AppService, beside: Beside, left: Beside
    ) -> list[bytes]:
        found: list[JsonObject] = []
        for room_id in sorted(beside.typing):
            content = {"user_ids": list(self._typing.users(room_id))}
            found.append({"type": "m.typing", "room_id": room_id, "content": content})
        for room_id, after in beside.receipts.items():
            if len(found) < MAX_EPHEMERAL:
                found += self._receipts(txn, service, room_id, after)
            else:
                left.receipts[room_id] = after
        room_left = max(0, MAX_EPHEMERAL - len(found))
        online = list(islice(sorted(beside.presence), room_left))
        left.presence |= beside.presence.difference(online)
        found += self._presence.events(txn, online)
        return [encode(event) for event in found]

    def _receipts(
        self, txn: Transaction, service: AppService, room_id: str, after: int
    ) -> list[JsonObject]:
        """Private ones only of the service's own users."""
        room = names.find(txn, room_id)
        if room is None:
            return []
        moved = [
            receipt
            for receipt in receipts.all_between(txn, room, after, txn.position)
            if not receipt.is_private or service.id in self._interest.of_user(receipt.user_id)
        ]
        return [{**event, "room_id": room_id} for event in receipt_events(moved)]

    # -- encryption

    def _messages(self, txn: Transaction, beside: Beside, left: Beside) -> list[Message]:
        found: list[Message] = []
        for user_id, device_id in sorted(beside.messages):
            free = MAX_MESSAGES - len(found)
            waiting = to_device.waiting(txn, user_id, device_id, 0, txn.position, free + 1)
            found += [
                Message(user_id, device_id, position, addressed(user_id, device_id, message))
                for position, message in waiting[:free]
            ]
            if len(waiting) > free:
                left.messages.add((user_id, device_id))
        return found

    def _encryption(
        self, txn: Transaction, service: AppService, beside: Beside, messages: list[Message]
    ) -> dict[str, bytes]:
        if not service.receives_device_changes:
            return {}
        parts: dict[str, bytes] = {}
        if beside.changed or beside.left:
            lists = {"changed": sorted(beside.changed), "left": sorted(beside.left)}
            parts |= dict.fromkeys(DEVICE_LISTS, encode(lists))
        # `set` would lose the order: the sender's devices come first, whatever else is left out.
        users = dict.fromkeys([service.sender, *(message.user_id for message in messages)])
        counts, unused = key_counts(txn, islice(users, MAX_COUNTED_USERS))
        if counts and (messages or parts):
            parts |= dict.fromkeys(KEY_COUNTS, encode(counts))
            parts |= dict.fromkeys(FALLBACK_TYPES, encode(unused))
        return parts


def key_counts(txn: Transaction, users: Iterable[str]) -> tuple[JsonObject, JsonObject]:
    """One-time keys that are left, and types of unused fallback keys, by user and device."""
    left: JsonObject = {}
    unused: JsonObject = {}
    for user_id in users:
        known = device_keys.of_user(txn, user_id)
        for device_id in sorted(set(devices.ids_of_user(txn, user_id)) & known.keys()):
            counts = one_time_keys.counts(txn, user_id, device_id)
            waiting = {"signed_curve25519": 0, **counts.one_time}
            left.setdefault(user_id, {})[device_id] = waiting
            unused.setdefault(user_id, {})[device_id] = list(counts.unused_fallbacks)
    return left, unused


def addressed(user_id: str, device_id: str, message: object) -> bytes:
    text = encode(message)
    start = encode({"to_user_id": user_id, "to_device_id": device_id})
    return start[:-1] + b"," + text[1:]


def array(values: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(values) + b"]"


def _object(parts: dict[str, bytes]) -> bytes:
    return b"{" + b",".join(encode(name) + b":" + value for name, value in parts.items()) + b"}"
