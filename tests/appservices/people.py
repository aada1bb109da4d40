"""People with a client, for the conversations with bridges that we did not write."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import quote

import aiohttp
from attrs import define, field

JsonObject = dict[str, Any]

PATIENCE_S = 20
"""More than any step takes."""
MUCH = '{"room": {"timeline": {"limit": 100}}}'
"""Nothing of what is said in a story is left out of a sync."""

_numbers = count(1)


@define(eq=False)
class User:
    """Keeps all events that its syncs have brought."""

    base_url: str
    session: aiohttp.ClientSession
    user_id: str = ""
    token: str = ""
    since: str = ""
    seen: list[JsonObject] = field(factory=list)
    passing: list[JsonObject] = field(factory=list)
    """Who types, who has read."""
    invites: list[str] = field(factory=list)

    async def ask(self, method: str, path: str, body: Any = None, **query: str) -> JsonObject:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{self.base_url}/_matrix/client{path}"
        async with self.session.request(
            method, url, json=body, params=query, headers=headers
        ) as response:
            answer: JsonObject = await response.json()
            assert response.status == 200, f"{method} {path}: {answer}"
            return answer

    async def register(self, name: str) -> "User":
        body = {"username": name, "password": "a long one", "auth": {"type": "m.login.dummy"}}
        answer = await self.ask("POST", "/v3/register", body)
        self.user_id, self.token = answer["user_id"], answer["access_token"]
        return self

    async def creates_room(self, **options: Any) -> str:
        return str((await self.ask("POST", "/v3/createRoom", options))["room_id"])

    async def joins(self, room: str) -> None:
        await self.ask("POST", f"/v3/join/{quote(room, safe='')}", {})

    async def says(self, room: str, text: str) -> str:
        return await self.sends(room, "m.room.message", {"msgtype": "m.text", "body": text})

    async def sends(self, room: str, type: str, content: JsonObject, unique: str = "") -> str:
        """The id of the event; the same `unique` is the same event."""
        path = f"/v3/rooms/{quote(room)}/send/{type}/{unique or f't{next(_numbers)}'}"
        return str((await self.ask("PUT", path, content))["event_id"])

    async def is_invited(self) -> str:
        """The next room into which somebody asks the user."""
        return str(await self._until(lambda: self.invites.pop(0) if self.invites else None))

    async def sees(self, wanted: Callable[[JsonObject], bool]) -> JsonObject:
        """The first such event, however long ago it came."""
        event: JsonObject = await self._until(lambda: next(filter(wanted, self.seen), None))
        return event

    async def reads(self, room: str, text: str) -> JsonObject:
        """A message with this text, from somebody else."""
        return await self.sees(
            lambda event: (
                event["room_id"] == room
                and event["sender"] != self.user_id
                and text in str(event["content"].get("body", ""))
            )
        )

    async def _until(self, found: Callable[[], Any]) -> Any:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (what := found()) is None:
                    await self._sync()
        except TimeoutError:
            said = [(it["sender"], str(it["content"].get("body"))[-200:]) for it in self.seen[-20:]]
            raise AssertionError(f"{self.user_id} waits in vain; last seen: {said}") from None
        return what

    async def _sync(self, timeout_ms: int = 2000) -> None:
        query = {"timeout": str(timeout_ms), "filter": MUCH}
        query |= {"since": self.since} if self.since else {}
        answer = await self.ask("GET", "/v3/sync", **query)
        self.since = answer["next_batch"]
        await self._hear(answer)

    async def _hear(self, answer: JsonObject) -> None:
        rooms = answer.get("rooms", {})
        for room, invite in rooms.get("invite", {}).items():
            if not is_space(invite):
                self.invites.append(room)
        for room, news in rooms.get("join", {}).items():
            for event in news.get("timeline", {}).get("events", []):
                self.seen.append({**event, "room_id": room})
            for event in news.get("ephemeral", {}).get("events", []):
                self.passing.append({**event, "room_id": room})


def is_space(invite: JsonObject) -> bool:
    """Spaces hold rooms; nobody talks in them."""
    return any(
        it["type"] == "m.room.create" and it["content"].get("type") == "m.space"
        for it in invite["invite_state"]["events"]
    )
