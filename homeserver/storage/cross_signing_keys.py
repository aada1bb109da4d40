"""Cross-signing keys of users, and whom they signed."""

from collections.abc import Collection, Mapping

import orjson
from attrs import frozen

from homeserver.changes import UserSigned
from homeserver.json_values import JsonObject, encode
from homeserver.storage import published_keys
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

CACHE_BYTES = 1024 * 1024


@frozen
class CrossSigningKey:
    """`key` is the object that others are shown, with the signatures that its owner made."""

    public_key: str
    key: JsonObject

    @property
    def id(self) -> str:
        return f"ed25519:{self.public_key}"


@frozen
class UserSignature:
    """On somebody's master key, by the user-signing key `key_id` of the signer."""

    key_id: str
    signature: str


def of_user(txn: Transaction, user_id: str) -> dict[str, CrossSigningKey]:
    """A user's keys by usage."""
    rows = txn.query(
        "SELECT usage, public_key, key FROM cross_signing_keys WHERE user_id = ?", user_id
    )
    return {usage: CrossSigningKey(public, orjson.loads(key)) for usage, public, key in rows}


def find(txn: Transaction, user_id: str, usage: str) -> CrossSigningKey | None:
    row = txn.one(
        "SELECT public_key, key FROM cross_signing_keys WHERE user_id = ? AND usage = ?",
        user_id,
        usage,
    )
    return CrossSigningKey(row[0], orjson.loads(row[1])) if row else None


def is_public_key(txn: Transaction, user_id: str, text: str) -> bool:
    row = txn.one(
        "SELECT 1 FROM cross_signing_keys WHERE user_id = ? AND public_key = ?", user_id, text
    )
    return row is not None


def save(txn: Transaction, user_id: str, usage: str, new: CrossSigningKey) -> None:
    txn.execute(
        """
        INSERT INTO cross_signing_keys (user_id, usage, public_key, key) VALUES (?, ?, ?, ?)
        ON CONFLICT (user_id, usage)
        DO UPDATE SET public_key = excluded.public_key, key = excluded.key
        """,
        user_id,
        usage,
        new.public_key,
        encode(new.key).decode(),
    )
    published_keys.forget(txn, user_id)


def forget_devices(txn: Transaction, user_id: str, device_ids: Collection[str]) -> None:
    """Drop the signatures on the master key by devices that are gone, or have other keys now."""
    master = find(txn, user_id, "master")
    if master is None:
        return
    signatures = master.key.get("signatures", {}).get(user_id, {})
    gone = {f"ed25519:{device_id}" for device_id in device_ids} & signatures.keys()
    if gone:
        kept = {id: text for id, text in signatures.items() if id not in gone}
        key = {**master.key, "signatures": {user_id: kept} if kept else {}}
        save(txn, user_id, "master", CrossSigningKey(master.public_key, key))


def remove(txn: Transaction, user_id: str) -> None:
    """All keys of a user; what others said about his master key has lost its meaning."""
    txn.execute("DELETE FROM cross_signing_keys WHERE user_id = ?", user_id)
    published_keys.forget(txn, user_id)
    for (signer,) in txn.query("SELECT signer FROM user_signatures WHERE user_id = ?", user_id):
        txn.drop(_signed(txn), signer)
    txn.execute("DELETE FROM user_signatures WHERE user_id = ?", user_id)
    forget_signatures_by(txn, user_id)


# -- whom users signed


def sign(txn: Transaction, signer: str, user_id: str, made: UserSignature) -> None:
    position = txn.next_position()
    txn.execute(
        """
        INSERT INTO user_signatures (signer, user_id, position, key_id, signature)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT (signer, user_id) DO UPDATE SET
        position = excluded.position, key_id = excluded.key_id, signature = excluded.signature
        """,
        signer,
        user_id,
        position,
        made.key_id,
        made.signature,
    )
    txn.drop(_signed(txn), signer)
    txn.announce(UserSigned(position, signer))


def signatures_by(txn: Transaction, signer: str) -> Mapping[str, UserSignature]:
    """What somebody signed, by the user whose master key it is."""
    known: Mapping[str, UserSignature] | None = txn.see(_signed(txn), signer)
    if known is not None:
        return known
    rows = txn.query(
        "SELECT user_id, key_id, signature FROM user_signatures WHERE signer = ?", signer
    )
    found = {user_id: UserSignature(key_id, text) for user_id, key_id, text in rows}
    txn.fill(_signed(txn), signer, found)
    return found


def signed_between(txn: Transaction, signer: str, after: int, upto: int) -> list[str]:
    """Whose keys somebody signed in this part of the number line."""
    rows = txn.query(
        "SELECT user_id FROM user_signatures WHERE signer = ? AND position > ? AND position <= ?",
        signer,
        after,
        upto,
    )
    return [row[0] for row in rows]


def forget_signatures_by(txn: Transaction, signer: str) -> None:
    txn.execute("DELETE FROM user_signatures WHERE signer = ?", signer)
    txn.drop(_signed(txn), signer)


def _signed(txn: Transaction) -> Cache[str, Mapping[str, UserSignature]]:
    return txn.memory.cache("user_signatures", CACHE_BYTES, lambda _, made: 200 + 500 * len(made))
