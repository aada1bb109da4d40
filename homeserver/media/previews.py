"""What is behind a URL, for clients that show it. Spec: Client-Server API, "preview_url"."""

import hashlib

from homeserver.errors import LimitExceeded, MatrixError
from homeserver.http.deadline import within
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.json_values import JsonObject, decode, encode
from homeserver.logs import logger
from homeserver.media.addresses import content_uri
from homeserver.media.keeping import Keeping
from homeserver.media.page_reading import Found, PageReading, Picture
from homeserver.media.preview_rules import PreviewRules
from homeserver.media.together import Together
from homeserver.media.uploads import Description, UploadRules, described
from homeserver.storage import media, url_previews
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.storage.url_previews import Preview

SECONDS = 25.0
RETRY_AFTER_MS = 600_000
"""How long a page counts as unreachable that could not be fetched."""

KEEP_MS = 86_400_000
"""How long a preview that is too old stays, for clients that still show its picture."""

MAX_AT_ONCE = 20
BATCH = 100

log = logger(__name__)


class NotFetched(MatrixError):
    status = 502

    def __init__(self) -> None:
        super().__init__("This page could not be fetched.")


class Previews:
    def __init__(
        self,
        db: Database,
        keeping: Keeping,
        uploads: UploadRules,
        rules: PreviewRules,
        reading: PageReading,
    ) -> None:
        self._db = db
        self._keeping = keeping
        self._uploads = uploads
        self._settings = uploads.settings.url_previews
        self._rules = rules
        self._reading = reading
        self._making: Together[bytes, str] = Together()

    async def of(self, url: str) -> JsonObject:
        """OpenGraph properties; raises NotFetched, and Forbidden for what is not previewed."""
        url = self._rules.check(url)
        key = hashlib.sha256(url.encode()).digest()
        known = await self._db.glance(url_previews.find, key)
        if known is not None and self._is_fresh(known):
            answer = known.answer
        else:
            answer = await self._making.once(key, lambda: self._make(key, url))
        if not answer:
            raise NotFetched()
        properties = decode(answer.encode())
        assert isinstance(properties, dict)
        return properties

    async def trim(self) -> None:
        """Forget previews that are too old or too many, with their pictures."""
        now_ms = self._uploads.clock.now_ms()
        before_ms = now_ms - self._settings.fresh_for - KEEP_MS
        await self._forget(await self._db.write(url_previews.take_older, before_ms, BATCH))
        most = self._settings.max_previews
        await self._forget(await self._db.write(url_previews.take_beyond, most, BATCH))

    def _is_fresh(self, known: Preview) -> bool:
        age_ms = self._uploads.clock.now_ms() - known.fetched_ts
        return age_ms < (self._settings.fresh_for if known.answer else RETRY_AFTER_MS)

    async def _make(self, key: bytes, url: str) -> str:
        if len(self._making) > MAX_AT_ONCE:
            raise LimitExceeded(2000)
        now_ms = self._uploads.clock.now_ms()
        try:
            found = await within(self._uploads.clock, SECONDS, self._reading.read(url))
        except (OutgoingError, MatrixError) as error:
            log.info("no preview: %s", error)
            found, answer = None, ""
        if found is None or found.picture is None:
            answer = "" if found is None else text_of(found.properties)
            before = await self._db.write(url_previews.save, key, Preview(answer, None, now_ms))
        else:
            answer, before = await self._save_with_picture(key, found, found.picture)
        await self._forget([before] if before else [])
        return answer

    async def _save_with_picture(
        self, key: bytes, found: Found, picture: Picture
    ) -> tuple[str, str | None]:
        new = self._uploads.new(None)

        def record(txn: Transaction, hash: bytes, size: int) -> tuple[str, str | None]:
            media.add(txn, described(new, hash, size, Description(picture.content_type, None)))
            uri = content_uri(new.origin, new.media_id)
            answer = text_of({**found.properties, **shown(picture, uri, size)})
            before = url_previews.save(txn, key, Preview(answer, new.media_id, new.created_ts))
            return answer, before

        return await self._keeping.keep(picture.file, record)

    async def _forget(self, media_ids: list[str]) -> None:
        for media_id in media_ids:
            found = await self._db.read(media.find, self._uploads.server_name, media_id)
            if found is not None:
                await self._keeping.delete(found)


def shown(picture: Picture, uri: str, size: int) -> JsonObject:
    return {
        "og:image": uri,
        "og:image:type": picture.content_type,
        "og:image:width": picture.width,
        "og:image:height": picture.height,
        "matrix:image:size": size,
    }


def text_of(properties: JsonObject) -> str:
    return encode(properties).decode()
