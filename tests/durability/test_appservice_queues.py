"""Whatever a service is to get arrives once and in order, however often the server dies."""

import asyncio
import json
import os
import time
from pathlib import Path
from random import Random
from statistics import median

import pytest
from attrs import define, field

from tests.durability.actors import Person, register
from tests.durability.server import ServerProcess
from tests.durability.slow_service import SlowService
from tests.durability.wire import Client, JsonObject, Lost, path
from tests.postgres import PostgresServer

KILLS = int(os.environ.get("DURABILITY_KILLS", "100")) // 2
SEED = int(os.environ.get("DURABILITY_SEED", "0")) or int.from_bytes(os.urandom(4))
LOAD_SECONDS = (0.1, 0.5)
PATIENCE_SECONDS = 60
AS_TOKEN, GHOST, DEVICE = "as-token", "@_bridge_ghost:localhost", "BRIDGE"


def registration(port: int) -> JsonObject:
    return {
        "id": "bridge",
        "url": f"http://127.0.0.1:{port}",
        "as_token": AS_TOKEN,
        "hs_token": "hs-token",
        "sender_localpart": "_bridge_bot",
        "namespaces": {"users": [{"regex": "@_bridge_.*", "exclusive": True}]},
        "receive_ephemeral": True,
    }


@define(eq=False)
class Sender:
    """Sends numbers, one after the other, and after a death the last one again."""

    person: Person
    room: str
    number: int = 0
    whispers: bool = False

    async def until_death(self) -> None:
        try:
            while True:
                await self._send(str(self.number))
                self.number += 1
        except Lost:
            self.person.client.close()

    async def _send(self, text: str) -> None:
        client = self.person.client
        if self.whispers:
            messages = {"messages": {GHOST: {DEVICE: {"number": text}}}}
            await client.put(path("sendToDevice", "m.test", text), messages)
        else:
            body = {"msgtype": "m.text", "body": text}
            await client.put(path("rooms", self.room, "send", "m.room.message", text), body)


@define(eq=False)
class Story:
    server: ServerProcess
    service: SlowService
    random: Random
    kills: int
    senders: list[Sender] = field(factory=list)

    async def run(self) -> None:
        await self.service.start()
        await self.server.start()
        try:
            await self._begin()
            for _ in range(self.kills):
                lives = [asyncio.create_task(sender.until_death()) for sender in self.senders]
                await asyncio.sleep(self.random.uniform(*LOAD_SECONDS))
                await self.server.kill()
                await asyncio.gather(*lives)
                await self.server.start()
            self.service.is_kind = True
            await self._catch_up()
            await self.server.stop()
        finally:
            await self.server.kill()
            self.service.stop()

    async def _begin(self) -> None:
        bridge = Client(self.server.port, AS_TOKEN)
        ghost = {"type": "m.login.application_service", "username": "_bridge_ghost"}
        await bridge.post(path("register"), {**ghost, "inhibit_login": True})
        await bridge.put(path("devices", DEVICE, user_id=GHOST), {})
        for name in ("alice", "bob", "carol"):
            person = await register(self.server.port, name)
            answer = await person.client.post(path("createRoom"), {"preset": "public_chat"})
            room = str(answer["room_id"])
            await bridge.post(path("join", room, user_id=GHOST), {})
            self.senders.append(Sender(person, room, whispers=name == "carol"))

    async def _catch_up(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            bridge = Client(self.server.port, AS_TOKEN)
            while any(len(self.of(sender)) < sender.number for sender in self.senders):
                # A service that is back says so.
                await bridge.get(path("account", "whoami"))
                await asyncio.sleep(0.5)

    def of(self, sender: Sender) -> list[str]:
        """What the service has got of somebody, in the order in which it came."""
        if sender.whispers:
            return [it["content"]["number"] for it in self.service.messages]
        return [
            event["content"]["body"]
            for event in self.service.events
            if event["type"] == "m.room.message" and event["room_id"] == sender.room
        ]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_service_gets_everything_once_and_in_order_when_the_server_is_killed(
    engine: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    random, began = Random(SEED), time.monotonic()
    service = SlowService(random)
    file = tmp_path / "bridge.yaml"
    file.write_text(json.dumps(registration(service.port)))
    database, kills = {"engine": engine, "path": str(tmp_path / "homeserver.db")}, KILLS
    if engine == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("durable_postgres")
        database, kills = {"engine": engine, "dsn": postgres.new_database()}, max(2, KILLS // 10)
    server = ServerProcess(tmp_path, database, appservice_config_files=[str(file)])
    story = Story(server, service, random, kills)

    asyncio.run(story.run())

    for sender in story.senders:
        got = story.of(sender)
        # The last one may have arrived though its sender never heard that it was sent.
        assert got == [str(number) for number in range(len(got))]
        assert len(got) - sender.number in (0, 1)
    with capsys.disabled():
        print(
            f"\nappservice queues, {engine}: {kills} kills, "
            f"{sum(sender.number for sender in story.senders)} events and messages sent, "
            f"{len(service.taken)} transactions, {service.repeated} repeated unchanged; "
            f"median start {median(server.starts):.2f} s, {time.monotonic() - began:.0f} s in all "
            f"(seed {SEED})"
        )
    assert not server.complaints()
