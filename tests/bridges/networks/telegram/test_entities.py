"""Telegram counts in UTF-16 code units, we in code points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.kit.parts import Span, Text
from bridges.kit.utf16 import length
from bridges.networks.telegram.entities import (
    SPANS,
    from_entities,
    pieces,
    to_entities,
)

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@st.composite
def texts(draw: st.DrawFn) -> Text:
    body = draw(words)
    spans = []
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(body) - 1))
        size = draw(st.integers(1, len(body) - start))
        kind = draw(st.sampled_from(sorted(SPANS - {"pre", "link", "user"})))
        spans.append(Span(start, size, kind))
    return Text(body, tuple(sorted(spans, key=lambda it: (it.start, -it.length))))


@given(texts())
def test_looks_come_back_from_telegram_as_they_went(text: Text) -> None:
    back = from_entities(text.body, to_entities(text))

    assert back.body == text.body
    assert sorted(map(str, back.spans)) == sorted(map(str, text.spans))


def test_letters_outside_of_the_basic_plane_count_twice() -> None:
    text = Text("👍🏽 bold 𝄞", (Span(3, 4, "bold"), Span(8, 1, "code")))

    assert to_entities(text) == [
        {"type": "bold", "offset": 5, "length": 4},
        {"type": "code", "offset": 10, "length": 2},
    ]
    assert from_entities(text.body, to_entities(text)) == text


def test_links_mentions_code_and_custom_emoji_are_understood() -> None:
    body = "@bob site Bob print(1) a@b.c x.org 🙂"
    given = [
        {"type": "mention", "offset": 0, "length": 4},
        {"type": "text_link", "offset": 5, "length": 4, "url": "https://example.org/"},
        {"type": "text_mention", "offset": 10, "length": 3, "user": {"id": 42}},
        {"type": "pre", "offset": 14, "length": 8, "language": "python"},
        {"type": "email", "offset": 23, "length": 5},
        {"type": "url", "offset": 29, "length": 5},
        {"type": "custom_emoji", "offset": 35, "length": 2, "custom_emoji_id": "7"},
        {"type": "hashtag", "offset": 0, "length": 1},
    ]

    assert from_entities(body, given).spans == (
        Span(0, 4, "link", "https://t.me/bob"),
        Span(5, 4, "link", "https://example.org/"),
        Span(10, 3, "user", "42"),
        Span(14, 8, "pre", "python"),
        Span(23, 5, "link", "mailto:a@b.c"),
        Span(29, 5, "link", "https://x.org"),
    )


@pytest.mark.parametrize(
    "entity",
    [
        {"type": "bold", "offset": -1, "length": 3},
        {"type": "bold", "offset": 1, "length": 0},
        {"type": "bold", "offset": 99, "length": 3},
        {"type": "bold", "offset": "0", "length": 3},
        {"type": "text_mention", "offset": 0, "length": 1, "user": None},
        {"offset": 0, "length": 3},
        "bold",
        None,
    ],
)
def test_broken_entities_are_left_out(entity: object) -> None:
    assert from_entities("text", [entity]) == Text("text")
    assert from_entities("text", entity) == Text("text")


def test_an_entity_that_reaches_beyond_the_text_ends_with_it() -> None:
    beyond = [{"type": "bold", "offset": 2, "length": 9}]
    assert from_entities("text", beyond).spans == (Span(2, 2, "bold"),)


def test_a_link_to_anywhere_else_is_only_words() -> None:
    text = Text("here", (Span(0, 4, "link", "javascript:alert(1)"),))
    assert to_entities(text) == []


@given(texts(), st.integers(2, 30))
def test_pieces_are_short_enough_and_together_the_whole(text: Text, limit: int) -> None:
    made = list(pieces(text, limit))

    assert all(length(it.body) <= limit for it in made)
    assert "".join(it.body for it in made).strip() == text.body.strip() or not text.body.strip()
    for piece in made:
        assert all(0 <= it.start < it.start + it.length <= len(piece.body) for it in piece.spans)


def test_long_texts_are_cut_between_words_and_keep_their_looks() -> None:
    text = Text("one two three four", (Span(4, 9, "bold"),))

    assert list(pieces(text, 10)) == [
        Text("one two ", (Span(4, 4, "bold"),)),
        Text("three four", (Span(0, 5, "bold"),)),
    ]
