"""Signatures on keys that are there already. Spec: POST /keys/signatures/upload."""

from collections.abc import Mapping

from attrs import frozen

from homeserver.devices.keys import MASTER, SELF_SIGNING, USER_SIGNING
from homeserver.devices.public_keys import (
    InvalidSignature,
    check_key_object,
    content_of,
    ed25519_id,
    is_signed,
    signatures_of,
    with_signatures,
)
from homeserver.errors import BadJson, InvalidParam, MatrixError, NotFound, TooLarge
from homeserver.events.ids import is_user_id
from homeserver.json_values import JsonObject
from homeserver.storage import cross_signing_keys, device_keys, devices
from homeserver.storage.cross_signing_keys import CrossSigningKey, UserSignature
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

MAX_KEYS = 500
"""In one request."""

Signed = Mapping[str, Mapping[str, JsonObject]]
"""Keys with new signatures, by user and then by device id or public key."""


@frozen
class Signatures:
    _db: Database

    async def upload(self, user_id: str, body: JsonObject) -> JsonObject:
        """Add a user's signatures; what is wrong with those that could not be added."""
        return await self._db.write(self._upload, user_id, read_signed(body))

    def _upload(self, txn: Transaction, signer: str, signed: Signed) -> JsonObject:
        failures: JsonObject = {}
        changed = False
        for user_id, by_name in signed.items():
            for name, key in by_name.items():
                try:
                    changed |= self._add(txn, signer, user_id, name, key)
                except MatrixError as problem:
                    failures.setdefault(user_id, {})[name] = problem.body()
        if changed:
            devices.list_changed(txn, signer)
        return failures

    def _add(self, txn: Transaction, signer: str, user_id: str, name: str, key: JsonObject) -> bool:
        """Whether others see another key of the signer now."""
        check_key_object(key)
        if user_id != signer:
            sign_user(txn, signer, user_id, name, key)
            return False
        keys = device_keys.find(txn, signer, name)
        if keys is not None:
            return sign_device(txn, signer, name, keys, key)
        return sign_own_master(txn, signer, name, key)


def sign_device(
    txn: Transaction, user_id: str, device_id: str, keys: JsonObject, signed: JsonObject
) -> bool:
    """By the self-signing key."""
    check_same(keys, signed)
    signing = cross_signing_keys.find(txn, user_id, SELF_SIGNING)
    text = signature_by(signing, user_id, signed)
    assert signing is not None
    old = signatures_of(keys, user_id)
    if old.get(signing.id) == text:
        return False
    new = with_signatures(keys, user_id, {**old, signing.id: text})
    device_keys.save(txn, user_id, device_id, new)
    return True


def sign_own_master(txn: Transaction, user_id: str, name: str, signed: JsonObject) -> bool:
    """By devices of the same user."""
    master = cross_signing_keys.find(txn, user_id, MASTER)
    if master is None or master.public_key != name:
        raise NotFound("You have no device, and no master key, of this name.")
    check_same(master.key, signed)
    by_devices = _made_by_devices(txn, user_id, signed)
    old = signatures_of(master.key, user_id)
    new = {**old, **by_devices}
    if new == old:
        return False
    key = with_signatures(master.key, user_id, new)
    cross_signing_keys.save(txn, user_id, MASTER, CrossSigningKey(name, key))
    return True


def sign_user(txn: Transaction, signer: str, user_id: str, name: str, signed: JsonObject) -> None:
    """By the user-signing key of somebody else, and visible to nobody else."""
    master = cross_signing_keys.find(txn, user_id, MASTER)
    if master is None or master.public_key != name:
        raise NotFound("This user has no such master key.")
    check_same(master.key, signed)
    signing = cross_signing_keys.find(txn, signer, USER_SIGNING)
    text = signature_by(signing, signer, signed)
    assert signing is not None
    made = UserSignature(signing.id, text)
    if cross_signing_keys.signatures_by(txn, signer).get(user_id) != made:
        cross_signing_keys.sign(txn, signer, user_id, made)


def signature_by(signing: CrossSigningKey | None, signer: str, signed: JsonObject) -> str:
    """The signature by this key, which must be there and right."""
    if signing is None:
        raise NotFound("You have no cross-signing key that could have signed this.")
    public_key = signing.public_key
    if not is_signed(signed, signer, public_key, public_key):
        raise InvalidSignature("This is not signed by your key for it, or not rightly.")
    return signatures_of(signed, signer)[signing.id]


def check_same(known: JsonObject, signed: JsonObject) -> None:
    if content_of(known) != content_of(signed):
        raise InvalidParam("What was signed is not the key that is published.")


def read_signed(body: JsonObject) -> Signed:
    for user_id, by_name in body.items():
        if not is_user_id(user_id):
            raise InvalidParam("The keys of the request must be user ids.")
        if not isinstance(by_name, dict):
            raise BadJson("The request must hold an object of keys for each user.")
        for name, key in by_name.items():
            if not isinstance(key, dict) or "\0" in name:
                raise BadJson("A signed key must be an object.")
    if sum(map(len, body.values())) > MAX_KEYS:
        raise TooLarge(f"One request may sign {MAX_KEYS} keys.")
    return body


def _made_by_devices(txn: Transaction, user_id: str, signed: JsonObject) -> dict[str, str]:
    """At least one, and none of them wrong."""
    given = signatures_of(signed, user_id)
    found: dict[str, str] = {}
    for device_id, keys in device_keys.of_user(txn, user_id).items():
        id = ed25519_id(device_id)
        if id in given:
            if not is_signed(signed, user_id, device_id, keys["keys"][id]):
                raise InvalidSignature(f"The signature of the device {device_id} is wrong.")
            found[id] = given[id]
    if not found:
        raise InvalidSignature("None of your devices has signed this.")
    return found
