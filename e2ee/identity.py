"""Our user's identity: made, signed with, taken over from secrets. Spec: "Cross-signing"."""

from attrs import define

from e2ee.devices import Device
from e2ee.encoding import JsonObject, decode_base64, encode_base64
from e2ee.errors import BadField, NotPossible, Tampered
from e2ee.means import Means
from e2ee.own_devices import OwnDevices
from e2ee.requests import CLIENT
from e2ee.signing import SEED_BYTES, SigningSeed, add_signature

USAGES = ("master", "self_signing", "user_signing")
BACKUP_SECRET = "m.megolm_backup.v1"


def secret_name(usage: str) -> str:
    return f"m.cross_signing.{usage}"


@define
class OwnIdentity:
    """The private keys lie in the store as the secrets that other devices may ask us for."""

    _devices: OwnDevices
    _means: Means

    def is_complete(self) -> bool:
        return all(self.seed(usage) is not None for usage in USAGES)

    def seed(self, usage: str) -> SigningSeed | None:
        secret = self.secret(secret_name(usage))
        return None if secret is None else SigningSeed(decode_base64(secret))

    def secret(self, name: str) -> str | None:
        record = self._means.records.get("secret", name)
        return None if record is None else str(record["secret"])

    def create(self) -> str:
        """New keys, and the request that publishes them; its id. The
        server may want to know the user again: `authorise` repeats it with what it asks for.
        """
        seeds = {usage: SigningSeed(self._means.random(SEED_BYTES)) for usage in USAGES}
        for usage, seed in seeds.items():
            self.keep_secret(secret_name(usage), encode_base64(seed.seed))
        master = seeds["master"]
        body = {f"{usage}_key": self._public(usage, seed, master) for usage, seed in seeds.items()}
        id = self._means.outgoing.add(
            "POST", f"{CLIENT}/keys/device_signing/upload", body, "identity"
        )
        self._devices.lists.note(
            self._devices.own.user_id,
            root=master.public,
            first_master=master.public,
            changed=False,
            identity={
                "master": master.public,
                "self_signing": seeds["self_signing"].public,
                "user_signing": seeds["user_signing"].public,
                "master_keys": body["master_key"],
            },
        )
        return id

    def published(self) -> None:
        """The server has the new keys: it takes signatures by them now."""
        self.sign_device(self._devices.own.device_id, self._devices.own.keys())

    def sign_device(self, device_id: str, keys: JsonObject) -> None:
        """Vouch for a device of our user."""
        seed = self._need("self_signing")
        signed = {name: value for name, value in keys.items() if name != "unsigned"}
        add_signature(signed, self._devices.own.user_id, seed.key_id, seed.sign)
        self._upload_signature(self._devices.own.user_id, device_id, signed)

    def sign_user(self, user_id: str) -> None:
        """Vouch for another user's identity."""
        identity = self._devices.lists.identity(user_id)
        if identity is None:
            raise NotPossible(f"{user_id} has no identity to sign.")
        seed = self._need("user_signing")
        signed = {k: v for k, v in identity.master_keys.items() if k != "unsigned"}
        signatures = dict(signed.get("signatures", {}))
        signed["signatures"] = signatures
        add_signature(signed, self._devices.own.user_id, seed.key_id, seed.sign)
        self._upload_signature(user_id, identity.master, signed)
        kept = {
            "master": identity.master,
            "self_signing": identity.self_signing,
            "user_signing": identity.user_signing,
            "master_keys": signed,
        }
        self._devices.lists.note(
            user_id, identity=kept, was_verified=True, changed=False, first_master=identity.master
        )

    def verify_device(self, device: Device) -> None:
        """After a verification: our own devices are signed, others only marked."""
        if device.user_id == self._devices.own.user_id and self.seed("self_signing") is not None:
            self.sign_device(device.device_id, device.keys)
        self._devices.lists.set_mark(device, "verified")

    def trust_own_master(self, master: str) -> None:
        """After a verification with another device of ours, which has shown us the key."""
        self._devices.trust.verify_own_identity(master)
        if self.seed("self_signing") is not None:
            self.sign_device(self._devices.own.device_id, self._devices.own.keys())

    def take_secret(self, name: str, secret: str) -> None:
        """From secret storage or another device; raises unless it fits what is published."""
        if name == BACKUP_SECRET:
            if len(decode_base64(secret)) != SEED_BYTES:
                raise BadField("A backup key has 32 bytes.")
            self.keep_secret(name, secret)
            return
        usage = name.removeprefix("m.cross_signing.")
        identity = self._devices.lists.identity(self._devices.own.user_id)
        if usage not in USAGES:
            self.keep_secret(name, secret)
            return
        if identity is None:
            raise NotPossible("Our identity is not known yet; ask for our own devices first.")
        published = getattr(identity, usage)
        seed = decode_base64(secret)
        if len(seed) != SEED_BYTES or SigningSeed(seed).public != published:
            raise Tampered(f"The {usage} key does not fit our published identity.")
        self.keep_secret(name, encode_base64(seed))
        if usage == "master":
            self._devices.trust.verify_own_identity(identity.master)
        if self._devices.trust.is_own_identity_verified() and self.seed("self_signing") is not None:
            self.sign_device(self._devices.own.device_id, self._devices.own.keys())

    def keep_secret(self, name: str, secret: str) -> None:
        self._means.records.put("secret", name, {"secret": secret})

    def forget_secret(self, name: str) -> None:
        self._means.records.remove("secret", name)

    def _need(self, usage: str) -> SigningSeed:
        seed = self.seed(usage)
        if seed is None:
            raise NotPossible(f"This device does not have the {usage} key of the identity.")
        return seed

    def _public(self, usage: str, seed: SigningSeed, master: SigningSeed) -> JsonObject:
        user_id = self._devices.own.user_id
        keys: JsonObject = {
            "user_id": user_id,
            "usage": [usage],
            "keys": {seed.key_id: seed.public},
        }
        if usage == "master":
            add_signature(
                keys, user_id, f"ed25519:{self._devices.own.device_id}", self._devices.own.sign
            )
        else:
            add_signature(keys, user_id, master.key_id, master.sign)
        return keys

    def _upload_signature(self, user_id: str, key: str, signed: JsonObject) -> None:
        body = {user_id: {key: signed}}
        self._means.outgoing.add("POST", f"{CLIENT}/keys/signatures/upload", body, "signature")
