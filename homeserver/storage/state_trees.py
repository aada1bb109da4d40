"""The state of rooms as persistent hash trees.

A tree maps (type, state key), both as numbers of `names`, to the position of the state event. Its
nodes are stored once, under the hash of their bytes, and never change: a new state shares all nodes
but those on the way to what is new, and two states are compared by walking only where their nodes
differ.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import chain
from typing import TypeVar

from attrs import frozen

from homeserver.storage.transaction import Transaction

Key = tuple[int, int]
V = TypeVar("V")

BITS = 5
WIDTH = 1 << BITS
LEAF_ENTRIES = 16
PORTION = 500

_ENTRY = struct.Struct("<QQQ")
_HASH_BYTES = 16


@frozen
class Leaf:
    entries: dict[Key, int]

    def __len__(self) -> int:
        return len(self.entries)


@frozen
class Branch:
    children: dict[int, bytes]
    """Hash of the child at each slot in use."""

    def __len__(self) -> int:
        return len(self.children)


Node = Leaf | Branch


def encode_node(node: Node) -> bytes:
    if isinstance(node, Leaf):
        rows = (_ENTRY.pack(*key, position) for key, position in sorted(node.entries.items()))
        return b"L" + b"".join(rows)
    bitmap = sum(1 << slot for slot in node.children)
    return (
        b"B"
        + bitmap.to_bytes(4, "little")
        + b"".join(child for _, child in sorted(node.children.items()))
    )


def decode_node(body: bytes) -> Node:
    if body[:1] == b"L":
        return Leaf({(a, b): position for a, b, position in _ENTRY.iter_unpack(body[1:])})
    bitmap = int.from_bytes(body[1:5], "little")
    slots = [slot for slot in range(WIDTH) if bitmap >> slot & 1]
    starts = range(5, len(body), _HASH_BYTES)
    return Branch({s: body[at : at + _HASH_BYTES] for s, at in zip(slots, starts, strict=True)})


def hash_of(body: bytes) -> bytes:
    return blake2b(body, digest_size=_HASH_BYTES).digest()


EMPTY = hash_of(encode_node(Leaf({})))
"""The root of the state before a room's first event."""


def get(txn: Transaction, root: bytes, key: Key) -> int | None:
    path = mix(key)
    node = load(txn, root)
    while isinstance(node, Branch):
        child = node.children.get(path % WIDTH)
        if child is None:
            return None
        path >>= BITS
        node = load(txn, child)
    return node.entries.get(key)


def get_from_all(txn: Transaction, roots: Iterable[bytes], key: Key) -> dict[bytes, int | None]:
    """What many states have at one key: their trees are walked together, level by level."""
    path = mix(key)
    found: dict[bytes, int | None] = {}
    walking = {root: root for root in roots}
    while walking:
        nodes = _load_all(txn, walking.values())
        further: dict[bytes, bytes] = {}
        for root, node_hash in walking.items():
            node = nodes[node_hash]
            if isinstance(node, Leaf):
                found[root] = node.entries.get(key)
            elif (child := node.children.get(path % WIDTH)) is None:
                found[root] = None
            else:
                further[root] = child
        walking = further
        path >>= BITS
    return found


def get_many(txn: Transaction, root: bytes, keys: Iterable[Key]) -> dict[Key, int | None]:
    """What one state has at many keys: its tree is walked for all of them, level by level."""
    found: dict[Key, int | None] = {}
    walking = {key: (root, mix(key)) for key in keys}
    while walking:
        nodes = _load_all(txn, (node_hash for node_hash, _ in walking.values()))
        further: dict[Key, tuple[bytes, int]] = {}
        for key, (node_hash, path) in walking.items():
            node = nodes[node_hash]
            if isinstance(node, Leaf):
                found[key] = node.entries.get(key)
            elif (child := node.children.get(path % WIDTH)) is None:
                found[key] = None
            else:
                further[key] = (child, path >> BITS)
        walking = further
    return found


def change(txn: Transaction, root: bytes, changes: Mapping[Key, int | None]) -> bytes:
    """The root of the state with these entries set, or removed where None."""
    return _change(txn, root, changes, 0) if changes else root


def items(txn: Transaction, root: bytes) -> Iterator[tuple[Key, int]]:
    node = load(txn, root)
    if isinstance(node, Leaf):
        yield from node.entries.items()
    else:
        # Into memory, all at once.
        _load_all(txn, node.children.values())
        for child in node.children.values():
            yield from items(txn, child)


def differences(
    txn: Transaction, left: bytes, right: bytes
) -> Iterator[tuple[Key, int | None, int | None]]:
    """(key, position on the left, position on the right) wherever they are not the same."""
    if left == right:
        return
    both = _load_all(txn, (left, right))
    ours, theirs = both[left], both[right]
    if isinstance(ours, Branch) and isinstance(theirs, Branch):
        different = _different(ours, theirs)
        # Into memory, all at once.
        _load_all(txn, (child for pair in different for child in pair))
        for one, other in different:
            yield from differences(txn, one, other)
    else:
        before, after = dict(items(txn, left)), dict(items(txn, right))
        for key in before.keys() | after.keys():
            if before.get(key) != after.get(key):
                yield key, before.get(key), after.get(key)


