"""Looks of a text cross over; colours and control characters do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.kit.parts import Span, Text
from bridges.networks.irc.formatting import from_irc, to_irc


@pytest.mark.parametrize(
    ("irc", "text"),
    [
        ("a \x02bold\x02 word", Text("a bold word", (Span(2, 4, "bold"),))),
        (
            "\x02\x1dboth\x0f plain",
            Text("both plain", (Span(0, 4, "bold"), Span(0, 4, "italic"))),
        ),
        ("\x0304,12red\x03 1", Text("red 1")),
        ("\x04ff0000hex\x04", Text("hex")),
        ("open \x1fend", Text("open end", (Span(5, 3, "underline"),))),
    ],
)
def test_what_they_write_is_seen(irc: str, text: Text) -> None:
    assert from_irc(irc) == text


def test_what_we_write_is_seen() -> None:
    text = Text("a bold word", (Span(2, 4, "bold"),))
    assert to_irc(text) == "a \x02bold\x02 word"
    assert from_irc(to_irc(text)) == text


def test_a_link_is_followed_by_its_address_unless_it_shows_it() -> None:
    link = Text("here", (Span(0, 4, "link", "https://a.test"),))
    assert to_irc(link) == "here (https://a.test)"
    bare = Text("https://a.test", (Span(0, 14, "link", "https://a.test"),))
    assert to_irc(bare) == "https://a.test"


def test_letters_cannot_be_control_characters() -> None:
    assert to_irc(Text("\x01VERSION\x01 \x02")) == "VERSION "


@given(st.text(max_size=60))
def test_any_line_can_be_shown(line: str) -> None:
    text = from_irc(line)
    assert all(it.start >= 0 and it.start + it.length <= len(text.body) for it in text.spans)
