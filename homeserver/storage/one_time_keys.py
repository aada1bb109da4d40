"""One-time keys that wait to be handed out, once each, and what takes over when there are none."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from hashlib import sha256

import orjson
from attrs import define, evolve, frozen

from homeserver.events.canonical import canonical_json
from homeserver.json_values import JsonObject, JsonValue, encode
from homeserver.storage.cache import Cache
from homeserver.storage.key_batches import packed, record_of, unpacked
from homeserver.storage.transaction import Transaction

PORTION = 300
CACHE_BYTES = 1024 * 1024
FINGERPRINT_BYTES = 16


@define(eq=False)
class OneTimeKey:
    """`text` is the JSON of `key`, and `public` what makes it the key that it is, whatever id and
    signatures it comes with.
    """

    algorithm: str
    key_id: str
    name: str
    key: JsonValue
    text: bytes
    public: str


@frozen
class KeyCounts:
    """How many one-time keys wait, by algorithm, and the algorithms of unused fallback keys."""

    one_time: Mapping[str, int]
    unused_fallbacks: tuple[str, ...]


@frozen
class Wanted:
    user_id: str
    device_id: str
    algorithm: str


@frozen
class Claimed:
    """A key that is handed out; `key` is the JSON of an object with its name."""

    user_id: str
    device_id: str
    algorithm: str
    key: bytes

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.user_id, self.device_id, self.algorithm)


def public_of(key: JsonValue) -> str:
    """Signed anew, or under another id, a key is still the same."""
    if not isinstance(key, dict):
        return str(key)
    public = key.get("key")
    return public if isinstance(public, str) else canonical_json(key).decode()


def fingerprint_of(algorithm: str, public: str) -> bytes:
    """Stands for a key that was handed out."""
    return sha256(f"{algorithm}\0{public}".encode()).digest()[:FINGERPRINT_BYTES]


# -- what a device has


def counts(txn: Transaction, user_id: str, device_id: str) -> KeyCounts:
    """Without SQL for devices that sync."""
    known: KeyCounts | None = txn.see(_counts(txn), (user_id, device_id))
    if known is not None:
        return known
    one_time = txn.query(
        """
        SELECT algorithm, SUM(count - taken) FROM one_time_key_batches
        WHERE user_id = ? AND device_id = ? GROUP BY algorithm
        """,
        user_id,
        device_id,
    )
    unused = txn.query(
        "SELECT algorithm FROM fallback_keys WHERE user_id = ? AND device_id = ? AND used = 0",
        user_id,
        device_id,
    )
    found = KeyCounts(
        {algorithm: int(count) for algorithm, count in one_time},
        tuple(sorted(row[0] for row in unused)),
    )
    txn.fill(_counts(txn), (user_id, device_id), found)
    return found


def waiting(txn: Transaction, user_id: str, device_id: str) -> dict[str, str]:
    """Public keys by algorithm and id, as in "signed_curve25519:AAAAHg"; in their order."""
    return {
        name: public_of(key)
        for _, record in _records(txn, user_id, device_id)
        for name, key in record.items()
    }


def have_been_issued(txn: Transaction, user_id: str, device_id: str) -> bool:
    """Whether any key of the device was ever handed out."""
    row = txn.one(
        "SELECT 1 FROM issued_one_time_keys WHERE user_id = ? AND device_id = ? LIMIT 1",
        user_id,
        device_id,
    )
    return row is not None


def issued(txn: Transaction, user_id: str, device_id: str, wanted: Collection[bytes]) -> set[bytes]:
    """Those of the fingerprints whose keys were handed out before."""
    if not wanted:
        return set()
    rows = txn.query(
        f"""
        SELECT fingerprint FROM issued_one_time_keys
        WHERE user_id = ? AND device_id = ? AND fingerprint IN ({txn.in_list(wanted)})
        """,
        user_id,
        device_id,
        *wanted,
    )
    return {bytes(row[0]) for row in rows}


def add(txn: Transaction, user_id: str, device_id: str, keys: Iterable[OneTimeKey]) -> None:
    """They will be handed out in this order, after those that wait already."""
    records: dict[str, list[bytes]] = {}
    for key in keys:
        records.setdefault(key.algorithm, []).append(record_of(key.name, key.text))
    for algorithm, of_algorithm in records.items():
        _add_records(txn, user_id, device_id, algorithm, of_algorithm)
    known: KeyCounts | None = txn.see(_counts(txn), (user_id, device_id))
    if known is None:
        txn.drop(_counts(txn), (user_id, device_id))
    else:
        added = Counter({algorithm: len(those) for algorithm, those in records.items()})
        one_time = dict(added + Counter(known.one_time))
        txn.put(_counts(txn), (user_id, device_id), evolve(known, one_time=one_time))


def _add_records(
    txn: Transaction, user_id: str, device_id: str, algorithm: str, records: list[bytes]
) -> None:
    for batch in packed(records):
        txn.insert(
            """
            INSERT INTO one_time_key_batches
                (position, user_id, device_id, algorithm, count, taken, width, keys)
            VALUES (?, ?, ?, ?, ?, 0, ?, ?)
            """,
            txn.next_position(),
            user_id,
            device_id,
            algorithm,
            batch.count,
            batch.width,
            batch.packed,
        )


def _records(txn: Transaction, user_id: str, device_id: str) -> list[tuple[str, JsonObject]]:
    """What waits, in its order: the algorithm, and the key by its name."""
    rows = txn.query(
        """
        SELECT algorithm, keys, taken, width FROM one_time_key_batches
        WHERE user_id = ? AND device_id = ? ORDER BY position
        """,
        user_id,
        device_id,
    )
    return [
        (algorithm, record)
        for algorithm, keys, taken, width in rows
        for record in unpacked(bytes(keys), taken, width)
    ]


def set_fallback(txn: Transaction, user_id: str, device_id: str, key: OneTimeKey) -> None:
    """Replace the fallback key of this algorithm; the same one again stays as used as it is."""
    txn.execute(
        """
        INSERT INTO fallback_keys (user_id, device_id, algorithm, key_id, key, used)
        VALUES (?, ?, ?, ?, ?, 0)
        ON CONFLICT (user_id, device_id, algorithm)
        DO UPDATE SET key_id = excluded.key_id, key = excluded.key, used = 0
        WHERE fallback_keys.key_id <> excluded.key_id OR fallback_keys.key <> excluded.key
        """,
        user_id,
        device_id,
        key.algorithm,
        key.key_id,
        key.text.decode(),
    )
    txn.drop(_counts(txn), (user_id, device_id))


def discard(txn: Transaction, user_id: str, device_id: str, names: Set[str]) -> None:
    """Delete waiting keys by algorithm and id, as if they had never been uploaded."""
    kept: dict[str, list[bytes]] = {}
    for algorithm, record in _records(txn, user_id, device_id):
        if not record.keys() & names:
            kept.setdefault(algorithm, []).append(encode(record))
    _delete(txn, "one_time_key_batches", user_id, [device_id])
    for algorithm, records in kept.items():
        _add_records(txn, user_id, device_id, algorithm, records)
    txn.drop(_counts(txn), (user_id, device_id))


def discard_all(txn: Transaction, user_id: str, device_ids: Collection[str]) -> None:
    """Delete all waiting keys, but remember those that were handed out."""
    _delete(txn, "one_time_key_batches", user_id, device_ids)
    _delete(txn, "fallback_keys", user_id, device_ids)
    for device_id in device_ids:
        txn.drop(_counts(txn), (user_id, device_id))


def remove(txn: Transaction, user_id: str, device_ids: Collection[str]) -> None:
    """Forget devices that are no more."""
    discard_all(txn, user_id, device_ids)
    _delete(txn, "issued_one_time_keys", user_id, device_ids)


def forget_unissued(txn: Transaction) -> list[str]:
    """For a database that was put back to an older state: any key may have been handed out since.

    The users whose keys are gone; their devices upload new ones when they see the counts.
    """
    rows = txn.query("SELECT DISTINCT user_id, device_id FROM one_time_key_batches")
    txn.execute("DELETE FROM one_time_key_batches")
    for user_id, device_id in rows:
        txn.drop(_counts(txn), (user_id, device_id))
    return sorted({user_id for user_id, _ in rows})


# -- handing out


def claim(txn: Transaction, wanted: Collection[Wanted]) -> list[Claimed]:
    """The first key of each that has any, never to be seen again, or else the fallback key."""
    claimed: list[Claimed] = []
    for portion in _portions(wanted):
        found = _take_first(txn, portion)
        claimed += found
        served = {key.wanted for key in found}
        if rest := [wish for wish in portion if wish not in served]:
            claimed += _use_fallbacks(txn, rest)
    return claimed


def _take_first(txn: Transaction, wanted: list[Wanted]) -> list[Claimed]:
    rows = txn.query(
        f"""
        {_table_of(wanted)}
        SELECT k.position, k.count - k.taken, k.user_id, k.device_id, k.algorithm,
            substr(k.keys, CAST(k.taken * k.width + 1 AS INT), CAST(k.width - 1 AS INT))
        FROM wanted JOIN one_time_key_batches k ON k.position = (
            SELECT MIN(position) FROM one_time_key_batches
            WHERE user_id = wanted.user_id AND device_id = wanted.device_id
                AND algorithm = wanted.algorithm
        )
        """,
        *_parameters(wanted),
    )
    found = [Claimed(user, device, name, bytes(key)) for _, _, user, device, name, key in rows]
    if found:
        _mark_taken(txn, [row[0] for row in rows], [row[0] for row in rows if row[1] == 1])
        _remember_issued(txn, found)
    return found


def _mark_taken(txn: Transaction, batches: list[int], ended: list[int]) -> None:
    txn.insert(
        f"""
        UPDATE one_time_key_batches SET taken = taken + 1
        WHERE position IN ({txn.in_list(batches)})
        """,
        *batches,
    )
    if ended:
        txn.insert(
            f"DELETE FROM one_time_key_batches WHERE position IN ({txn.in_list(ended)})", *ended
        )


def _remember_issued(txn: Transaction, issued: list[Claimed]) -> None:
    values: list[object] = []
    for claimed in issued:
        (key,) = orjson.loads(claimed.key).values()
        fingerprint = fingerprint_of(claimed.algorithm, public_of(key))
        values += (claimed.user_id, claimed.device_id, fingerprint)
        txn.drop(_counts(txn), (claimed.user_id, claimed.device_id))
    txn.insert(
        f"""
        INSERT INTO issued_one_time_keys (user_id, device_id, fingerprint)
        VALUES {",".join("(?,?,?)" for _ in issued)} ON CONFLICT DO NOTHING
        """,
        *values,
    )


def _use_fallbacks(txn: Transaction, wanted: list[Wanted]) -> list[Claimed]:
    rows = txn.query(
        f"""
        {_table_of(wanted)}
        SELECT k.used, k.user_id, k.device_id, k.algorithm, k.key_id, k.key
        FROM wanted JOIN fallback_keys k ON k.user_id = wanted.user_id
            AND k.device_id = wanted.device_id AND k.algorithm = wanted.algorithm
        """,
        *_parameters(wanted),
    )
    found = [
        (bool(used), Claimed(user, device, name, record_of(f"{name}:{id}", key.encode())))
        for used, user, device, name, id, key in rows
    ]
    for used, key in found:
        if not used:
            txn.insert(
                """
                UPDATE fallback_keys SET used = 1
                WHERE user_id = ? AND device_id = ? AND algorithm = ?
                """,
                key.user_id,
                key.device_id,
                key.algorithm,
            )
            txn.drop(_counts(txn), (key.user_id, key.device_id))
    return [key for _, key in found]


def _table_of(wanted: list[Wanted]) -> str:
    rows = ",".join("(?,?,?)" for _ in wanted)
    return f"WITH wanted (user_id, device_id, algorithm) AS (VALUES {rows})"


def _parameters(wanted: list[Wanted]) -> Iterator[str]:
    for wish in wanted:
        yield from (wish.user_id, wish.device_id, wish.algorithm)


def _portions(wanted: Collection[Wanted]) -> Iterator[list[Wanted]]:
    rest = list(wanted)
    for start in range(0, len(rest), PORTION):
        yield rest[start : start + PORTION]


def _delete(txn: Transaction, table: str, user_id: str, device_ids: Collection[str]) -> None:
    txn.execute(
        f"DELETE FROM {table} WHERE user_id = ? AND device_id IN ({txn.in_list(device_ids)})",
        user_id,
        *device_ids,
    )


def _counts(txn: Transaction) -> Cache[tuple[str, str], KeyCounts]:
    return txn.memory.cache("one_time_key_counts", CACHE_BYTES, lambda _, __: 400)
