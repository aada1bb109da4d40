"""The index of words finds the same on both databases."""

from collections.abc import Collection, Sequence
from random import Random
from unicodedata import category

import pytest

from homeserver.search.words import sought_in, words_of
from homeserver.storage import search
from homeserver.storage.search import Document, Match, Phrase, Query, index_of
from homeserver.storage.transaction import Transaction
from tests.homeserver.storage.held import Store

EVENT = """
    INSERT INTO events
        (position, event_id, room, place, type, sender, depth, origin_server_ts, json)
    VALUES (?, ?, 7, ?, 1, 8, 1, 1, '')
    """
SCOPE = ("r7", "s8", "kbody")


def put(store: Store, *texts: str, places: tuple[int | None, ...] = ()) -> None:
    """At the positions 1, 2, ..."""
    index = index_of(store.dialect.name)

    def work(txn: Transaction) -> None:
        for position, text in enumerate(texts, 1):
            place = places[position - 1] if places else position
            txn.insert(EVENT, position, f"${position}", place)
            index.put(txn, Document(position, SCOPE, words_of(text)))

    store.result(store.database.write(work))


def matches(
    store: Store, term: str, *scopes: tuple[str, ...], by_rank: bool = False
) -> list[Match]:
    phrases = [Phrase(it.words, it.is_prefix) for it in sought_in(term)]
    query = Query(phrases, scopes or [("r7",)], by_rank)
    found: list[Match] = store.result(store.database.read(index_of(store.dialect.name).find, query))
    return found


def positions(store: Store, term: str, *scopes: tuple[str, ...]) -> list[int]:
    return [match.position for match in matches(store, term, *scopes)]


def test_all_words_must_be_there_newest_first(store: Store) -> None:
    put(store, "one two", "two three", "three one two")
    assert positions(store, "two") == [3, 2, 1]
    assert positions(store, "two one") == [3, 1]
    assert positions(store, "one four") == []


def test_pairs_of_characters_must_stand_together(store: Store) -> None:
    put(store, "東京都", "京都東京", "都東京")
    assert positions(store, "東京都") == [1]
    assert positions(store, "東京") == [3, 2, 1]


def test_scopes_narrow_the_search_and_are_no_words(store: Store) -> None:
    put(store, "tea r7", "tea")
    assert positions(store, "tea", ("r6", "r7"), ("kbody",)) == [2, 1]
    assert positions(store, "tea", ("r7",), ("kname",)) == []
    assert positions(store, "tea", ("tea",)) == []
    assert positions(store, "r7") == [1]
    assert positions(store, "s8") == positions(store, "kbody") == []


@pytest.mark.parametrize("few", [2, 3])
@pytest.mark.parametrize("by_rank", [True, False])
def test_common_and_rare_words_are_found_in_the_same_places(
    store: Store, monkeypatch: pytest.MonkeyPatch, few: int, by_rank: bool
) -> None:
    """Rare ones are looked for everywhere, and those elsewhere left out afterwards."""
    put(store, "tea", "tea with milk", "tea")
    monkeypatch.setattr(search, "MAX_MATCHES", few)
    here, elsewhere = [("r7",)], [("r6",)]

    def found(scopes: Sequence[Collection[str]], room: int) -> list[Match]:
        query = Query([Phrase(("tea",), True)], scopes, by_rank, lambda match: match.room == room)
        matches: list[Match] = store.result(
            store.database.read(index_of(store.dialect.name).find, query)
        )
        return matches

    assert len(found(here, 7)) == few
    assert {match.position for match in found(here, 7)} <= {1, 2, 3}
    assert found(elsewhere, 6) == []


def test_what_matches_better_has_the_higher_rank(store: Store) -> None:
    put(store, "tea", "tea tea tea", "milk", "salt", "bread")
    ranked = matches(store, "tea", by_rank=True)
    assert [match.rank for match in ranked] == sorted((it.rank for it in ranked), reverse=True)
    assert {match.position for match in ranked} == {1, 2}
    assert all(match.rank > 0 for match in ranked)


def test_events_come_in_the_order_of_their_places_and_outliers_not_at_all(store: Store) -> None:
    put(store, "tea", "tea", "tea", places=(5, None, -5))
    assert positions(store, "tea") == [1, 3]


def test_words_are_replaced_and_removed_without_trace(store: Store) -> None:
    put(store, "before")
    index = index_of(store.dialect.name)
    after = Document(1, SCOPE, ["after"])
    store.result(store.database.write(lambda txn: index.put(txn, after)))
    assert (positions(store, "before"), positions(store, "after")) == ([], [1])
    store.result(store.database.write(lambda txn: index.remove(txn, 1)))
    assert positions(store, "after") == []


def test_many_scopes_are_no_burden(store: Store) -> None:
    put(store, "tea")
    assert positions(store, "tea", tuple(f"r{n}" for n in range(3000))) == [1]


def test_every_word_of_any_script_is_found_again(store: Store) -> None:
    random = Random(1)
    characters = [chr(n) for n in range(0x250000) if n < 0x110000 and category(chr(n)) != "Cs"]
    texts = [
        " ".join("".join(random.choices(characters, k=5)) for _ in range(20)).replace("\0", "")
        for _ in range(20)
    ]
    put(store, *texts)
    for position, text in enumerate(texts, 1):
        for part in text.split():
            if sought_in(part):
                assert position in positions(store, part), (part, sought_in(part))
