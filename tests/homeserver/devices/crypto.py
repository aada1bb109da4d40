"""What a client's encryption would upload: real Ed25519 keys and signatures."""

from copy import deepcopy
from itertools import count
from typing import Any

from attrs import Factory, define
from nacl.signing import SigningKey
from signedjson.key import NACL_ED25519
from signedjson.sign import sign_json
from unpaddedbase64 import encode_base64

from tests.people import Person

JsonObject = dict[str, Any]

ALGORITHMS = ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"]
SIGNED = "signed_curve25519"
PASSWORD = "correct horse battery"

_seeds = count(1)


def new_key(version: str = "") -> Any:
    """A signing key like no other; without a version it is named by its public key."""
    key: Any = SigningKey(next(_seeds).to_bytes(32, "big"))
    key.alg, key.version = NACL_ED25519, version or encode_base64(bytes(key.verify_key))
    return key


def public(key: Any) -> str:
    return str(encode_base64(bytes(key.verify_key)))


def signed(value: JsonObject, user_id: str, *keys: Any) -> JsonObject:
    value = deepcopy(value)
    for key in keys:
        sign_json(value, user_id, key)
    return value


def some_public_key() -> str:
    return public(new_key())


@define(eq=False)
class Crypto:
    """The encryption of one person's device."""

    person: Person
    key: Any = None
    curve: str = Factory(some_public_key)
    _ids: Any = Factory(lambda: count(1))

    def __attrs_post_init__(self) -> None:
        self.key = self.key or new_key(self.person.device_id)

    def device_keys(self, *more_keys: Any, **changes: Any) -> JsonObject:
        device_id = self.person.device_id
        keys = {
            "user_id": self.person.user_id,
            "device_id": device_id,
            "algorithms": ALGORITHMS,
            "keys": {
                f"ed25519:{device_id}": public(self.key),
                f"curve25519:{device_id}": self.curve,
            },
            **changes,
        }
        return self.signs(keys, *more_keys)

    def one_time_keys(self, number: int) -> JsonObject:
        """In order of their ids."""
        return {f"{SIGNED}:K{next(self._ids):06}": self.one_time_key() for _ in range(number)}

    def one_time_key(self, **more: Any) -> JsonObject:
        return self.signs({"key": some_public_key(), **more})

    def signs(self, value: JsonObject, *more_keys: Any) -> JsonObject:
        return signed(value, self.person.user_id, self.key, *more_keys)

    def uploads(self, **keys: Any) -> JsonObject:
        """The counts of one-time keys."""
        answer = self.person.post("/v3/keys/upload", keys)
        counts: JsonObject = answer["one_time_key_counts"]
        return counts

    def settles(self, one_time_keys: int = 0) -> "Crypto":
        """Upload all that a new device has."""
        self.uploads(
            device_keys=self.device_keys(), one_time_keys=self.one_time_keys(one_time_keys)
        )
        return self

    def counts(self) -> tuple[int, list[str]]:
        """What a sync tells: one-time keys left, and algorithms of unused fallback keys."""
        body = self.person.syncs().body
        unused = body["device_unused_fallback_key_types"]
        assert body["org.matrix.msc2732.device_unused_fallback_key_types"] == unused
        return body["device_one_time_keys_count"][SIGNED], unused


@define(eq=False)
class Identity:
    """The cross-signing keys of one person."""

    person: Person
    master: Any = Factory(new_key)
    self_signing: Any = Factory(new_key)
    user_signing: Any = Factory(new_key)

    def bodies(self) -> JsonObject:
        return {
            "master_key": self.key("master", self.master),
            "self_signing_key": self.key("self_signing", self.self_signing, self.master),
            "user_signing_key": self.key("user_signing", self.user_signing, self.master),
        }

    def key(self, usage: str, key: Any, *signers: Any, **changes: Any) -> JsonObject:
        user_id = self.person.user_id
        id = f"ed25519:{public(key)}"
        value = {"user_id": user_id, "usage": [usage], "keys": {id: public(key)}, **changes}
        return signed(value, user_id, *signers)

    def uploads(self, proof: bool = False, **bodies: Any) -> JsonObject:
        body = bodies or self.bodies()
        if proof:
            body = {**body, "auth": self.proof()}
        return self.person.post("/v3/keys/device_signing/upload", body)

    def proof(self) -> JsonObject:
        return {"type": "m.login.password", "user": self.person.user_id, "password": PASSWORD}


def asks(person: Person, *others: Person, **devices: list[str]) -> JsonObject:
    """POST /keys/query for people."""
    wanted: JsonObject = {other.user_id: [] for other in others}
    return person.post("/v3/keys/query", {"device_keys": {**wanted, **devices}})


def claims(person: Person, *others: Person) -> list[JsonObject]:
    """One key of each device, or nothing."""
    wanted: JsonObject = {}
    for other in others:
        wanted.setdefault(other.user_id, {})[other.device_id] = SIGNED
    found = person.post("/v3/keys/claim", {"one_time_keys": wanted})["one_time_keys"]
    return [found.get(other.user_id, {}).get(other.device_id, {}) for other in others]
