"""One-time keys: every one is handed out once. Spec: "One-time and fallback keys"."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from attrs import frozen
from orjson import Fragment

from homeserver.devices.public_keys import (
    check_canonical_keys,
    check_signed,
    encoded_key,
    is_public_key,
)
from homeserver.errors import BadJson, InvalidParam, MatrixError, TooLarge
from homeserver.events.ids import domain_of, fits, is_user_id
from homeserver.http.request import field
from homeserver.json_values import JsonObject
from homeserver.storage import devices, one_time_keys
from homeserver.storage.database import Database
from homeserver.storage.one_time_keys import (
    Claimed,
    KeyCounts,
    OneTimeKey,
    Wanted,
    fingerprint_of,
    public_of,
)
from homeserver.storage.transaction import Transaction

SIGNED_CURVE25519 = "signed_curve25519"
MAX_WAITING = 500
"""Keys of one algorithm that a device may have; clients keep 50 or 100."""
MAX_ALGORITHMS = 10
MAX_CLAIMS = 5_000
"""Devices in one request."""


class DuplicateOneTimeKey(MatrixError):
    """MSC4420: the client has lost track of its keys; to overwrite one would hide that."""

    errcode = "io.github.johennes.msc4420.M_DUPLICATE_ONE_TIME_KEY"

    def __init__(self, name: str) -> None:
        super().__init__(f"One time key {name} already exists with another public key.")


class ClaimElsewhere(Protocol):
    async def claim(self, wanted: Sequence[Wanted], seconds: float) -> JsonObject:
        """`one_time_keys` of other servers' users, and the `failures` of those servers."""


class Counting(Protocol):
    def note(self, txn: Transaction) -> None:
        """Keys are handed out."""


@frozen
class OneTimeKeys:
    """`_elsewhere` is None while the server has no federation."""

    _db: Database
    _server_name: str
    _counting: Counting
    _elsewhere: ClaimElsewhere | None = None

    async def counts(self, user_id: str, device_id: str) -> KeyCounts:
        return await self._db.glance(one_time_keys.counts, user_id, device_id)

    async def claim(self, body: JsonObject, seconds: float) -> JsonObject:
        """Keys of devices, and the servers that did not give any in this time."""
        wanted = read_claims(body)
        ours = [wish for wish in wanted if domain_of(wish.user_id) == self._server_name]
        theirs = [wish for wish in wanted if domain_of(wish.user_id) != self._server_name]
        told: JsonObject = {"one_time_keys": {}, "failures": {}}
        if theirs and self._elsewhere is not None:
            told = await self._elsewhere.claim(theirs, seconds)
        elif theirs:
            servers = sorted({domain_of(wish.user_id) for wish in theirs})
            told["failures"] = {server: unreachable() for server in servers}
        found = await self.claim_ours(ours)
        return {**told, "one_time_keys": {**told["one_time_keys"], **found}}

    async def claim_ours(self, wanted: Sequence[Wanted]) -> JsonObject:
        """By user and device; who asks gets them after they are gone for everybody else."""
        if not wanted:
            return {}
        answer: JsonObject = {}
        for key in await self._db.write(self._claim, wanted):
            answer.setdefault(key.user_id, {})[key.device_id] = Fragment(key.key)
        return answer

    def _claim(self, txn: Transaction, wanted: Sequence[Wanted]) -> list[Claimed]:
        claimed = one_time_keys.claim(txn, wanted)
        if claimed:
            self._counting.note(txn)
        return claimed

    async def discard(self, user_id: str, device_id: str, body: JsonObject) -> KeyCounts:
        """MSC4162: for a client that cannot use its waiting keys any more."""
        everything: bool = field(body, "all", bool, False)
        names = None if everything else read_names(field(body, "key_ids", list, []))
        return await self._db.write(discard, user_id, device_id, names)


def store(txn: Transaction, user_id: str, device_id: str, keys: Iterable[OneTimeKey]) -> None:
    """Let keys wait to be handed out; those that wait or were handed out already change nothing."""
    new = {key.name: key for key in keys}
    if not new:
        return
    waiting = one_time_keys.waiting(txn, user_id, device_id)
    for name in new.keys() & waiting.keys():
        if waiting[name] != new[name].public:
            raise DuplicateOneTimeKey(name)
        del new[name]
    seen = {(name.partition(":")[0], public) for name, public in waiting.items()}
    seen |= _issued(txn, user_id, device_id, new.values())
    fresh: list[OneTimeKey] = []
    for key in new.values():
        if (key.algorithm, key.public) not in seen:
            seen.add((key.algorithm, key.public))
            fresh.append(key)
    _check_room(waiting, fresh)
    if fresh:
        one_time_keys.add(txn, user_id, device_id, fresh)


def _issued(
    txn: Transaction, user_id: str, device_id: str, keys: Iterable[OneTimeKey]
) -> set[tuple[str, str]]:
    """Algorithm and public key of those that were handed out before."""
    if not one_time_keys.have_been_issued(txn, user_id, device_id):
        return set()
    prints = {fingerprint_of(key.algorithm, key.public): key for key in keys}
    found = one_time_keys.issued(txn, user_id, device_id, prints)
    return {(prints[print].algorithm, prints[print].public) for print in found}


