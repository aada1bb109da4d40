"""How many keys the asking device has left. Spec: "Extensions to /sync" for encryption."""

from homeserver.json_values import JsonObject
from homeserver.storage import one_time_keys
from homeserver.storage.transaction import Transaction

NO_KEYS = {"signed_curve25519": 0}
"""Clients that never see this count upload no keys."""


def key_counts(txn: Transaction, user_id: str, device_id: str) -> JsonObject:
    """Sections of an answer that are always there."""
    counts = one_time_keys.counts(txn, user_id, device_id)
    return {
        "device_one_time_keys_count": {**NO_KEYS, **counts.one_time},
        "device_unused_fallback_key_types": counts.unused_fallbacks,
        "org.matrix.msc2732.device_unused_fallback_key_types": counts.unused_fallbacks,
    }
