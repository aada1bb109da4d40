"""The machine's driver for asyncio: it only carries. Read it to write your own."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from urllib.parse import quote

import aiohttp

from e2ee.attachments import Encryption, decrypt_whole
from e2ee.dehydration import PATH
from e2ee.encoding import JsonObject, canonical
from e2ee.errors import E2eeError
from e2ee.gaps import left_out
from e2ee.happenings import Happening, HistoryOffered, NotSent, Sent
from e2ee.http import Homeserver, Refused
from e2ee.machine import Machine
from e2ee.requests import CLIENT, Request

__all__ = ["Driver", "Homeserver", "Refused", "now_ms", "random"]

NOT_FOUND = 404
random = secrets.token_bytes


def now_ms() -> int:
    return int(time.time() * 1000)


class Driver:
    """One device: syncs, settles, sends."""

    def __init__(self, server: Homeserver, machine: Machine) -> None:
        self.server, self.machine = server, machine
        self._late: list[Happening] = []
        self._awaited: dict[str, asyncio.Future[str]] = {}
        self._settling = asyncio.Lock()

    async def settle(self) -> None:
        """Carry what the machine wants to say, until it has no more to say."""
        async with self._settling:
            while requests := self.machine.requests(now_ms()):
                for request in requests:
                    self.keep(await self._carry(request))
            self.keep(self.machine.take_happenings())

    async def sync(
        self, since: str | None, timeout_ms: int = 30_000
    ) -> tuple[str, list[Happening]]:
        """What is new, and where to go on. Keep `since` once you are done with the happenings."""
        query = {"timeout": str(timeout_ms)} | ({"since": since} if since else {})
        response = await self.server.ask("GET", f"{CLIENT}/sync", **query)
        happenings = self.machine.receive_sync(response, now_ms())
        for room_id, room in response.get("rooms", {}).get("join", {}).items():
            missed = await left_out(self.server, self.machine.me.user_id, room_id, room, since)
            events = [*missed, *room.get("timeline", {}).get("events", [])]
            happenings += self.machine.receive_timeline(room_id, events, now_ms())
        for one in [one for one in happenings if isinstance(one, HistoryOffered)]:
            happenings += await self.take_history(one)
        self.keep(happenings)
        await self.settle()
        return response["next_batch"], self.take_happenings()

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
        sent: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._awaited[id] = sent
        try:
            await self.settle()
            return await sent
        finally:
            del self._awaited[id]

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

    async def wake_sleeping_device(self) -> list[Happening]:
        """Take over what a dehydrated device has collected, and lay a new one down (MSC3814)."""
        try:
            asleep = await self.server.ask("GET", PATH)
        except Refused as refused:
            if refused.status != NOT_FOUND:
                raise
            happenings: list[Happening] = []
        else:
            events = await self._collected(asleep["device_id"])
            happenings = self.machine.wake(asleep["device_data"], events, now_ms())
        self.machine.lay_down()
        await self.settle()
        return happenings

    async def _collected(self, device_id: str) -> list[JsonObject]:
        path, events = f"{PATH}/{quote(device_id, safe='')}/events", []
        place: dict[str, str] = {}
        while True:
            answer = await self.server.ask("GET", path, **place)
            events += answer["events"]
            if not answer["events"] or "next_batch" not in answer:
                return events
            place = {"from": answer["next_batch"]}

    def keep(self, happenings: list[Happening]) -> None:
        """For whoever asks next; but what `send` waits for is its own."""
        for one in happenings:
            sent = self._awaited.get(one.id) if isinstance(one, Sent | NotSent) else None
            if sent is None or sent.done():
                self._late.append(one)
            elif isinstance(one, Sent):
                sent.set_result(one.event_id)
            elif isinstance(one, NotSent):
                sent.set_exception(one.error)

    async def _carry(self, request: Request) -> list[Happening]:
        try:
            answer = await self.server.ask(request.method, request.path, request.body)
        except Refused as refused:
            return self.machine.receive_refusal(
                request.id, refused.status, refused.answer, now_ms()
            )
        return self.machine.receive_response(request.id, answer, now_ms())
