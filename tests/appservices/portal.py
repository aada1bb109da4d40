"""A small bridge made with mautrix, a library that we did not write: ghosts and encryption."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from attrs import define, field
from mautrix.appservice import AppService
from mautrix.appservice.state_store import ASStateStore
from mautrix.client import Client
from mautrix.client.state_store import MemoryStateStore
from mautrix.crypto import OlmMachine, StateStore
from mautrix.crypto.store import MemoryCryptoStore
from mautrix.types import EventType, RoomID, TrustState

PATIENCE_S = 20
LOOK_EVERY_S = 0.02
BOT = "@_m_bot:localhost"
GHOST = "@_m_ghost:localhost"


def registration(port: int) -> dict[str, Any]:
    return {
        "id": "portal",
        "url": f"http://127.0.0.1:{port}",
        "as_token": "the token of the portal",
        "hs_token": "the token of the homeserver",
        "sender_localpart": "_m_bot",
        "rate_limited": False,
        "namespaces": {
            "users": [
                {"regex": "@_m_.*:localhost", "exclusive": True},
                {"regex": "@alice:localhost", "exclusive": False},
            ],
        },
        "receive_ephemeral": True,
        "de.sorunome.msc2409.push_ephemeral": True,
        "org.matrix.msc3202": True,
        "io.element.msc4190": True,
    }


class Registered(MemoryStateStore, ASStateStore):
    """What the library remembers, in memory."""

    def __init__(self) -> None:
        MemoryStateStore.__init__(self)
        ASStateStore.__init__(self)
        self._made: set[str] = set()

    async def is_registered(self, user_id: Any) -> bool:
        return user_id in self._made

    async def registered(self, user_id: Any) -> None:
        self._made.add(user_id)

    async def get_members_filtered(self, room_id: Any, *_: Any, **__: Any) -> Any:
        return await self.get_members(room_id)


@define(eq=False)
class Portal:
    """`seen` are events, `passed` what passes, as the library read them."""

    service: AppService
    machine: OlmMachine
    state: Registered
    seen: list[Any] = field(factory=list)
    passed: list[Any] = field(factory=list)

    async def sees(self, wanted: Callable[[Any], bool]) -> Any:
        return await first(self.seen, wanted)

    async def hears(self, type: EventType) -> Any:
        return await first(self.passed, lambda event: event.type == type)

    async def says_in_secret(self, room_id: RoomID, content: Any) -> None:
        """Encrypted for everybody in the room."""
        members = await self.service.intent.get_room_members(room_id)
        await self.machine.share_group_session(room_id, members)
        secret: Any = await self.machine.encrypt_megolm_event(
            room_id, EventType.ROOM_MESSAGE, content
        )
        await self.service.intent.send_message_event(room_id, EventType.ROOM_ENCRYPTED, secret)

    async def reads(self, secret: Any) -> Any:
        """An encrypted event, once its key has come."""
        store, session = self.machine.crypto_store, secret.content.session_id

        async def has_key() -> bool:
            return bool(await store.has_group_session(secret.room_id, session))

        await eventually(has_key)
        return await self.machine.decrypt_megolm_event(secret)


async def first(events: list[Any], wanted: Callable[[Any], bool]) -> Any:
    async def found() -> Any:
        return next(filter(wanted, events), None)

    return await eventually(found)


async def eventually(look: Callable[[], Awaitable[Any]]) -> Any:
    """What a look shows once it shows anything."""
    for _ in range(int(PATIENCE_S / LOOK_EVERY_S)):
        if what := await look():
            return what
        await asyncio.sleep(LOOK_EVERY_S)
    raise AssertionError("waited in vain")


class RoomsOfState(StateStore):
    """What the encryption asks of rooms."""

    def __init__(self, state: Registered) -> None:
        self._state = state

    async def is_encrypted(self, room_id: RoomID) -> bool:
        return bool(await self._state.is_encrypted(room_id))

    async def get_encryption_info(self, room_id: RoomID) -> Any:
        return await self._state.get_encryption_info(room_id)

    async def find_shared_rooms(self, _: str) -> list[RoomID]:
        """Where keys were to be changed for a changed device: nobody's changes here."""
        return []


@asynccontextmanager
async def started_portal(base_url: str, registered: dict[str, Any]) -> AsyncIterator[Portal]:
    state = Registered()
    service = AppService(
        server=base_url,
        domain="localhost",
        as_token=registered["as_token"],
        hs_token=registered["hs_token"],
        bot_localpart=registered["sender_localpart"],
        id=registered["id"],
        state_store=state,
        ephemeral_events=True,
        encryption_events=True,
    )
    await service.start("127.0.0.1", int(registered["url"].rpartition(":")[2]))
    client = Client(mxid=service.bot_mxid, base_url=base_url, state_store=state)
    client.api.token = service.as_token
    store = MemoryCryptoStore("portal", "pickle")
    machine = OlmMachine(client, store, RoomsOfState(state))
    machine.send_keys_min_trust = machine.share_keys_min_trust = TrustState.UNVERIFIED
    portal = Portal(service, machine, state)

    async def note(event: Any) -> None:
        (portal.seen if hasattr(event, "event_id") else portal.passed).append(event)

    service.matrix_event_handler(note)
    service.otk_handler = machine.handle_as_otk_counts
    service.device_list_handler = machine.handle_as_device_lists
    service.to_device_handler = machine.handle_as_to_device_event
    try:
        await service.intent.ensure_registered()
        await client.create_device_msc4190(device_id="PORTAL", initial_display_name="portal")
        await machine.load()
        await machine.share_keys()
        yield portal
    finally:
        await client.api.session.close()
        await service.stop()
