"""Filters that clients upload, or send along. Spec: Client-Server API, "Filtering"."""

from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import sha256

import orjson
from attrs import field, frozen

from homeserver.errors import BadJson, InvalidParam, NotFound, NotJson, TooLarge
from homeserver.events.filters import SyncFilter
from homeserver.json_values import JsonObject, decode
from homeserver.storage import filters
from homeserver.storage.cache import Cache
from homeserver.storage.database import Database

MAX_BYTES = 64 * 1024
MAX_FILTERS = 1000
"""Of one user. Newer ones push the oldest out."""

CACHE_BYTES = 2 * 1024 * 1024
EVERYTHING = SyncFilter()


def _new_cache() -> Cache[tuple[str, str], tuple[SyncFilter, int]]:
    return Cache(CACHE_BYTES, lambda _, found: found[1])


@frozen
class Filters:
    """A filter's id is a hash of its content, so what is remembered never grows stale."""

    _db: Database
    _parsed: Cache[tuple[str, str], tuple[SyncFilter, int]] = field(factory=_new_cache, init=False)

    async def create(self, user_id: str, body: JsonObject) -> str:
        """The id of the filter; equal filters have one id."""
        SyncFilter.parse(body)
        content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        if len(content) > MAX_BYTES:
            raise TooLarge(f"A filter may take {MAX_BYTES} bytes.")
        filter_id = urlsafe_b64encode(sha256(content).digest()[:12]).decode()
        await self._db.write(filters.save, user_id, filter_id, content.decode(), MAX_FILTERS)
        return filter_id

    async def get(self, user_id: str, filter_id: str) -> JsonObject:
        found: JsonObject = decode(await self._content(user_id, filter_id))
        return found

    async def resolve(self, user_id: str, text: str) -> SyncFilter:
        """What the `filter` of /sync says: JSON, the id of an uploaded filter, or nothing."""
        if not text:
            return EVERYTHING
        if text.startswith("{"):
            return parse_inline(text)
        known = self._parsed.get((user_id, text))
        if known is None:
            try:
                content = await self._content(user_id, text)
            except NotFound:
                raise InvalidParam("There is no filter with this id.") from None
            known = (SyncFilter.parse(decode(content)), 1000 + 5 * len(content))
            self._parsed.fill((user_id, text), known, 0)
        return known[0]

    async def _content(self, user_id: str, filter_id: str) -> str:
        content = None
        if "\0" not in filter_id:
            content = await self._db.glance(filters.find, user_id, filter_id)
        if content is None:
            raise NotFound("There is no filter with this id.")
        return content


@lru_cache(maxsize=128)
def parse_inline(text: str) -> SyncFilter:
    """A filter written out in the query; clients send the same one again and again."""
    return SyncFilter.parse(_decode_object(text))


def _decode_object(text: str) -> JsonObject:
    try:
        body = decode(text)
    except ValueError as error:
        raise NotJson(f"The filter is not valid JSON: {error}.") from None
    if not isinstance(body, dict):
        raise BadJson("A filter is a JSON object.")
    return body
