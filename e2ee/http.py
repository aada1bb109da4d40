"""Requests to a homeserver by aiohttp: what may succeed later is repeated."""

import asyncio
from typing import Any

import aiohttp

from e2ee.encoding import JsonObject

RETRY_S = (0.5, 1, 2, 5, 10, 30)
TOO_MANY = 429
MAX_FILE = 64 * 1024 * 1024


class Refused(Exception):
    """The server answered with an error that no repetition will change."""

    def __init__(self, status: int, answer: JsonObject) -> None:
        super().__init__(f"{status} {answer.get('errcode')}: {answer.get('error')}")
        self.status, self.answer = status, answer


class Homeserver:
    """With a token; `as_user` masquerades, for application services."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        base_url: str,
        token: str,
        as_user: JsonObject | None = None,
    ) -> None:
        self._http, self._base_url = http, base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._as_user = as_user or {}

    async def ask(self, method: str, path: str, body: Any = None, **query: str) -> JsonObject:
        """Repeats what may succeed later; raises Refused for what will not."""
        answer: JsonObject = await self._ask(method, path, body, query)
        return answer

    async def ask_list(self, method: str, path: str) -> list[JsonObject]:
        answer: list[JsonObject] = await self._ask(method, path, None, {})
        return answer

    async def upload(self, data: bytes) -> str:
        """The mxc:// URI of a new file; what it is stays among those who have its key."""
        answer = await self.ask("POST", "/_matrix/media/v3/upload", data)
        return str(answer["content_uri"])

    async def download(self, uri: str) -> bytes:
        path = f"/_matrix/client/v1/media/download/{uri.removeprefix('mxc://')}"
        url = self._base_url + path
        async with self._http.get(url, headers=self._headers, params=self._as_user) as response:
            data = bytearray()
            async for piece in response.content.iter_chunked(64 * 1024):
                data += piece
                if len(data) > MAX_FILE:
                    break
            if response.status >= 400 or len(data) > MAX_FILE:
                raise Refused(response.status, {"errcode": "M_NOT_FOUND", "error": uri})
            return bytes(data)

    async def _ask(self, method: str, path: str, body: Any, query: dict[str, str]) -> Any:
        for wait_s in RETRY_S:
            try:
                return await self._try(method, path, body, query)
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(wait_s)
        return await self._try(method, path, body, query)

    async def _try(self, method: str, path: str, body: Any, query: dict[str, str]) -> Any:
        url = self._base_url + path
        kind = "data" if isinstance(body, bytes) else "json"
        async with self._http.request(
            method, url, headers=self._headers, params=query | self._as_user, **{kind: body}
        ) as response:
            if response.status == TOO_MANY or response.status >= 500:
                raise aiohttp.ClientResponseError(response.request_info, (), status=response.status)
            answer = await response.json()
            if response.status >= 400:
                raise Refused(response.status, answer)
            return answer