def store_fallbacks(
    txn: Transaction, user_id: str, device_id: str, keys: Iterable[OneTimeKey]
) -> None:
    for key in keys:
        one_time_keys.set_fallback(txn, user_id, device_id, key)


def discard(txn: Transaction, user_id: str, device_id: str, names: list[str] | None) -> KeyCounts:
    """Without names, all."""
    if names is None:
        names = list(one_time_keys.waiting(txn, user_id, device_id))
    one_time_keys.discard(txn, user_id, device_id, set(names))
    return one_time_keys.counts(txn, user_id, device_id)


def forget_unissued(txn: Transaction) -> None:
    """After the database was put back to an older state, where any key may be one that was handed
    out since: devices see that none are left and upload new ones.
    """
    for user_id in one_time_keys.forget_unissued(txn):
        devices.list_changed(txn, user_id)


# -- what clients send


def read_keys(body: JsonObject, name: str, *older_names: str) -> list[OneTimeKey]:
    """The keys under this name of a request, in their order."""
    found: JsonObject = field(body, name, dict, {})
    for older in older_names:
        found = found or field(body, older, dict, {})
    check_canonical_keys(found)
    return [_read_key(id, key) for id, key in found.items()]


def read_fallback_keys(body: JsonObject) -> list[OneTimeKey]:
    keys = read_keys(body, "fallback_keys", "org.matrix.msc2732.fallback_keys")
    if len({key.algorithm for key in keys}) < len(keys):
        raise InvalidParam("There is at most one fallback key for each algorithm.")
    if len(keys) > MAX_ALGORITHMS:
        raise TooLarge(f"A device has keys of at most {MAX_ALGORITHMS} algorithms.")
    return keys


def read_key(id: str, key: Any) -> OneTimeKey:
    check_canonical_keys(key)
    return _read_key(id, key)


def _read_key(id: str, key: Any) -> OneTimeKey:
    algorithm, colon, key_id = id.partition(":")
    if not (algorithm and colon and key_id) or "\0" in id or not fits(id):
        raise InvalidParam("A key's name is its algorithm, a colon, and its id.")
    if not isinstance(key, (str, dict)):
        raise BadJson("A one-time key must be a string or an object.")
    text = encoded_key(key)
    if algorithm == SIGNED_CURVE25519:
        _check_signed_curve25519(key)
    return OneTimeKey(algorithm, key_id, id, key, text, public_of(key))


def check_signatures(
    keys: Sequence[OneTimeKey], user_id: str, device_id: str, public_key: str
) -> None:
    """Whoever claims a key checks it. Here one tells whether the device signs rightly at all."""
    for key in keys:
        if key.algorithm == SIGNED_CURVE25519:
            check_signed(key.key, user_id, device_id, public_key)
            return


def read_claims(body: JsonObject) -> list[Wanted]:
    """The `one_time_keys` of a request for keys."""
    wanted: list[Wanted] = []
    for user_id, by_device in field(body, "one_time_keys", dict).items():
        if not is_user_id(user_id):
            raise InvalidParam("The keys of 'one_time_keys' must be user ids.")
        if not isinstance(by_device, dict):
            raise BadJson("'one_time_keys' must hold an object of device ids for each user.")
        for device_id, algorithm in by_device.items():
            if not isinstance(algorithm, str):
                raise BadJson("The algorithm of a one-time key must be a string.")
            if "\0" not in device_id + algorithm:
                wanted.append(Wanted(user_id, device_id, algorithm))
    if len(wanted) > MAX_CLAIMS:
        raise TooLarge(f"One request may claim keys of {MAX_CLAIMS} devices.")
    return wanted


def read_names(names: list[Any]) -> list[str]:
    if not all(isinstance(name, str) and "\0" not in name for name in names):
        raise BadJson("'key_ids' must be an array of names of keys.")
    if len(names) > MAX_WAITING:
        raise TooLarge(f"One request may name {MAX_WAITING} keys.")
    return names


def unreachable() -> JsonObject:
    """Why the keys of users of another server are missing."""
    return {"errcode": "M_UNKNOWN", "error": "This server could not be reached."}


def _check_signed_curve25519(key: Any) -> None:
    if not isinstance(key, dict):
        raise BadJson("A signed one-time key must be an object.")
    if not is_public_key(key.get("key")):
        raise InvalidParam("A one-time key has 32 bytes, in unpadded Base64.")
    if not isinstance(key.get("signatures"), dict):
        raise BadJson("A signed one-time key must have 'signatures'.")


def _check_room(waiting: Iterable[str], fresh: list[OneTimeKey]) -> None:
    """Raise TooLarge if there are too many keys with the new ones."""
    algorithms = [name.partition(":")[0] for name in waiting] + [key.algorithm for key in fresh]
    for algorithm in {key.algorithm for key in fresh}:
        if algorithms.count(algorithm) > MAX_WAITING:
            raise TooLarge(f"A device has at most {MAX_WAITING} one-time keys of an algorithm.")
    if fresh and len(set(algorithms)) > MAX_ALGORITHMS:
        raise TooLarge(f"A device has keys of at most {MAX_ALGORITHMS} algorithms.")
