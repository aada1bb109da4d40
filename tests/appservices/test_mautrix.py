"""A bridge made with mautrix: ghosts, what passes, double puppets, encryption."""

import asyncio
from pathlib import Path

import yaml
from mautrix.types import (
    BatchSendEvent,
    EventType,
    MessageType,
    RoomID,
    TextMessageEventContent,
    UserID,
)
from nio import AsyncClient, AsyncClientConfig, RoomMessageText

from tests.appservices.portal import BOT, GHOST, Portal, first, registration, started_portal
from tests.clients.started_server import free_port, started_homeserver

ALICE = UserID("@alice:localhost")
SECRET: dict[str, object] = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


class Alice:
    """Somebody with an encrypting client of today (matrix-nio)."""

    def __init__(self, base_url: str, folder: Path) -> None:
        config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
        self.client = AsyncClient(base_url, store_path=str(folder), config=config)
        self.heard: list[RoomMessageText] = []
        self.client.add_event_callback(self._hear, RoomMessageText)

    async def __aenter__(self) -> "Alice":
        await self.client.register("alice", "a long password")
        self._syncing = asyncio.create_task(self.client.sync_forever(1000, full_state=True))
        await self.client.synced.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._syncing.cancel()
        await asyncio.gather(self._syncing, return_exceptions=True)
        await self.client.close()

    async def _hear(self, _: object, event: RoomMessageText) -> None:
        self.heard.append(event)

    async def says(self, room_id: str, text: str) -> str:
        content = {"msgtype": "m.text", "body": text}
        answer = await self.client.room_send(
            room_id, "m.room.message", content, ignore_unverified_devices=True
        )
        return str(answer.event_id)

    async def hears(self, text: str) -> RoomMessageText:
        found: RoomMessageText = await first(self.heard, lambda event: event.body == text)
        return found


async def meet(portal: Portal, alice: Alice, *state: dict[str, object]) -> RoomID:
    """The room of the bridge, with a ghost and Alice."""
    bot, ghost = portal.service.intent, portal.service.intent.user(UserID(GHOST))
    await ghost.ensure_registered()
    room_id = await bot.create_room(invitees=[ALICE], initial_state=list(state))
    await ghost.ensure_joined(room_id)
    await alice.client.join(room_id)
    return room_id


async def talk(portal: Portal, alice: Alice) -> None:
    assert await portal.service.ping_self("meow") >= 0
    room_id = await meet(portal, alice)
    ghost = portal.service.intent.user(UserID(GHOST))
    await ghost.send_text(room_id, "hello from far away")
    assert (await alice.hears("hello from far away")).sender == GHOST

    event_id = await alice.says(room_id, "hello from Matrix")
    heard = await portal.sees(lambda event: event.event_id == event_id)
    assert (heard.sender, heard.content.body) == (ALICE, "hello from Matrix")

    await alice.client.room_typing(room_id, True)
    typing = await portal.hears(EventType.TYPING)
    assert (typing.room_id, typing.content.user_ids) == (room_id, [ALICE])
    await alice.client.room_read_markers(room_id, event_id, event_id)
    receipt = await portal.hears(EventType.RECEIPT)
    assert receipt.room_id == room_id and event_id in receipt.content

    as_token = portal.service.as_token
    puppet = portal.service.intent.user(ALICE, token=as_token, as_token=True)
    await puppet.send_text(room_id, "I wrote this elsewhere")
    assert (await alice.hears("I wrote this elsewhere")).sender == ALICE


async def whisper(portal: Portal, alice: Alice) -> None:
    room_id = await meet(portal, alice, SECRET)
    await first([alice], lambda it: is_encrypted(it, room_id))

    content = TextMessageEventContent(msgtype=MessageType.TEXT, body="a secret for Alice")
    await portal.says_in_secret(room_id, content)
    heard = await alice.hears("a secret for Alice")
    assert heard.decrypted and heard.sender == BOT

    event_id = await alice.says(room_id, "a secret for the bridge")
    secret = await portal.sees(lambda event: event.event_id == event_id)
    assert secret.type == EventType.ROOM_ENCRYPTED
    plain = await portal.reads(secret)
    assert plain.content.body == "a secret for the bridge"


async def remember(portal: Portal, alice: Alice) -> None:
    """The past of a chat comes after its present; in the end the chat goes."""
    room_id = await meet(portal, alice)
    bot, ghost = portal.service.intent, portal.service.intent.user(UserID(GHOST))
    await ghost.send_text(room_id, "today")
    await bot.beeper_batch_send(room_id, long_ago("yesterday noon", "yesterday evening"))
    await bot.beeper_batch_send(room_id, long_ago("last year"))

    page = await alice.client.room_messages(room_id, limit=100)
    said = [event.body for event in page.chunk if isinstance(event, RoomMessageText)]
    assert said == ["today", "yesterday evening", "yesterday noon", "last year"]

    await bot.beeper_delete_room(room_id)
    assert room_id not in (await alice.client.joined_rooms()).rooms


def long_ago(*texts: str) -> list[BatchSendEvent]:
    return [
        BatchSendEvent(
            type=EventType.ROOM_MESSAGE,
            sender=UserID(GHOST),
            timestamp=1_000_000 + number,
            content=TextMessageEventContent(msgtype=MessageType.TEXT, body=text),
        )
        for number, text in enumerate(texts)
    ]


def is_encrypted(alice: Alice, room_id: str) -> bool:
    room = alice.client.rooms.get(room_id)
    return room is not None and room.encrypted


def test_a_bridge_speaks_and_listens_in_the_clear_and_in_secret(tmp_path: Path) -> None:
    registered = registration(free_port())
    path = tmp_path / "portal.yaml"
    path.write_text(yaml.safe_dump(registered))
    database = {"engine": "sqlite", "path": str(tmp_path / "homeserver.db")}

    async def act(base_url: str) -> None:
        async with (
            Alice(base_url, tmp_path) as alice,
            started_portal(base_url, registered) as portal,
        ):
            await talk(portal, alice)
            await whisper(portal, alice)
            await remember(portal, alice)

    with started_homeserver(tmp_path, database, appservice_config_files=[str(path)]) as homeserver:
        asyncio.run(act(homeserver.base_url))
