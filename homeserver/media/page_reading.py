"""Fetches a page and its picture; what they hold is read in the sandbox."""

from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urljoin, urlsplit

from attrs import frozen

from homeserver.errors import MatrixError
from homeserver.http.client import REDIRECTS, Answer, Limits, Outgoing
from homeserver.http.outgoing_errors import BadAnswer, OutgoingError
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.media.incoming import IncomingFile
from homeserver.media.preview_rules import PreviewRules
from homeserver.media.sandbox_process import SandboxFailed
from homeserver.media.sandboxes import Sandbox
from homeserver.media.store import FileStore

SECONDS = 10.0
MAX_REDIRECTS = 5
MAX_OEMBED_BYTES = 64 * 1024
PAGES = ("text/html", "application/xhtml+xml")
HEADERS = {"Accept": "text/html,application/xhtml+xml,image/*;q=0.9", "Accept-Language": "en,*"}
MAX_VALUE = 1000

Fetch = Callable[[Outgoing, Limits], Awaitable[Answer]]

log = logger(__name__)


@frozen
class Picture:
    file: IncomingFile
    content_type: str
    width: int
    height: int


@frozen
class Found:
    """Behind a URL: OpenGraph properties, and a picture that the caller keeps or discards."""

    properties: JsonObject
    picture: Picture | None


@frozen
class PageReading:
    _fetch: Fetch
    _rules: PreviewRules
    _store: FileStore
    _sandbox: Sandbox
    _max_bytes: int

    async def read(self, url: str) -> Found:
        """Raises OutgoingError when nothing was to be had."""
        file, answer = await self._get(url)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind.startswith("image/"):
            picture = await self._look_at(file)
            return Found(named(answer.url) if picture else {}, picture)
        try:
            if kind not in PAGES:
                return Found({}, None)
            page = await self._read_page(file, answer)
        finally:
            file.discard()
        return await self._complete(page)

    async def _read_page(self, file: IncomingFile, answer: Answer) -> JsonObject:
        file.flush()
        task: JsonObject = {
            "task": "page",
            "path": str(file.path),
            "content_type": answer.headers.get("content-type", ""),
            "url": answer.url,
        }
        try:
            page = await self._sandbox.ask(task)
        except SandboxFailed:
            return {}
        return page if page.get("outcome") == "page" else {}

    async def _complete(self, page: JsonObject) -> Found:
        """With what the oEmbed description adds, and with the picture."""
        properties: JsonObject = dict(page.get("properties") or {})
        image = str(page.get("image") or "")
        if page.get("oembed") and not (image and "og:title" in properties):
            more, its_image = await self._read_oembed(str(page["oembed"]))
            properties = {**more, **properties}
            image = image or its_image
        return Found(properties, await self._fetch_picture(image) if image else None)

    async def _read_oembed(self, url: str) -> tuple[JsonObject, str]:
        """Properties and a picture's address; nothing of it where it cannot be read."""
        try:
            answer = await self._follow(url, None, MAX_OEMBED_BYTES)
            described = answer.json()
        except (OutgoingError, MatrixError):
            return {}, ""
        if not isinstance(described, dict):
            return {}, ""
        names = {"title": "og:title", "provider_name": "og:site_name", "author_name": "og:author"}
        properties: JsonObject = {
            name: text[:MAX_VALUE]
            for key, name in names.items()
            if isinstance(text := described.get(key), str) and text
        }
        image = described.get("url" if described.get("type") == "photo" else "thumbnail_url")
        return properties, urljoin(answer.url, image) if isinstance(image, str) else ""

    async def _fetch_picture(self, url: str) -> Picture | None:
        try:
            file, _ = await self._get(url)
        except (OutgoingError, MatrixError) as error:
            log.debug("a preview has no picture: %s", error)
            return None
        return await self._look_at(file)

    async def _look_at(self, file: IncomingFile) -> Picture | None:
        """None, and the file is gone, if it is no picture."""
        try:
            file.flush()
            seen = await self._sandbox.ask({"task": "inspect", "path": str(file.path)})
        except SandboxFailed:
            seen = {}
        except BaseException:
            file.discard()
            raise
        if seen.get("outcome") != "image":
            file.discard()
            return None
        return Picture(
            file, str(seen["content_type"]), int(str(seen["width"])), int(str(seen["height"]))
        )

    async def _get(self, url: str) -> tuple[IncomingFile, Answer]:
        file = self._store.open(self._max_bytes)
        try:
            answer = await self._follow(url, file, self._max_bytes)
        except BaseException:
            file.discard()
            raise
        return file, answer

    async def _follow(self, url: str, sink: IncomingFile | None, size: int) -> Answer:
        """Redirects are held against the same rules as the first URL."""
        limits = Limits(SECONDS, size)
        for _ in range(MAX_REDIRECTS + 1):
            url = self._rules.check(url)
            to_file = None if sink is None else (lambda _: sink)
            answer = await self._fetch(Outgoing("GET", url, HEADERS, sink=to_file), limits)
            if answer.status in REDIRECTS and "location" in answer.headers:
                url = urljoin(url, answer.headers["location"])
            elif 200 <= answer.status < 300:
                return answer
            else:
                raise BadAnswer(f"The answer has status {answer.status}.")
        raise BadAnswer(f"There were more than {MAX_REDIRECTS} redirects.")


def named(url: str) -> JsonObject:
    """A picture is called what the last part of its path says."""
    name = unquote(urlsplit(url).path.rpartition("/")[2]).replace("\0", "")
    return {"og:title": name[:MAX_VALUE]} if name else {}
