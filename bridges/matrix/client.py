"""Calls to the homeserver, as the bridge's bot or as one of its users."""

import asyncio
import json
import logging
import random
from urllib.parse import quote

import aiohttp
from attrs import frozen
from yarl import URL

from bridges.kit.json_values import JsonObject

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
MAX_ANSWER = 100_000_000
TIMEOUT = aiohttp.ClientTimeout(total=60)
CLIENT = "/_matrix/client/v3"

log = logging.getLogger(__name__)


class MatrixError(Exception):
    """The homeserver said no, and would again."""

    def __init__(self, status: int, errcode: str, error: str) -> None:
        super().__init__(f"{status} {errcode}: {error}")
        self.status, self.errcode = status, errcode


@frozen
class Upload:
    content: bytes
    mime: str


@frozen
class Client:
    """A homeserver that is away or overloaded is waited for; only a refusal is an error."""

    _http: aiohttp.ClientSession
    _address: str
    _token: str

    async def ask(
        self,
        method: str,
        path: str,
        body: JsonObject | Upload | None = None,
        *,
        user: str | None = None,
        **query: str,
    ) -> JsonObject:
        asked_as = {} if user is None else {"user_id": user}
        answer: JsonObject = json.loads(await self._patiently(method, path, body, query | asked_as))
        return answer

    async def ask_once(self, method: str, path: str, body: JsonObject) -> JsonObject:
        """For what must not be done twice. Raises `Unanswered` when nobody knows whether it was."""
        try:
            answer: JsonObject = json.loads(await self._once(method, path, body, {}, MAX_ANSWER))
        except (TimeoutError, aiohttp.ClientError, Overloaded) as error:
            raise Unanswered from error
        return answer

    async def download(self, path: str, max_bytes: int) -> bytes:
        """Raises MatrixError where there is more."""
        return await self._patiently("GET", path, None, {}, max_bytes)

    async def ask_list(self, method: str, path: str) -> list[JsonObject]:
        answer: list[JsonObject] = json.loads(await self._patiently(method, path, None, {}))
        return answer

    async def _patiently(
        self,
        method: str,
        path: str,
        body: JsonObject | Upload | None,
        query: dict[str, str],
        max_bytes: int = MAX_ANSWER,
    ) -> bytes:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return await self._once(method, path, body, query, max_bytes)
            except (TimeoutError, aiohttp.ClientError, Overloaded) as error:
                asked = error.after_s if isinstance(error, Overloaded) else 0.0
                log.warning("The homeserver is waited for: %s", type(error).__name__)
                await asyncio.sleep(max(asked, wait_s * random.uniform(0.5, 1)))
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _once(
        self,
        method: str,
        path: str,
        body: JsonObject | Upload | None,
        query: dict[str, str],
        max_bytes: int,
    ) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}"}
        data = (
            None
            if body is None
            else json.dumps(body).encode()
            if isinstance(body, dict)
            else body.content
        )
        if body is not None:
            headers["Content-Type"] = body.mime if isinstance(body, Upload) else "application/json"
        url = URL(self._address + path, encoded=True).extend_query(query)
        async with self._http.request(
            method, url, data=data, headers=headers, timeout=TIMEOUT
        ) as response:
            content = await read_at_most(response.content, max_bytes)
        if response.status == 200:
            return content
        answer = as_object(content)
        if response.status == 429 or response.status >= 500:
            asked = answer.get("retry_after_ms", 0)
            raise Overloaded(asked / 1000 if isinstance(asked, int) else 0.0)
        errcode = str(answer.get("errcode", "M_UNKNOWN"))
        raise MatrixError(response.status, errcode, str(answer.get("error", "")))


async def read_at_most(stream: aiohttp.StreamReader, max_bytes: int) -> bytes:
    pieces, length = [], 0
    async for piece in stream.iter_any():
        pieces.append(piece)
        length += len(piece)
        if length > max_bytes:
            raise MatrixError(413, "M_TOO_LARGE", f"there are more than {max_bytes} bytes")
    return b"".join(pieces)


class Unanswered(Exception):
    """It was done, or it was not."""


class Overloaded(Exception):
    def __init__(self, after_s: float) -> None:
        super().__init__()
        self.after_s = after_s


def as_object(content: bytes) -> JsonObject:
    """What an error says, if it says anything."""
    try:
        answer = json.loads(content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def room_path(room_id: str, *rest: str) -> str:
    return "/".join((f"{CLIENT}/rooms", *(quote(part, safe="") for part in (room_id, *rest))))
