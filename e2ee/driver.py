"""The machine's driver for asyncio: it only carries. Read it to write your own."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from e2ee.attachments import Encryption, decrypt_whole
from e2ee.encoding import JsonObject, canonical
from e2ee.errors import E2eeError
from e2ee.happenings import Happening, HistoryOffered, NotSent, Sent
from e2ee.machine import Machine
from e2ee.requests import CLIENT, Request

RETRY_S = (0.5, 1, 2, 5, 10, 30)
TOO_MANY = 429
MAX_FILE = 64 * 1024 * 1024


class Refused(Exception):
    """The server answered with an error that no repetition will change."""

    def __init__(self, status: int, answer: JsonObject) -> None:
        super().__init__(f"{status} {answer.get('errcode')}: {answer.get('error')}")
        self.status, self.answer = status, answer


def now_ms() -> int:
    return int(time.time() * 1000)


random = secrets.token_bytes


class Homeserver:
    """HTTP with a token; `as_user` masquerades, for application services."""

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

    async def upload(self, data: bytes) -> str:
        """The mxc:// URI of a new file; what it is stays among those who have its key."""
        answer = await self.ask("POST", "/_matrix/media/v3/upload", data)
        return str(answer["content_uri"])

    async def download(self, uri: str) -> bytes:
        path = f"/_matrix/client/v1/media/download/{uri.removeprefix('mxc://')}"
        url = self._base_url + path
        async with self._http.get(url, headers=self._headers, params=self._as_user) as response:
            data = await response.content.read(MAX_FILE + 1)
            if response.status != 200 or len(data) > MAX_FILE:
                raise Refused(response.status, {"errcode": "M_NOT_FOUND", "error": uri})
            return data

    async def ask_list(self, method: str, path: str) -> list[JsonObject]:
        answer: list[JsonObject] = await self._ask(method, path, None, {})
        return answer

    async def _ask(self, method: str, path: str, body: Any, query: dict[str, str]) -> Any:
        for wait_s in (*RETRY_S, RETRY_S[-1]):
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


class Driver:
    """One device: syncs, settles, sends."""

    def __init__(self, server: Homeserver, machine: Machine) -> None:
        self.server, self.machine = server, machine
        self._late: list[Happening] = []
        self._settling = asyncio.Lock()

    async def settle(self) -> None:
        """Carry what the machine wants to say, until it has no more to say."""
        async with self._settling:
            while requests := self.machine.requests(now_ms()):
                for request in requests:
                    self._late += await self._carry(request)
            self._late += self.machine.take_happenings()

    async def sync(
        self, since: str | None, timeout_ms: int = 30_000
    ) -> tuple[str, list[Happening]]:
        """What is new, and where to go on. Keep `since` once you are done with the happenings."""
        query = {"timeout": str(timeout_ms)} | ({"since": since} if since else {})
        response = await self.server.ask("GET", f"{CLIENT}/sync", **query)
        happenings = self.machine.receive_sync(response, now_ms())
        for room_id, room in response.get("rooms", {}).get("join", {}).items():
            for event in room.get("timeline", {}).get("events", []):
                happenings += self.machine.receive_event(room_id, event, now_ms())
        for one in [one for one in happenings if isinstance(one, HistoryOffered)]:
            happenings += await self.take_history(one)
        await self.settle()
        return response["next_batch"], happenings + self.take_happenings()

    def take_happenings(self) -> list[Happening]:
        """What came up while requests were carried."""
        late, self._late = self._late, []
        return late

    async def happenings(self, since: str | None = None) -> AsyncIterator[Happening]:
        """For ever, from now on or from a place that an earlier run had reached."""
        while True:
            since, happenings = await self.sync(since)
            for happening in happenings:
                yield happening

    async def send(self, room_id: str, type: str, content: JsonObject) -> str:
        """The event id. Encrypted if the room is; raises what stands in the way."""
        id = self.machine.send(room_id, type, content)
        await self.settle()
        for happening in self._late:
            if isinstance(happening, Sent) and happening.id == id:
                self._late.remove(happening)
                return happening.event_id
            if isinstance(happening, NotSent) and happening.id == id:
                self._late.remove(happening)
                raise happening.error
        raise Refused(400, {"errcode": "M_UNKNOWN", "error": "The server did not take the event."})

    async def share_history(self, room_id: str, user_id: str) -> None:
        """Before inviting somebody: let them read what the room's rules let newcomers read."""
        sealed = Encryption.begin(random)
        data = sealed.update(canonical(self.machine.history_bundle(room_id)))
        file = sealed.file(await self.server.upload(data))
        while not self.machine.offer_history(room_id, user_id, file, now_ms()):
            await self.settle()
        await self.settle()

    async def take_history(self, offer: HistoryOffered) -> list[Happening]:
        """A bundle that is gone or altered is no reason to stop."""
        try:
            data = await self.server.download(str(offer.file.get("url")))
            bundle = decrypt_whole(data, offer.file)
        except (Refused, aiohttp.ClientError, E2eeError):
            self.machine.refuse_history(offer.room_id, offer.sender)
            return []
        return self.machine.import_history(offer.room_id, offer.sender, bundle)

    async def _carry(self, request: Request) -> list[Happening]:
        try:
            answer = await self.server.ask(request.method, request.path, request.body)
        except Refused as refused:
            return self.machine.receive_refusal(
                request.id, refused.status, refused.answer, now_ms()
            )
        return self.machine.receive_response(request.id, answer, now_ms())