def load_differing(txn: Transaction, pairs: Iterable[tuple[bytes, bytes]]) -> None:
    """Take into memory what `differences` will look at in each of these pairs, level by level."""
    walking = [pair for pair in pairs if pair[0] != pair[1]]
    while walking:
        nodes = _load_all(txn, chain.from_iterable(walking))
        both = [(nodes[left], nodes[right]) for left, right in walking]
        walking = [pair for ours, theirs in both for pair in _different(ours, theirs)]


def _different(ours: Node, theirs: Node) -> list[tuple[bytes, bytes]]:
    """The children at slots where they are not the same; a leaf has none."""
    left = ours.children if isinstance(ours, Branch) else {}
    right = theirs.children if isinstance(theirs, Branch) else {}
    pairs = [(left.get(slot, EMPTY), right.get(slot, EMPTY)) for slot in left.keys() | right.keys()]
    return [pair for pair in pairs if pair[0] != pair[1]]


def mix(key: Key) -> int:
    """Spread a key over 64 bits, so that trees stay even."""
    value = (key[0] * 0x9E3779B97F4A7C15 + key[1] * 0xC2B2AE3D27D4EB4F + 1) & 0xFFFFFFFFFFFFFFFF
    value ^= value >> 29
    value = value * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    return value ^ value >> 32


def load(txn: Transaction, node_hash: bytes) -> Node:
    if node_hash == EMPTY:
        return Leaf({})
    known: Node | None = txn.see(txn.memory.state_nodes, node_hash)
    if known is not None:
        return known
    return _load_all(txn, (node_hash,))[node_hash]


def _load_all(txn: Transaction, hashes: Iterable[bytes]) -> dict[bytes, Node]:
    found: dict[bytes, Node] = {}
    missing: list[bytes] = []
    for node_hash in set(hashes):
        known = Leaf({}) if node_hash == EMPTY else txn.see(txn.memory.state_nodes, node_hash)
        if known is None:
            missing.append(node_hash)
        else:
            found[node_hash] = known
    for start in range(0, len(missing), PORTION):
        part = missing[start : start + PORTION]
        rows = txn.query(
            f"SELECT hash, body FROM state_nodes WHERE hash IN ({txn.in_list(part)})", *part
        )
        for node_hash, body in rows:
            node = found[bytes(node_hash)] = decode_node(bytes(body))
            txn.fill(txn.memory.state_nodes, bytes(node_hash), node)
    return found


def store(txn: Transaction, node: Node) -> bytes:
    body = encode_node(node)
    node_hash = hash_of(body)
    if node_hash != EMPTY and txn.see(txn.memory.state_nodes, node_hash) is None:
        txn.insert(
            "INSERT INTO state_nodes (hash, body) VALUES (?, ?) ON CONFLICT DO NOTHING",
            node_hash,
            body,
        )
        txn.put(txn.memory.state_nodes, node_hash, node)
    return node_hash


def _change(
    txn: Transaction, node_hash: bytes, changes: Mapping[Key, int | None], depth: int
) -> bytes:
    node = load(txn, node_hash)
    if isinstance(node, Leaf):
        entries = {**node.entries, **changes}
        return _build(txn, {key: at for key, at in entries.items() if at is not None}, depth)
    children = dict(node.children)
    for slot, part in _by_slot(changes, depth).items():
        children[slot] = _change(txn, children.get(slot, EMPTY), part, depth + 1)
    if None in changes.values():
        return _shrunk(txn, {slot: child for slot, child in children.items() if child != EMPTY})
    return store(txn, Branch(children))


def _shrunk(txn: Transaction, children: dict[int, bytes]) -> bytes:
    """A branch that has lost entries: a leaf again if few are left, so that equal states stay
    equal.
    """
    if len(children) <= LEAF_ENTRIES:
        nodes = [load(txn, child) for child in children.values()]
        leaves = [node.entries for node in nodes if isinstance(node, Leaf)]
        if len(leaves) == len(nodes) and sum(map(len, leaves)) <= LEAF_ENTRIES:
            return store(txn, Leaf({key: at for leaf in leaves for key, at in leaf.items()}))
    return store(txn, Branch(children))


def _build(txn: Transaction, entries: dict[Key, int], depth: int) -> bytes:
    # Twelve levels use up the 60 bits that a key's spread offers.
    if len(entries) <= LEAF_ENTRIES or depth == 12:
        return store(txn, Leaf(entries))
    parts = _by_slot(entries, depth).items()
    return store(txn, Branch({slot: _build(txn, part, depth + 1) for slot, part in parts}))


def _by_slot(entries: Mapping[Key, V], depth: int) -> dict[int, dict[Key, V]]:
    slots: dict[int, dict[Key, V]] = {}
    for key, position in entries.items():
        slots.setdefault(mix(key) >> BITS * depth & WIDTH - 1, {})[key] = position
    return slots
