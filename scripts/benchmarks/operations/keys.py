"""Devices that encrypt: they upload keys, ask for those of others, take them, and whisper."""

from functools import partial
from typing import Any

import orjson
from attrs import define, field, frozen
from canonicaljson import encode_canonical_json
from nacl.signing import SigningKey
from unpaddedbase64 import encode_base64

from scripts.benchmarks.crews import Crew, crew, sessions
from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.people import Person, Session, register_by_secret
from scripts.benchmarks.stage import Stage

UPLOAD = "upload 50 one-time keys"
QUERY = "query the keys of 20 users"
CLAIM = "claim keys of 20 devices"
WHISPER = "send to 20 devices"
DEVICES = 20
KEYS = 50
TIMES = 40
ALGORITHM = "signed_curve25519"
ALGORITHMS = ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"]


@define
class Device:
    """Its keys are made and signed before anything is measured."""

    person: Person
    key: SigningKey = field(factory=SigningKey.generate)
    _made: int = 0

    def device_keys(self) -> dict[str, Any]:
        device_id = self.person.device_id
        return self.signed(
            {
                "user_id": self.person.user_id,
                "device_id": device_id,
                "algorithms": ALGORITHMS,
                "keys": {
                    f"ed25519:{device_id}": encode_base64(bytes(self.key.verify_key)),
                    f"curve25519:{device_id}": some_public_key(),
                },
            }
        )

    def one_time_keys(self) -> dict[str, Any]:
        keys = {}
        for _ in range(KEYS):
            self._made += 1
            keys[f"{ALGORITHM}:K{self._made}"] = self.signed({"key": some_public_key()})
        return {"one_time_keys": keys}

    def signed(self, value: dict[str, Any]) -> dict[str, Any]:
        signature = self.key.sign(encode_canonical_json(value)).signature
        by_key = {f"ed25519:{self.person.device_id}": encode_base64(signature)}
        return {**value, "signatures": {self.person.user_id: by_key}}


def some_public_key() -> str:
    return str(encode_base64(bytes(SigningKey.generate().verify_key)))


@frozen
class Encrypting:
    """Devices with keys, each at a connection of its own."""

    stage: Stage
    devices: list[Device]
    callers: Crew[Session]

    async def uploads(self) -> Figures:
        """Each device twice in a slice: a full run stays below the keys that a device may have."""
        meter = self.stage.meter()
        for _ in range(self.stage.effort.slices):
            tasks = [(device, device.one_time_keys()) for _ in "12" for device in self.devices]
            await meter.slice(partial(self.callers.each, tasks, self._upload))
        return meter.figures()

    async def measure(self, path: str, body: dict[str, Any], method: str = "POST") -> Figures:
        """The same request again and again, but not so often that no key is left to be claimed; a
        path that ends in / gets a transaction id.
        """
        meter = self.stage.meter()

        async def ask(caller: Session, _: int) -> float:
            full = path + self.stage.txn_id() if path.endswith("/") else path
            return (await caller.ask(method, full, body)).seconds

        for _ in range(self.stage.effort.slices):
            await meter.slice(lambda: self.callers.each(range(TIMES), ask))
        return meter.figures()

    async def _upload(self, caller: Session, task: tuple[Device, dict[str, Any]]) -> float:
        device, body = task
        session = Session(device.person, caller.connection)
        return (await session.ask("POST", "keys/upload", body)).seconds

    def each_device(self, value: Any) -> dict[str, dict[str, Any]]:
        return {it.person.user_id: {it.person.device_id: value} for it in self.devices}


async def keys(stage: Stage) -> dict[str, Figures]:
    devices = await settle(stage)
    async with sessions(stage.port, [device.person for device in devices]) as callers:
        scene = Encrypting(stage, devices, Crew(callers))
        uploads = await scene.uploads()
        asked: dict[str, list[str]] = {device.person.user_id: [] for device in devices}
        queries = await scene.measure("keys/query", {"device_keys": asked})
        wanted = {"one_time_keys": scene.each_device(ALGORITHM)}
        claims = await scene.measure("keys/claim", wanted)
        secret = {"algorithm": ALGORITHMS[0], "ciphertext": {"x": {"type": 0, "body": "A" * 500}}}
        messages = {"messages": scene.each_device(secret)}
        whispers = await scene.measure("sendToDevice/m.room.encrypted/", messages, "PUT")
    return {UPLOAD: uploads, QUERY: queries, CLAIM: claims, WHISPER: whispers}


async def settle(stage: Stage) -> list[Device]:
    """New accounts whose devices have told their keys."""
    async with crew(stage.port, 4) as people:
        names = [f"crypt-{stage.txn_id()}" for _ in range(DEVICES)]
        devices = [Device(person) for person in await people.each(names, register_by_secret)]
    for device in devices:
        async with sessions(stage.port, [device.person]) as (session,):
            answer = await session.ask("POST", "keys/upload", {"device_keys": device.device_keys()})
            assert "one_time_key_counts" in orjson.loads(answer.body)
    return devices
