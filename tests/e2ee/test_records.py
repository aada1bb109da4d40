import pytest

from e2ee.errors import WrongStoreKey
from e2ee.records import Records
from e2ee.store import Change
from e2ee.stores.memory import MemoryStore
from e2ee.vault import Vault
from tests.e2ee.simulation import SECRET


def records(store: MemoryStore, secret: bytes = SECRET) -> Records:
    return Records(store, Vault.of(secret, bytes))


def test_a_step_becomes_lasting_as_a_whole() -> None:
    store = MemoryStore()
    one = records(store)
    with one.step():
        one.put("k", "1", {"a": 1})
        assert store.find("k") == []
        assert one.get("k", "1") == {"a": 1}
        assert one.find("k") == {"1": {"a": 1}}
    assert records(store).get("k", "1") == {"a": 1}


def test_a_failed_step_changes_nothing_and_an_inner_one_only_itself() -> None:
    one = records(MemoryStore())
    with one.step():
        one.put("k", "kept", {})
        with pytest.raises(ValueError), one.step():
            one.put("k", "undone", {})
            one.remove("k", "kept")
            raise ValueError
    assert one.find("k") == {"kept": {}}
    with pytest.raises(ValueError), one.step():
        one.put("k", "never", {})
        raise ValueError
    assert one.get("k", "never") is None


def test_what_is_read_is_a_copy() -> None:
    one = records(MemoryStore())
    with one.step():
        one.put("k", "1", {"list": []})
    read = one.get("k", "1")
    assert read is not None
    read["list"].append("altered")
    assert one.get("k", "1") == {"list": []}


def test_numbers_grow_and_survive() -> None:
    store = MemoryStore()
    one = records(store)
    with one.step():
        assert [one.next("a"), one.next("a"), one.next("b")] == [1, 2, 1]
    assert records(store).number("a") == 2


def test_whoever_reads_the_store_reads_nothing() -> None:
    store = MemoryStore()
    one = records(store)
    with one.step():
        one.put("k", "1", {"secret": "do not tell"})
    assert b"do not tell" not in (store.get("k", "1") or b"")


def test_another_secret_an_altered_or_an_exchanged_record_is_refused() -> None:
    store = MemoryStore()
    one = records(store)
    with one.step():
        one.put("k", "1", {"a": 1})
        one.put("k", "2", {"a": 2})
    with pytest.raises(WrongStoreKey):
        records(store, b"another secret of thirty-two byt").get("k", "1")
    first = store.get("k", "1")
    assert first is not None
    for altered in (first[:-1] + b"x", first[:5], b""):
        store.apply([Change("k", "1", altered)])
        with pytest.raises(WrongStoreKey):
            records(store).get("k", "1")
    store.apply([Change("k", "2", first)])
    with pytest.raises(WrongStoreKey):
        records(store).get("k", "2")
