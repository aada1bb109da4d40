from pathlib import Path

import pytest

from homeserver.media.sandbox import pages

URL = "https://example.org/a/page"


def read(page: str | bytes, path: Path, content_type: str = "text/html") -> pages.Answer:
    file = path / "page"
    file.write_bytes(page if isinstance(page, bytes) else page.encode())
    return pages.read(str(file), content_type, URL)


def test_what_a_page_says_of_itself_counts_most(tmp_path: Path) -> None:
    answer = read(
        """<html><head><title>Plain</title>
        <meta property="og:title" content="Open &amp; shut">
        <meta name="description" content="Other">
        <meta property="og:description" content="About
            it"><meta property="og:image" content="/pic.png">
        <meta property="og:site_name" content="S">
        </head><body><p>Text</p></body></html>""",
        tmp_path,
    )

    assert answer["properties"] == {
        "og:title": "Open & shut",
        "og:description": "About it",
        "og:site_name": "S",
    }
    assert answer["image"] == "https://example.org/pic.png"


def test_a_page_that_says_nothing_is_known_by_title_text_and_picture(tmp_path: Path) -> None:
    answer = read(
        "<title>Title</title><body><nav><p>Menu</p></nav><script>var p='<p>x'</script>"
        "<img src=b.png><p>First.</p><style>p{}</style><p>Second.</p>" + "<p>word </p>" * 200,
        tmp_path,
    )

    assert answer["properties"]["og:title"] == "Title"
    assert answer["properties"]["og:description"].startswith("First. Second. word")
    assert len(answer["properties"]["og:description"]) <= 301
    assert answer["image"] == "https://example.org/a/b.png"


def test_twitter_cards_and_descriptions_fill_in(tmp_path: Path) -> None:
    answer = read(
        '<meta name="twitter:title" content="T"><meta name="description" content="D">'
        '<meta name="twitter:image" content="https://cdn.example/i.png">',
        tmp_path,
    )

    assert answer["properties"] == {"og:title": "T", "og:description": "D"}
    assert answer["image"] == "https://cdn.example/i.png"


def test_oembed_links_and_bases_are_followed(tmp_path: Path) -> None:
    answer = read(
        '<base href="https://other.example/x/"><link rel="alternate" '
        'type="application/json+oembed" href="oembed?u=1">'
        '<meta property="og:image" content="i.png">',
        tmp_path,
    )

    assert answer["oembed"] == "https://other.example/x/oembed?u=1"
    assert answer["image"] == "https://other.example/x/i.png"


@pytest.mark.parametrize("image", ["javascript:alert(1)", "data:image/png;base64,AA", "file:///x"])
def test_only_web_addresses_are_addresses(tmp_path: Path, image: str) -> None:
    assert read(f'<meta property="og:image" content="{image}">', tmp_path)["image"] == ""


@pytest.mark.parametrize(
    ("page", "content_type"),
    [
        ("<title>Grüße</title>".encode(), "text/html"),
        ("<title>Grüße</title>".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("<meta charset='windows-1252'><title>Grüße</title>".encode("cp1252"), "text/html"),
        ("<title>Grüße</title>".encode(), "text/html; charset=nonsense"),
    ],
)
def test_letters_are_read_as_the_page_writes_them(
    tmp_path: Path, page: bytes, content_type: str
) -> None:
    assert read(page, tmp_path, content_type)["properties"]["og:title"] == "Grüße"


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"\0\xff\xfe<title>\0</title>",
        b"<" * 300_000,
        b"<a " * 200_000,
        b"<!--" * 100_000,
        b"<p>" * 200_000,
        b"<meta property=og:x content=y>" * 20_000,
        b"&" * 300_000,
        b"<![CDATA[" * 50_000,
        b"<title>" + b"x" * 1_000_000,
    ],
    ids=range(10),
)
def test_a_hostile_page_is_read_to_some_end(tmp_path: Path, page: bytes) -> None:
    answer = read(page, tmp_path)

    assert len(str(answer)) < 100_000
