"""The keys of devices: uploaded by their owners, asked for by everybody.

Spec: Client-Server API, "Key management API".
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

import orjson
from attrs import frozen
from orjson import Fragment

from homeserver.devices import one_time_keys
from homeserver.devices.one_time_keys import unreachable
from homeserver.devices.public_keys import (
    InvalidSignature,
    content_of,
    ed25519_id,
    is_signed,
    signatures_of,
    with_signatures,
)
from homeserver.devices.uploads import Upload, read_upload
from homeserver.errors import BadJson, Forbidden, InvalidParam, TooLarge
from homeserver.events.ids import domain_of, is_user_id
from homeserver.http.request import field
from homeserver.json_values import JsonObject, encode
from homeserver.storage import cross_signing_keys, device_keys, devices, published_keys
from homeserver.storage import one_time_keys as waiting_keys
from homeserver.storage.cross_signing_keys import CrossSigningKey
from homeserver.storage.database import Database
from homeserver.storage.one_time_keys import KeyCounts
from homeserver.storage.published_keys import KnownDevice, Published
from homeserver.storage.transaction import Transaction

MASTER, SELF_SIGNING, USER_SIGNING = "master", "self_signing", "user_signing"
MAX_USERS = 5_000
"""Whose keys one request may ask for."""

FEW = 100
"""Users whose keys memory most likely has, or the database at once."""

SHORTEST_MS, PATIENCE_MS = 1_000, 10_000
"""How long other servers are waited for."""

WantedDevices = Mapping[str, Collection[str]]
"""Device ids by user; none stand for all."""


class KeysElsewhere(Protocol):
    async def query(self, asker: str, wanted: WantedDevices, seconds: float) -> JsonObject:
        """Keys of other servers' users, with the `failures` of those that did not answer."""


@frozen
class Keys:
    """`_elsewhere` is None while the server has no federation."""

    _db: Database
    _server_name: str
    _elsewhere: KeysElsewhere | None = None

    async def upload(self, user_id: str, device_id: str, body: JsonObject) -> KeyCounts:
        """Publish keys of a device; how many one-time keys it has now."""
        if not device_id:
            raise InvalidParam("Keys belong to a device, and this session has none.")
        upload = read_upload(body, user_id, device_id)
        if upload.is_empty:
            return await self._db.glance(waiting_keys.counts, user_id, device_id)
        known = upload.device_keys or await self._db.glance(published_of, user_id, device_id)
        upload.check_signatures(user_id, device_id, known)
        return await self._db.write(self._upload, user_id, device_id, upload)

    async def query(self, asker: str, body: JsonObject) -> JsonObject:
        """Keys of devices and cross-signing keys, as far as the asker may see them."""
        wanted = read_wanted(body)
        ours = {user: ids for user, ids in wanted.items() if domain_of(user) == self._server_name}
        theirs = {user: ids for user, ids in wanted.items() if user not in ours}
        look = self._db.glance if len(ours) <= FEW else self._db.read
        found = await look(of_users, asker, ours)
        told: JsonObject = {"failures": {}}
        if theirs and self._elsewhere is not None:
            told = await self._elsewhere.query(asker, theirs, read_seconds(body))
        elif theirs:
            servers = sorted(set(map(domain_of, theirs)))
            told = {"failures": {server: unreachable() for server in servers}}
        return {name: {**found.get(name, {}), **told.get(name, {})} for name in {**found, **told}}

    def _upload(self, txn: Transaction, user_id: str, device_id: str, upload: Upload) -> KeyCounts:
        if not devices.exists(txn, user_id, device_id):
            raise Forbidden("This device has been deleted.")
        store(txn, user_id, device_id, upload)
        return waiting_keys.counts(txn, user_id, device_id)


# -- what devices upload


def published_of(txn: Transaction, user_id: str, device_id: str) -> JsonObject | None:
    """The keys of a device of ours; without SQL for those who upload again and again."""
    published = published_keys.of_users(txn, (user_id,)).get(user_id, Published())
    for device in published.devices:
        if device.device_id == device_id:
            keys: JsonObject = orjson.loads(device.keys)
            return keys
    return None


def store(txn: Transaction, user_id: str, device_id: str, upload: Upload) -> None:
    """The keys of a device that is there; raises MatrixError."""
    if upload.device_keys is not None:
        store_device_keys(txn, user_id, device_id, upload.device_keys)
    one_time_keys.store(txn, user_id, device_id, upload.one_time_keys)
    one_time_keys.store_fallbacks(txn, user_id, device_id, upload.fallback_keys)


