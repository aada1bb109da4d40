"""Turns what vodozemac pickled into what libolm reads, for those who change back.

vodozemac pickles JSON, libolm a row of fields; the arithmetic behind them is the same.
"""

import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from nacl.bindings import crypto_scalarmult_ed25519_base_noclamp

from e2ee.encoding import JsonObject, decode_object, encode_base64
from e2ee.errors import BadPickle
from e2ee.ratchets.pickles import close_pickle, expanded, open_pickle

IN_THE_CLEAR = bytes(32)
ACCOUNT_VERSION = 4
SESSION_VERSION = 1
EXPORT_VERSION = 1


def account_for_libolm(pickle: str) -> str:
    content = opened(pickle)
    try:
        ((kind, secret),) = content["signing_key"].items()
        fields = struct.pack(">I", ACCOUNT_VERSION) + signing_pair(kind, bytes(secret))
        fields += pair(bytes(content["diffie_hellman_key"]))
        fields += one_time_keys(content["one_time_keys"])
        fields += fallback_keys(content["fallback_keys"])
        fields += struct.pack(">I", content["one_time_keys"]["next_key_id"])
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise BadPickle("This is no account as vodozemac pickles it.") from error
    return close_pickle(fields, b"")


def session_for_libolm(pickle: str) -> str:
    content = opened(pickle)
    try:
        keys, sending = content["session_keys"], content["sending_ratchet"]
        newest_last = content["receiving_chains"]["inner"]
        chains = newest_last[::-1]
        fields = struct.pack(">I?", SESSION_VERSION, bool(chains))
        fields += bytes(keys["identity_key"]) + bytes(keys["base_key"])
        fields += bytes(keys["one_time_key"]) + sending_chain(sending)
        fields += struct.pack(">I", len(chains))
        for chain in chains:
            fields += bytes(chain["ratchet_key"]) + chain_key(chain["hkdf_ratchet"])
        skipped = [
            bytes(chain["ratchet_key"]) + chain_key(key)
            for chain in chains
            for key in chain["skipped_message_keys"]["inner"]
        ]
        fields += struct.pack(">I", len(skipped)) + b"".join(skipped)
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise BadPickle("This is no session as vodozemac pickles it.") from error
    return close_pickle(fields, b"")


def room_key_for_libolm(pickle: str) -> str:
    """In the format of exports."""
    content = opened(pickle)
    try:
        ratchet = content["initial_ratchet"]
        head = struct.pack(">BI", EXPORT_VERSION, ratchet["counter"])
        state = bytes(ratchet["inner"]) + bytes(content["signing_key"])
        return encode_base64(head + state)
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise BadPickle("This is no room key as vodozemac pickles it.") from error


def opened(pickle: str) -> JsonObject:
    return decode_object(open_pickle(pickle, IN_THE_CLEAR))


def signing_pair(kind: str, secret: bytes) -> bytes:
    """Public and expanded private key; one that came from libolm is expanded already."""
    if kind == "Expanded":
        return crypto_scalarmult_ed25519_base_noclamp(secret[:32]) + secret
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    return public + expanded(secret)


def one_time_keys(keys: JsonObject) -> bytes:
    rows = [
        struct.pack(">I?", int(id), id not in keys["public_keys"]) + pair(bytes(secret))
        for id, secret in keys["private_keys"].items()
    ]
    return struct.pack(">I", len(rows)) + b"".join(rows)


def fallback_keys(keys: JsonObject) -> bytes:
    kept = [one for one in (keys["fallback_key"], keys["previous_fallback_key"]) if one]
    rows = [
        struct.pack(">I?", one["key_id"], one["published"]) + pair(bytes(one["key"]))
        for one in kept
    ]
    return bytes((len(rows),)) + b"".join(rows)


def sending_chain(sending: JsonObject) -> bytes:
    """The root key, and the chain that we send by, unless the next message begins a new one."""
    if sending["type"] == "inactive":
        return bytes(sending["root_key"]["key"]) + struct.pack(">I", 0)
    active = sending["active_ratchet"]
    chain = pair(bytes(active["ratchet_key"])) + chain_key(sending["symmetric_key_ratchet"])
    return bytes(active["root_key"]) + struct.pack(">I", 1) + chain


def chain_key(key: JsonObject) -> bytes:
    return bytes(key["key"]) + struct.pack(">I", key["index"])


def pair(secret: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw() + secret
