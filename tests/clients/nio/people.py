"""People who talk through matrix-nio, and what they do."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from attrs import Factory, define
from nio import (
    AsyncClient,
    AsyncClientConfig,
    ErrorResponse,
    JoinResponse,
    LoginResponse,
    RegisterResponse,
    RoomCreateResponse,
    RoomInviteResponse,
    RoomMessagesResponse,
    RoomSendResponse,
    SyncResponse,
)

from tests.clients.started_server import Homeserver

PATIENCE_S = 20
"""How long somebody waits for news before the test fails."""

Json = dict[str, Any]
T = TypeVar("T")


async def expect(kind: type[T], answer: Awaitable[object]) -> T:
    """The answer, which nio must have been able to read as this kind."""
    response = await answer
    assert isinstance(response, kind), f"expected {kind.__name__}, got {response}"
    return response


async def refused(answer: Awaitable[object]) -> str:
    """The errcode of an answer that must be a refusal."""
    response = await answer
    assert isinstance(response, ErrorResponse), f"expected a refusal, got {response}"
    assert response.message, "a refusal says why"
    return str(response.status_code)


@define
class Person:
    """Somebody with one device, and every event that this device was shown."""

    client: AsyncClient
    password: str
    heard: list[tuple[str, Any]] = Factory(list)
    to_device: list[Any] = Factory(list)
    account_data: list[Any] = Factory(list)
    presence: list[Any] = Factory(list)

    @property
    def user_id(self) -> str:
        return str(self.client.user_id)

    @property
    def server_name(self) -> str:
        return self.user_id.partition(":")[2]

    async def syncs(self, timeout_ms: int = 0, **options: Any) -> Any:
        response = await expect(SyncResponse, self.client.sync(timeout=timeout_ms, **options))
        for room_id, room in response.rooms.join.items():
            self.heard += [(room_id, event) for event in room.timeline.events]
        self.to_device += response.to_device_events
        self.account_data += response.account_data_events
        self.presence += response.presence_events
        return response

    async def syncs_until(self, condition: Callable[[], T | None]) -> T:
        """Sync until something is so, and give what the condition found."""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := condition()):
                await self.syncs(timeout_ms=5000)
        return found

    async def hears(self, room_id: str, event_id: str) -> Any:
        """The event, once it came down sync in a room's timeline."""

        def arrived() -> list[Any]:
            return [event for event in self.events(room_id) if event.event_id == event_id]

        return (await self.syncs_until(arrived))[0]

    def events(self, room_id: str) -> list[Any]:
        return [event for room, event in self.heard if room == room_id]

    def room(self, room_id: str) -> Any:
        """The room as nio sees it, or None before it came down sync."""
        return self.client.rooms.get(room_id)

    async def creates_room(self, *invited: "Person", **options: Any) -> str:
        invite = [person.user_id for person in invited]
        creation = self.client.room_create(invite=invite, **options)
        return str((await expect(RoomCreateResponse, creation)).room_id)

    async def invites(self, person: "Person", room_id: str) -> None:
        await expect(RoomInviteResponse, self.client.room_invite(room_id, person.user_id))

    async def joins(self, room: str) -> str:
        return str((await expect(JoinResponse, self.client.join(room))).room_id)

    async def sends(self, room_id: str, body: str, **more: Any) -> str:
        return await self.sends_event(
            room_id, "m.room.message", {"msgtype": "m.text", "body": body, **more}
        )

    async def sends_event(
        self, room_id: str, type: str, content: Json, txn_id: str | None = None
    ) -> str:
        sending = self.client.room_send(room_id, type, content, tx_id=txn_id)
        return str((await expect(RoomSendResponse, sending)).event_id)

    async def pages(self, room_id: str, start: str, **options: Any) -> Any:
        paging = self.client.room_messages(room_id, start, **options)
        return await expect(RoomMessagesResponse, paging)

    async def asks(self, method: str, path: str, body: Json | None = None) -> tuple[int, Json]:
        """Status and body of a request for which nio has no method of its own."""
        response = await self.client.send(
            method,
            f"/_matrix/client/v3{path}",
            None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {self.client.access_token}"},
        )
        return response.status, await response.json()


class People:
    """Who lives on the server during one conversation."""

    def __init__(self, server: Homeserver) -> None:
        self._server = server
        self._clients: list[AsyncClient] = []

    @property
    def server(self) -> Homeserver:
        return self._server

    def stranger(self, user: str = "") -> AsyncClient:
        """A client that is not logged in."""
        config = AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0, request_timeout=PATIENCE_S)
        client = AsyncClient(self._server.base_url, user, config=config)
        self._clients.append(client)
        return client

    async def register(self, *names: str) -> list[Person]:
        """New accounts; a few random letters keep them apart from those of other tests."""
        return [await self._register(fresh(name)) for name in names]

    async def _register(self, username: str) -> Person:
        client, password = self.stranger(), secrets.token_urlsafe(12)
        await expect(RegisterResponse, client.register(username, password, "phone"))
        return Person(client, password)

    async def another_device(self, person: Person, name: str = "laptop") -> Person:
        client = self.stranger(person.user_id)
        await expect(LoginResponse, client.login(person.password, device_name=name))
        return Person(client, person.password)

    def adopt(self, client: AsyncClient) -> None:
        """Close this client, too, when the conversation is over."""
        self._clients.append(client)

    async def close(self) -> None:
        for client in self._clients:
            await client.close()


def fresh(name: str) -> str:
    return f"{name}-{secrets.token_hex(4)}"
