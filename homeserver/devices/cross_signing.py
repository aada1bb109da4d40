"""The keys by which users vouch for their devices and for each other. Spec: "Cross-signing"."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from homeserver.clock import Clock
from homeserver.devices.keys import MASTER, SELF_SIGNING, USER_SIGNING
from homeserver.devices.public_keys import (
    InvalidSignature,
    check_key_object,
    check_signed,
    ed25519_id,
    is_public_key,
    is_signed,
    signatures_of,
    with_signatures,
    without_names,
)
from homeserver.errors import BadJson, Forbidden, InvalidParam, MissingParam
from homeserver.http.request import field
from homeserver.json_values import JsonObject
from homeserver.storage import accounts, cross_signing_keys, device_keys, devices
from homeserver.storage.cross_signing_keys import CrossSigningKey
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

USAGES = (MASTER, SELF_SIGNING, USER_SIGNING)

NewKeys = Mapping[str, CrossSigningKey]
"""By usage."""


class ProofNeeded(Exception):
    """Keys that are there already are replaced only by who proves to be their owner."""


@frozen
class CrossSigning:
    _db: Database
    _clock: Clock

    async def upload(self, user_id: str, keys: NewKeys, *, proved: bool) -> None:
        """Publish keys; raises ProofNeeded, and MatrixError for what is not in order.

        Keys that are there already change nothing. Spec: POST /keys/device_signing/upload.
        """
        await self._db.write(self._upload, user_id, keys, proved)

    def _upload(self, txn: Transaction, user_id: str, keys: NewKeys, proved: bool) -> None:
        old = cross_signing_keys.of_user(txn, user_id)
        changed = {
            usage: key
            for usage, key in keys.items()
            if usage not in old or old[usage].public_key != key.public_key
        }
        if not changed:
            return
        if MASTER in old and not proved and not self._may_replace(txn, user_id):
            raise ProofNeeded
        master = keys.get(MASTER) or old.get(MASTER)
        if master is None:
            raise MissingParam("There is no master key that could have signed these keys.")
        _check_names(txn, user_id, {**({} if MASTER in changed else old), **keys})
        checked = {
            usage: _checked(txn, user_id, usage, key, master) for usage, key in changed.items()
        }
        _forget_replaced(txn, user_id, old, changed)
        for usage, key in checked.items():
            cross_signing_keys.save(txn, user_id, usage, key)
        devices.list_changed(txn, user_id)

    def _may_replace(self, txn: Transaction, user_id: str) -> bool:
        """Whether an administrator lets the user do it without proof, for a while."""
        account = accounts.find(txn, user_id)
        until = account.keys_replaceable_until if account else None
        return until is not None and self._clock.now_ms() < until


def _checked(
    txn: Transaction, user_id: str, usage: str, new: CrossSigningKey, master: CrossSigningKey
) -> CrossSigningKey:
    """The key with those signatures that others may see."""
    given = signatures_of(new.key, user_id)
    if usage == MASTER:
        kept = _of_own_devices(txn, user_id, new, given)
    else:
        check_signed(new.key, user_id, master.public_key, master.public_key)
        kept = {master.id: given[master.id]}
    return CrossSigningKey(new.public_key, with_signatures(new.key, user_id, kept))


def _of_own_devices(
    txn: Transaction, user_id: str, master: CrossSigningKey, given: Mapping[str, str]
) -> dict[str, str]:
    kept: dict[str, str] = {}
    if not given:
        return kept
    for device_id, keys in device_keys.of_user(txn, user_id).items():
        id = ed25519_id(device_id)
        if id in given:
            if not is_signed(master.key, user_id, device_id, keys["keys"][id]):
                raise InvalidSignature(f"The signature of the device {device_id} is wrong.")
            kept[id] = given[id]
    return kept


def _check_names(txn: Transaction, user_id: str, keys: NewKeys) -> None:
    """Devices and keys are named in one namespace. Spec: "Key and signature security"."""
    names = {key.public_key for key in keys.values()}
    if len(names) < len(keys):
        raise InvalidParam("Each cross-signing key must be another one.")
    if names.intersection(devices.ids_of_user(txn, user_id)):
        raise Forbidden("One of the keys has the name of one of your devices.")


def _forget_replaced(txn: Transaction, user_id: str, old: NewKeys, changed: NewKeys) -> None:
    """With a key goes what it signed."""
    if MASTER in changed:
        cross_signing_keys.remove(txn, user_id)
    elif USER_SIGNING in changed:
        cross_signing_keys.forget_signatures_by(txn, user_id)
    if SELF_SIGNING in old and (SELF_SIGNING in changed or MASTER in changed):
        _strip_devices(txn, user_id, old[SELF_SIGNING])


def _strip_devices(txn: Transaction, user_id: str, signing: CrossSigningKey) -> None:
    for device_id, keys in device_keys.of_user(txn, user_id).items():
        signatures = signatures_of(keys, user_id)
        if signing.id in signatures:
            rest = without_names(signatures, {signing.public_key})
            device_keys.save(txn, user_id, device_id, with_signatures(keys, user_id, rest))


# -- what clients send


def read_keys(body: JsonObject, user_id: str) -> NewKeys:
    """The cross-signing keys of a request; who signed them is not checked yet."""
    found = {usage: field(body, f"{usage}_key", dict, None) for usage in USAGES}
    keys = {usage: read_key(key, usage, user_id) for usage, key in found.items() if key is not None}
    if not keys:
        raise MissingParam("There is no key in the request.")
    return keys


def read_key(key: JsonObject, usage: str, user_id: str) -> CrossSigningKey:
    if field(key, "user_id", str) != user_id:
        raise InvalidParam(f"'user_id' of the {usage} key is not yours.")
    usages: list[Any] = field(key, "usage", list)
    if usages != [usage]:
        raise InvalidParam(f"The usage of this key must be '{usage}', and nothing else.")
    field(key, "signatures", dict, {})
    check_key_object(key)
    keys: JsonObject = field(key, "keys", dict)
    if len(keys) != 1:
        raise InvalidParam("A cross-signing key has exactly one public key.")
    [(id, public_key)] = keys.items()
    if not isinstance(public_key, str):
        raise BadJson("A public key must be a string.")
    if not is_public_key(public_key) or id != ed25519_id(public_key):
        raise InvalidParam("A cross-signing key is an Ed25519 key, named by itself.")
    return CrossSigningKey(public_key, key)
