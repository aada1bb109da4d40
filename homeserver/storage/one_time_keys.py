"""One-time keys that wait to be handed out, once each, and what takes over when there are none."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from attrs import evolve, frozen

from homeserver.json_values import JsonValue, encode
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

PORTION = 300
CACHE_BYTES = 1024 * 1024


@frozen
class OneTimeKey:
    """`fingerprint` stands for the public key, whatever id and signatures it comes with."""

    algorithm: str
    key_id: str
    key: JsonValue
    fingerprint: bytes

    @property
    def name(self) -> str:
        return f"{self.algorithm}:{self.key_id}"


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
    """A key that is handed out; `key` is its JSON."""

    user_id: str
    device_id: str
    algorithm: str
    key_id: str
    key: str

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.user_id, self.device_id, self.algorithm)


# -- what a device has


def counts(txn: Transaction, user_id: str, device_id: str) -> KeyCounts:
    """Without SQL for devices that sync."""
    known: KeyCounts | None = txn.see(_counts(txn), (user_id, device_id))
    if known is not None:
        return known
    one_time = txn.query(
        """
        SELECT algorithm, COUNT(*) FROM one_time_keys WHERE user_id = ? AND device_id = ?
        GROUP BY algorithm
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


def fingerprints(txn: Transaction, user_id: str, device_id: str) -> dict[str, bytes]:
    """Of the keys that wait, by algorithm and id as in "signed_curve25519:AAAAHg"."""
    rows = txn.query(
        """
        SELECT algorithm, key_id, fingerprint FROM one_time_keys
        WHERE user_id = ? AND device_id = ?
        """,
        user_id,
        device_id,
    )
    return {f"{algorithm}:{key_id}": bytes(print) for algorithm, key_id, print in rows}


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
    added: Counter[str] = Counter()
    for key in keys:
        added[key.algorithm] += 1
        txn.insert(
            """
            INSERT INTO one_time_keys
                (position, user_id, device_id, algorithm, key_id, fingerprint, key)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            txn.next_position(),
            user_id,
            device_id,
            key.algorithm,
            key.key_id,
            key.fingerprint,
            encode(key.key).decode(),
        )
    known: KeyCounts | None = txn.see(_counts(txn), (user_id, device_id))
    if known is None:
        txn.drop(_counts(txn), (user_id, device_id))
    else:
        waiting = dict(added + Counter(known.one_time))
        txn.put(_counts(txn), (user_id, device_id), evolve(known, one_time=waiting))


def set_fallback(txn: Transaction, user_id: str, device_id: str, key: OneTimeKey) -> None:
    """Replace the fallback key of this algorithm; the same one again stays as used as it is."""
    text = encode(key.key).decode()
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
        text,
    )
    txn.drop(_counts(txn), (user_id, device_id))


def discard(txn: Transaction, user_id: str, device_id: str, names: Collection[str]) -> None:
    """Delete waiting keys by algorithm and id, as if they had never been uploaded."""
    for name in names:
        algorithm, _, key_id = name.partition(":")
        txn.insert(
            """
            DELETE FROM one_time_keys
            WHERE user_id = ? AND device_id = ? AND algorithm = ? AND key_id = ?
            """,
            user_id,
            device_id,
            algorithm,
            key_id,
        )
    txn.drop(_counts(txn), (user_id, device_id))


def discard_all(txn: Transaction, user_id: str, device_ids: Collection[str]) -> None:
    """Delete all waiting keys, but remember those that were handed out."""
    _delete(txn, "one_time_keys", user_id, device_ids)
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
    rows = txn.query("SELECT DISTINCT user_id, device_id FROM one_time_keys")
    txn.execute("DELETE FROM one_time_keys")
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
        SELECT k.position, k.fingerprint, k.user_id, k.device_id, k.algorithm, k.key_id, k.key
        FROM wanted JOIN one_time_keys k ON k.position = (
            SELECT MIN(position) FROM one_time_keys
            WHERE user_id = wanted.user_id AND device_id = wanted.device_id
                AND algorithm = wanted.algorithm
        )
        """,
        *_parameters(wanted),
    )
    if rows:
        positions = [row[0] for row in rows]
        txn.execute(
            f"DELETE FROM one_time_keys WHERE position IN ({txn.in_list(positions)})", *positions
        )
        _remember_issued(txn, [(user, device, print) for _, print, user, device, *_ in rows])
    return [Claimed(*row[2:]) for row in rows]


def _remember_issued(txn: Transaction, issued: list[tuple[str, str, bytes]]) -> None:
    txn.execute(
        f"""
        INSERT INTO issued_one_time_keys (user_id, device_id, fingerprint)
        VALUES {",".join("(?,?,?)" for _ in issued)} ON CONFLICT DO NOTHING
        """,
        *(value for row in issued for value in row),
    )
    for user_id, device_id, _ in issued:
        txn.drop(_counts(txn), (user_id, device_id))


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
    found = [(bool(used), Claimed(*rest)) for used, *rest in rows]
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
