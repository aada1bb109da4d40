"""Bounded memory that never goes out of date."""

from hypothesis import given
from hypothesis import strategies as st

from homeserver.storage import cache as caches
from homeserver.storage.cache import Cache


def sized() -> Cache[str, int]:
    """Room for 100 bytes; a value is as large as it says."""
    return Cache(100, lambda _, size: size)


def test_the_least_recently_used_goes_first() -> None:
    cache = sized()
    for key in "abc":
        cache.put(key, 33, 1)
    cache.get("a")
    cache.put("d", 33, 2)

    assert [key for key in "abcd" if cache.get(key) is not None] == ["a", "c", "d"]
    assert cache.bytes == 99 and len(cache) == 3


def test_a_new_value_takes_the_place_of_the_old_one_in_the_count() -> None:
    cache = sized()
    for size in (10, 50, 20):
        cache.put("a", size, 1)

    assert cache.bytes == 20
    cache.drop("a", 2)
    assert (cache.bytes, len(cache)) == (0, 0)


def test_a_value_larger_than_the_cache_is_the_only_one_kept() -> None:
    cache = sized()
    cache.put("small", 10, 1)
    cache.put("huge", 1000, 1)

    assert cache.get("small") is None and cache.get("huge") == 1000
    cache.put("small", 10, 2)
    assert cache.get("huge") is None and cache.bytes == 10


def test_what_was_read_before_a_change_is_not_kept() -> None:
    cache = sized()
    cache.put("put", 1, 5)
    cache.drop("dropped", 5)

    for key in ("put", "dropped"):
        cache.fill(key, 9, 4)
    assert (cache.get("put"), cache.get("dropped")) == (1, None)
    for key in ("put", "dropped"):
        cache.fill(key, 9, 5)
    assert (cache.get("put"), cache.get("dropped")) == (9, 9)


def test_forgotten_notes_keep_no_old_value() -> None:
    cache = sized()
    cache.put("early", 1, 1)
    cache.drop("early", 2)
    for number in range(caches.MAX_NOTES + 5):
        cache.drop(f"other {number}", 3)

    cache.fill("early", 7, 1)
    cache.fill("never changed", 7, 2)
    assert cache.get("early") is None and cache.get("never changed") is None
    cache.fill("early", 7, 3)
    assert cache.get("early") == 7


@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "fill", "drop"]), st.integers(0, 9), st.integers(0, 60))
    )
)
def test_the_count_of_bytes_is_that_of_the_values(steps: list[tuple[str, int, int]]) -> None:
    cache: Cache[int, int] = Cache(100, lambda _, size: size)
    for commit, (step, key, size) in enumerate(steps):
        if step == "drop":
            cache.drop(key, commit)
        else:
            getattr(cache, step)(key, size, commit)
        kept = [found for key in range(10) if (found := cache.get(key)) is not None]
        assert cache.bytes == sum(kept) and len(cache) == len(kept)
        assert cache.bytes <= 100
