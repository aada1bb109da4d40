"""Texts keep their looks both ways, and nobody's HTML gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.kit.parts import Span, Text
from bridges.portals.fitting import said_by
from bridges.portals.formatting import from_html, prefixed, to_html
from bridges.portals.readings import without_quotation


def test_a_plain_text_needs_no_html() -> None:
    assert to_html(Text("1 < 2")) is None


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (Text("a bold word", (Span(2, 4, "bold"),)), "a <strong>bold</strong> word"),
        (
            Text("both", (Span(0, 4, "bold"), Span(0, 4, "italic"))),
            "<strong><em>both</em></strong>",
        ),
        (
            Text("site", (Span(0, 4, "link", "https://a.test/?a=1&b"),)),
            '<a href="https://a.test/?a=1&amp;b">site</a>',
        ),
        (Text("x<y", (Span(1, 1, "code"),)), "x<code>&lt;</code>y"),
        (
            Text("a = 1", (Span(0, 5, "pre", "python"),)),
            '<pre><code class="language-python">a = 1</code></pre>',
        ),
        (
            Text("he dies", (Span(0, 7, "spoiler", "the end"),)),
            '<span data-mx-spoiler="the end">he dies</span>',
        ),
    ],
)
def test_spans_become_tags_and_tags_become_spans(text: Text, html: str) -> None:
    assert to_html(text) == html
    assert from_html(html) == text


def test_spans_that_overlap_are_cut_so_that_tags_nest() -> None:
    text = Text("abcdef", (Span(0, 4, "bold"), Span(2, 4, "italic")))
    assert to_html(text) == "<strong>ab<em>cd</em></strong>ef"


def test_a_link_to_a_script_stays_text() -> None:
    assert to_html(Text("x", (Span(0, 1, "link", "javascript:alert(1)"),))) == "x"


def test_what_a_reply_repeats_is_left_out() -> None:
    assert from_html("<mx-reply><blockquote>before</blockquote></mx-reply>after").body == "after"
    relates = {"m.in_reply_to": {"event_id": "$a"}}
    content = {"body": "> <@a:b> before\n\nafter", "m.relates_to": relates}
    assert without_quotation(content) == "after"


def test_paragraphs_and_lists_become_lines() -> None:
    html = "<p>one</p><ul><li>two</li><li>three</li></ul>"
    assert from_html(html).body == "one\n• two\n• three"


def test_words_before_a_text_move_its_spans() -> None:
    moved = prefixed("<bob> ", Text("hi", (Span(0, 2, "bold"),)))
    assert moved == Text("<bob> hi", (Span(6, 2, "bold"),))
    assert said_by("bob", Text("waves", manner="act")) == [Text("* bob waves")]


@given(
    st.text(alphabet='ab<>&;" é😀\n', max_size=30),
    st.lists(
        st.builds(
            Span,
            st.integers(-5, 40),
            st.integers(-5, 40),
            st.sampled_from(["bold", "code", "user", "?"]),
        ),
        max_size=6,
    ),
)
def test_no_spans_break_the_html(body: str, spans: list[Span]) -> None:
    html = to_html(Text(body, tuple(spans)))
    if html is not None:
        assert html.count("<strong>") == html.count("</strong>")
        assert from_html(html).body == body.rstrip()


@given(st.text(alphabet='<>/abpli &;"=x', max_size=60))
def test_no_html_breaks_the_reader(html: str) -> None:
    text = from_html(html)
    assert all(it.start >= 0 and it.start + it.length <= len(text.body) for it in text.spans)
