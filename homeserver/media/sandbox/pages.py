"""Web pages: what they say of themselves (OpenGraph, Twitter cards, title, description)."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

MAX_READ = 512 * 1024
MAX_TAGS = 20_000
MAX_VALUE = 1000
MAX_TEXT = 300
MAX_PROPERTIES = 50
MAX_TAG = 64 * 1024
PIECE = 8192

QUIET = frozenset({"script", "style", "noscript", "svg", "nav", "header", "footer", "aside"})
TEXTUAL = frozenset({"p", "h1", "h2", "h3", "article", "main", "td", "li"})
ALIASES = {
    "twitter:title": "og:title",
    "twitter:description": "og:description",
    "twitter:image": "og:image",
    "twitter:image:src": "og:image",
    "description": "og:description",
    "og:image:url": "og:image",
    "og:image:secure_url": "og:image",
}
_CHARSET = re.compile(rb"""charset\s*=\s*["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_SPACES = re.compile(r"\s+")

Answer = dict[str, Any]


class Enough(Exception):
    """The rest of the page will not be read."""


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.properties: dict[str, str] = {}
        self.fallbacks: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.text: list[str] = []
        self.base = ""
        self._title: list[str] | None = None
        self._is_in_body = False
        self._quiet = 0
        self._textual = 0
        self._tags = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags += 1
        if self._tags > MAX_TAGS:
            raise Enough
        named = {name: value or "" for name, value in attrs[:30]}
        if tag == "meta":
            self._meta(named)
        elif tag == "link":
            self._link(named)
        elif tag == "base":
            self.base = self.base or named.get("href", "")
        elif tag == "title" and "title" not in self.fallbacks and not self._quiet:
            self._title = []
        elif tag == "body":
            self._is_in_body = True
        elif tag == "img" and self._is_in_body and named.get("src"):
            self.fallbacks.setdefault("image", named["src"])
        self._quiet += tag in QUIET
        self._textual += tag in TEXTUAL

    def handle_endtag(self, tag: str) -> None:
        if tag == "title" and self._title is not None:
            self.fallbacks["title"] = clean("".join(self._title))
            self._title = None
        if tag == "head" and {"og:title", "og:description"} <= self.properties.keys():
            raise Enough
        self._quiet = max(0, self._quiet - (tag in QUIET))
        self._textual = max(0, self._textual - (tag in TEXTUAL))

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data[:MAX_VALUE])
        elif self._is_in_body and self._textual and not self._quiet and data.strip():
            self.text.append(data[:MAX_TEXT])
            if sum(map(len, self.text)) > 2 * MAX_TEXT:
                raise Enough

    def _meta(self, named: dict[str, str]) -> None:
        name = (named.get("property") or named.get("name") or "").strip().lower()
        value = clean(named.get("content", ""))[:MAX_VALUE]
        if not value or len(self.properties) >= MAX_PROPERTIES:
            return
        if name.startswith("og:") and name not in ALIASES:
            # The first is the one that the page likes best.
            self.properties.setdefault(name[:100], value)
        elif name in ALIASES:
            self.fallbacks.setdefault(ALIASES[name], value)

    def _link(self, named: dict[str, str]) -> None:
        relations = named.get("rel", "").lower().split()
        is_oembed = named.get("type", "").lower() == "application/json+oembed"
        if "alternate" in relations and is_oembed and named.get("href"):
            self.links.setdefault("oembed", named["href"])
        if "image_src" in relations and named.get("href"):
            self.fallbacks.setdefault("og:image", named["href"])


def read(path: str, content_type: str, url: str) -> Answer:
    """The properties of a page, and the addresses of its picture and its oEmbed description."""
    with open(path, "rb") as file:
        data = file.read(MAX_READ)
    page = Page()
    text = decoded(data, content_type)
    try:
        for start in range(0, len(text), PIECE):
            page.feed(text[start : start + PIECE])
            if len(page.rawdata) > MAX_TAG:
                # A tag without end would be read again from its start with each piece.
                break
    except Enough:
        pass
    return answer_of(page, url)


def answer_of(page: Page, url: str) -> Answer:
    base = absolute(url, page.base) or url
    properties = dict(page.properties)
    for name, value in page.fallbacks.items():
        if name.startswith("og:"):
            properties.setdefault(name, value)
    if title := page.fallbacks.get("title"):
        properties.setdefault("og:title", title[:MAX_VALUE])
    if text := clean(" ".join(page.text)):
        properties.setdefault("og:description", shortened(text))
    image = properties.pop("og:image", "") or page.fallbacks.get("image", "")
    return {
        "outcome": "page",
        "properties": properties,
        "image": absolute(base, image),
        "oembed": absolute(base, page.links.get("oembed", "")),
    }


def decoded(data: bytes, content_type: str) -> str:
    found = _CHARSET.search(content_type.encode("ascii", "replace")) or _CHARSET.search(data[:2048])
    name = found[1].decode("ascii") if found else "utf-8"
    try:
        return data.decode(name, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def absolute(base: str, url: str) -> str:
    """An http or https address, or nothing."""
    try:
        whole = urljoin(base, url.strip()) if url else ""
    except ValueError:
        return ""
    return whole if whole.startswith(("http://", "https://")) and len(whole) <= 2048 else ""


def clean(text: str) -> str:
    return _SPACES.sub(" ", text.replace("\0", "")).strip()


def shortened(text: str) -> str:
    """Cut between two words."""
    if len(text) <= MAX_TEXT:
        return text
    return text[:MAX_TEXT].rpartition(" ")[0] + "…"
