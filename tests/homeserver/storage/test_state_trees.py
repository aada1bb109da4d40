"""State as persistent hash trees: they answer as dictionaries do, and share what is the same."""

from collections.abc import Mapping
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from homeserver.storage import state_trees
from homeserver.storage.memory import Memory
from homeserver.storage.state_trees import EMPTY, Branch, Key, Leaf, decode_node, encode_node
from homeserver.storage.transaction import Transaction

TYPE = 7

KEYS = st.tuples(st.integers(1, 40), st.integers(1, 200))
CHANGES = st.dictionaries(KEYS, st.integers(1, 2**62), max_size=60)


class Nodes:
    """Stands in for the table of nodes: what is stored, and how many bytes it took."""

    def __init__(self) -> None:
        self.bodies: dict[bytes, bytes] = {}
        self.written = 0

    def query(self, sql: str, parameters: tuple[bytes, ...]) -> list[tuple[bytes, bytes]]:
        return [(hash, self.bodies[hash]) for hash in parameters if hash in self.bodies]

    def execute(self, sql: str, parameters: tuple[bytes, ...]) -> int:
        if "SAVEPOINT" in sql:
            return 0
        node_hash, body = parameters
        self.written += len(node_hash) + len(body)
        self.bodies.setdefault(node_hash, body)
        return 1

    execute_soon = execute

    def execute_many(self, sql: str, rows: list[tuple[bytes, bytes]]) -> None:
        for row in rows:
            self.execute(sql, row)


def open_tree(nodes: Nodes) -> Transaction:
    """A transaction that sees only the nodes."""
    return Transaction(nodes, 0, Memory(), writes=True)  # type: ignore[arg-type]


def changed(nodes: Nodes, root: bytes, changes: Mapping[Key, int | None]) -> bytes:
    txn = open_tree(nodes)
    after = state_trees.change(txn, root, changes)
    txn.finish()
    return after


def contents(nodes: Nodes, root: bytes) -> dict[Key, int]:
    return dict(state_trees.items(open_tree(nodes), root))


@given(st.lists(st.tuples(CHANGES, st.sets(KEYS, max_size=60)), max_size=8))
def test_a_tree_answers_as_a_dictionary_does(steps: list[tuple[dict[Key, int], set[Key]]]) -> None:
    nodes, root, expected = Nodes(), EMPTY, dict[Key, int]()
    history = [(root, dict(expected))]
    for added, removed in steps:
        root = changed(nodes, root, {**added, **dict.fromkeys(removed)})
        expected = {k: v for k, v in (expected | added).items() if k not in removed}
        history.append((root, dict(expected)))

    for then, state in history:
        assert contents(nodes, then) == state
    txn = open_tree(nodes)
    keys = [*expected, (1, 1), (99, 99)]
    for key in keys:
        assert state_trees.get(txn, root, key) == expected.get(key)
    assert state_trees.get_many(txn, root, keys) == {key: expected.get(key) for key in keys}
    roots = {then: state.get((1, 1)) for then, state in history}
    assert state_trees.get_from_all(open_tree(nodes), roots, (1, 1)) == roots


@given(CHANGES, CHANGES, CHANGES)
def test_differences_are_those_of_dictionaries(
    common: dict[Key, int], left: dict[Key, int], right: dict[Key, int]
) -> None:
    nodes = Nodes()
    base = changed(nodes, EMPTY, common)
    ours, theirs = changed(nodes, base, left), changed(nodes, base, right)
    before, after = common | left, common | right

    found = list(state_trees.differences(open_tree(nodes), ours, theirs))

    assert sorted(found, key=lambda difference: difference[0]) == [
        (key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


@given(CHANGES, st.randoms(use_true_random=False))
def test_the_root_tells_only_what_the_state_is_not_how_it_came(
    state: dict[Key, int], random: Random
) -> None:
    nodes, root = Nodes(), EMPTY
    steps = list(state.items())
    random.shuffle(steps)
    for key, position in steps:
        root = changed(nodes, root, {key: 1, (99, key[1]): 7})
        root = changed(nodes, root, {key: position})
    root = changed(nodes, root, {(99, key): None for _, key in state})

    assert root == changed(Nodes(), EMPTY, state)


@given(CHANGES)
def test_nodes_survive_their_bytes(state: dict[Key, int]) -> None:
    nodes = Nodes()
    changed(nodes, EMPTY, state)

    for node_hash, body in nodes.bodies.items():
        assert state_trees.hash_of(body) == node_hash
        assert encode_node(decode_node(body)) == body


def test_a_node_is_a_leaf_or_a_branch() -> None:
    assert decode_node(encode_node(Leaf({(1, 2): 3}))) == Leaf({(1, 2): 3})
    branch = Branch({0: b"a" * 16, 31: b"b" * 16})
    assert decode_node(encode_node(branch)) == branch


def crowd(count: int) -> tuple[Nodes, bytes]:
    """The state of a room with so many members."""
    nodes = Nodes()
    members = {(TYPE, 1000 + 3 * number): 50_000 + number for number in range(count)}
    return nodes, changed(nodes, EMPTY, members)


def bytes_of_a_join(count: int) -> float:
    """Bytes written for each of a hundred members who come one after the other."""
    nodes, root = crowd(count)
    nodes.written = 0
    for number in range(100):
        root = changed(nodes, root, {(TYPE, 900_000 + 7 * number): 900_000 + number})
    return nodes.written / 100


def test_a_change_writes_a_few_small_nodes_however_large_the_room() -> None:
    """A copy of the state of ten thousand members would be 240,000 bytes."""
    assert bytes_of_a_join(10) < 500
    assert bytes_of_a_join(1_000) < 1_200
    assert bytes_of_a_join(10_000) < 1_600


def test_states_of_a_large_room_are_compared_by_their_differences() -> None:
    nodes, root = crowd(10_000)
    after = changed(nodes, root, {(TYPE, 1000): 1, (TYPE, 1003): 2, (TYPE, 5): 3})
    txn = open_tree(nodes)

    found = {key for key, _, _ in state_trees.differences(txn, root, after)}

    assert found == {(TYPE, 1000), (TYPE, 1003), (TYPE, 5)}
    assert len(txn._seen) < 25, "of about a thousand nodes"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 64))
def test_keys_spread_evenly(start: int, step: int) -> None:
    """Numbers come in rows, for members join one after the other."""
    nodes = Nodes()
    changed(nodes, EMPTY, {(TYPE, start + step * number): 1 for number in range(2_000)})

    leaves = [decode_node(body) for body in nodes.bodies.values() if body[:1] == b"L"]
    assert sum(len(leaf) for leaf in leaves) >= 2_000 * 0.99
    assert max(len(leaf) for leaf in leaves) <= state_trees.LEAF_ENTRIES
    assert len(nodes.bodies) < 1_500


@given(st.lists(st.tuples(CHANGES, CHANGES), min_size=1, max_size=6))
@settings(max_examples=30)
def test_trees_that_were_read_ahead_are_compared_from_memory(
    pairs: list[tuple[dict[Key, int], dict[Key, int]]],
) -> None:
    nodes = Nodes()
    roots = []
    for before, more in pairs:
        left = changed(nodes, EMPTY, before)
        roots.append((left, changed(nodes, left, more)))
    expected = [list(state_trees.differences(open_tree(nodes), *pair)) for pair in roots]
    txn = open_tree(nodes)

    state_trees.load_differing(txn, roots)

    nodes.bodies.clear()
    assert [list(state_trees.differences(txn, *pair)) for pair in roots] == expected
