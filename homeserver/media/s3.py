"""Files kept in a bucket of S3, or of what speaks like it. The folder is a cache of the newest.

A file is in the bucket before its row is in the database, and gone from there after its row.
"""

import xml.etree.ElementTree as Xml
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

from attrs import define, field, frozen

from homeserver.clock import Clock
from homeserver.config.media import ObjectStore as Settings
from homeserver.errors import MatrixError
from homeserver.http.aws_signing import Credentials, path_quoted, signed
from homeserver.http.client import Answer, Client, Limits, Outgoing
from homeserver.http.outgoing_bodies import OpenSink, Sink
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.logs import logger
from homeserver.media.depots import key_of
from homeserver.media.incoming import IncomingFile
from homeserver.media.store import FileStore
from homeserver.media.threads import Aside
from homeserver.media.together import Together
from homeserver.peers.lanes import Lane

PART_BYTES = 8 * 1024**2
"""Larger files go in parts of this size, so that memory holds no more of them."""
SECONDS = 300.0
AT_ONCE, MAY_WAIT = 4, 500
MAX_XML = 64 * 1024
EMPTY = sha256(b"").hexdigest()

log = logger(__name__)


class Unavailable(MatrixError):
    status = 503

    def __init__(self) -> None:
        super().__init__("The place where this server keeps files cannot be reached at present.")


@frozen(eq=False)
class Bucket:
    """Speaks to it: one request at a time and signed."""

    _client: Client
    _clock: Clock
    _settings: Settings

    async def ask(
        self,
        method: str,
        key: str,
        query: str = "",
        body: bytes = b"",
        sink: OpenSink | None = None,
        size: int = MAX_XML,
    ) -> Answer:
        """Raises Unavailable for answers that only say that something is wrong there."""
        settings = self._settings
        url = f"{settings.endpoint}/{settings.bucket}/{path_quoted(key)}" + (query and f"?{query}")
        body_hash = sha256(body).hexdigest() if body else EMPTY
        credentials = Credentials(settings.key_id or "", settings.secret or "", settings.region)
        headers = signed(credentials, method, url, {}, body_hash, self._clock.now_ms())
        outgoing = Outgoing(method, url, headers, body or None, sink=sink)
        try:
            answer = await self._client.request(outgoing, Limits(SECONDS, size))
        except OutgoingError as error:
            log.error("the bucket of files cannot be reached: %s", error)
            raise Unavailable() from None
        if answer.status != 404 and not 200 <= answer.status < 300:
            log.error("the bucket of files answered %d to %s", answer.status, method)
            raise Unavailable()
        return answer


@define(eq=False)
class S3Depot:
    _bucket: Bucket
    _store: FileStore
    _aside: Aside
    _prefix: str
    _cache_bytes: int
    small_bytes: int = field(default=0, init=False)
    _lane: Lane = field(factory=lambda: Lane(AT_ONCE, MAY_WAIT))
    _bringing: Together[bytes, bool] = field(factory=Together)

    async def put(self, hash: bytes, incoming: IncomingFile) -> None:
        incoming.flush()
        await self._lane.run(self._put(key_of(self._prefix, hash), incoming.path, incoming.size))

    async def bring(self, hash: bytes, size: int) -> bool:
        return await self._bringing.once(hash, lambda: self._lane.run(self._bring(hash, size)))

    async def remove(self, hash: bytes) -> None:
        await self._bucket.ask("DELETE", key_of(self._prefix, hash))

    async def clear_folder(self) -> int:
        """Those go first that have been there longest; who is asked for comes back."""
        return await self._aside(partial(self._store.shrink_files, self._cache_bytes))

    # -- how

    async def _put(self, key: str, path: Path, size: int) -> None:
        if size <= PART_BYTES:
            await self._bucket.ask("PUT", key, body=await self._aside(path.read_bytes))
            return
        begun = await self._bucket.ask("POST", key, "uploads=")
        upload = f"uploadId={path_quoted(_text(begun, 'UploadId')).replace('/', '%2F')}"
        try:
            tags = [
                (await self._put_part(key, upload, path, number, start)).headers.get("etag", "")
                for number, start in enumerate(range(0, size, PART_BYTES), 1)
            ]
            done = await self._bucket.ask("POST", key, upload, _whole(tags))
            if b"<Error>" in done.body:
                log.error("the bucket of files did not put a file together")
                raise Unavailable()
        except Exception:
            await self._bucket.ask("DELETE", key, upload)
            raise

    async def _put_part(self, key: str, upload: str, path: Path, number: int, start: int) -> Answer:
        body = await self._aside(partial(_read, path, start))
        return await self._bucket.ask("PUT", key, f"partNumber={number}&{upload}", body)

    async def _bring(self, hash: bytes, size: int) -> bool:
        arriving = _Arriving(self._store, size)
        try:
            key = key_of(self._prefix, hash)
            answer = await self._bucket.ask("GET", key, sink=arriving.open, size=size)
            if arriving.file is None or answer.status == 404:
                return False
            if arriving.file.hash != hash:
                log.error("the bucket of files holds something else as %s", hash.hex()[:12])
                return False
            await self._aside(partial(self._store.keep, arriving.file))
            return True
        finally:
            arriving.discard()


@define(eq=False)
class _Arriving:
    _store: FileStore
    _size: int
    file: IncomingFile | None = None

    def open(self, headers: Mapping[str, str]) -> Sink:
        self.discard()
        self.file = self._store.open(self._size)
        return self.file

    def discard(self) -> None:
        if self.file is not None:
            self.file.discard()


def _read(path: Path, start: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(PART_BYTES)


def _whole(tags: list[str]) -> bytes:
    """Names the parts in order."""
    root = Xml.Element("CompleteMultipartUpload")
    for number, tag in enumerate(tags, 1):
        part = Xml.SubElement(root, "Part")
        Xml.SubElement(part, "PartNumber").text = str(number)
        Xml.SubElement(part, "ETag").text = tag
    return Xml.tostring(root)


def _text(answer: Answer, name: str) -> str:
    """Of an element in a small answer of the operator's own store."""
    for element in _elements(answer.body):
        if element.tag.rpartition("}")[2] == name and element.text:
            return element.text
    log.error("the bucket of files gave no %s", name)
    raise Unavailable()


def _elements(body: bytes) -> Iterator[Xml.Element]:
    try:
        yield from Xml.fromstring(body).iter()
    except Xml.ParseError:
        return