def store_device_keys(txn: Transaction, user_id: str, device_id: str, uploaded: JsonObject) -> None:
    """Others hear of it only if something is different."""
    old = device_keys.find(txn, user_id, device_id)
    signatures = _signatures_to_keep(txn, user_id, device_id, uploaded)
    if old is not None and content_of(old) == content_of(uploaded):
        signatures = {**signatures_of(old, user_id), **signatures}
    new = with_signatures(uploaded, user_id, signatures)
    if new == old:
        return
    id = ed25519_id(device_id)
    if old is not None and old["keys"].get(id) != new["keys"].get(id):
        # Nobody would trust keys that are signed by one that is gone.
        waiting_keys.discard_all(txn, user_id, [device_id])
        cross_signing_keys.forget_devices(txn, user_id, [device_id])
    device_keys.save(txn, user_id, device_id, new)
    devices.list_changed(txn, user_id)


def _signatures_to_keep(
    txn: Transaction, user_id: str, device_id: str, uploaded: JsonObject
) -> dict[str, str]:
    """Those of the device itself and of the self-signing key: others are of no use to anybody."""
    given = signatures_of(uploaded, user_id)
    own = ed25519_id(device_id)
    kept = {own: given[own]}
    if len(given) > 1:
        signing = cross_signing_keys.find(txn, user_id, SELF_SIGNING)
        if signing is not None and signing.id in given:
            if not is_signed(uploaded, user_id, signing.public_key, signing.public_key):
                raise InvalidSignature("The signature of the self-signing key is wrong.")
            kept[signing.id] = given[signing.id]
    return kept


# -- what others ask for


def read_wanted(body: JsonObject) -> WantedDevices:
    """The `device_keys` of a request for keys."""
    wanted: dict[str, list[str]] = field(body, "device_keys", dict)
    for user_id, device_ids in wanted.items():
        if not is_user_id(user_id):
            raise InvalidParam("The keys of 'device_keys' must be user ids.")
        if not isinstance(device_ids, list) or not all(isinstance(id, str) for id in device_ids):
            raise BadJson("'device_keys' must hold an array of device ids for each user.")
    if len(wanted) > MAX_USERS:
        raise TooLarge(f"One request may ask for the keys of {MAX_USERS} users.")
    return wanted


def read_seconds(body: JsonObject) -> float:
    """How long a client lets us wait for other servers: its `timeout`, within our bounds."""
    timeout_ms: int = field(body, "timeout", int, PATIENCE_MS)
    return min(max(timeout_ms, SHORTEST_MS), PATIENCE_MS) / 1000


def of_users(
    txn: Transaction, asker: str, wanted: WantedDevices, *, show_names: bool = True
) -> JsonObject:
    """Keys of our users. `asker` is empty for another server, which gets no private signatures."""
    answer: JsonObject = {"device_keys": {}, "master_keys": {}, "self_signing_keys": {}}
    published = published_keys.of_users(txn, wanted)
    for user_id, keys in published.items():
        ids = wanted[user_id]
        answer["device_keys"][user_id] = (
            chosen(keys.devices, ids, show_names) if ids else everything(keys, show_names)
        )
    signing = (
        (user_id, usage, text)
        for user_id, keys in published.items()
        for usage, text in keys.signing.items()
    )
    add_signing_keys(txn, asker, signing, answer)
    return answer


def add_signing_keys(
    txn: Transaction, asker: str, keys: Iterable[tuple[str, str, str]], answer: JsonObject
) -> None:
    """Cross-signing keys (user, usage and JSON), as far as the asker may see them, with what he
    signed himself.
    """
    signed = cross_signing_keys.signatures_by(txn, asker) if asker else {}
    for user_id, usage, text in keys:
        if usage != USER_SIGNING or user_id == asker:
            answer.setdefault(f"{usage}_keys", {})[user_id] = Fragment(text)
            made = signed.get(user_id) if usage == MASTER else None
            if made is not None:
                key = CrossSigningKey("", orjson.loads(text)).key
                key.setdefault("signatures", {})[asker] = {made.key_id: made.signature}
                answer["master_keys"][user_id] = key


def everything(published: Published, show_names: bool) -> Fragment:
    """All devices of a user, rendered once for everybody who asks."""
    found = published.rendered.get(show_names)
    if found is None:
        found = Fragment(encode(chosen(published.devices, (), show_names)))
        published.rendered[show_names] = found
    return found


def chosen(
    known: Collection[KnownDevice], device_ids: Collection[str], show_names: bool = True
) -> JsonObject:
    """The keys of these devices, or of all."""
    wanted = set(device_ids)
    return {
        device.device_id: shown(device, show_names)
        for device in known
        if not wanted or device.device_id in wanted
    }


def shown(device: KnownDevice, show_name: bool) -> Fragment:
    """The keys as they were uploaded, with the device's name added to their JSON text."""
    if not show_name or device.display_name is None:
        return Fragment(device.keys)
    unsigned = encode({"device_display_name": device.display_name}).decode()
    return Fragment(f'{device.keys[:-1]},"unsigned":{unsigned}}}')
