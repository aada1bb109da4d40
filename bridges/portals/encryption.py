"""Encryption between people and the bridge: what is read, and what is said.

The bot reads; every ghost that speaks has a device of its own. Members who are ghosts are left out
of what the machines are told: nobody but people and the bot gets keys.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack

import aiohttp
from attrs import define, field

from bridges.kit.json_values import JsonObject
from bridges.matrix.client import MatrixError
from bridges.matrix.registration import Names
from bridges.matrix.rooms import Rooms
from bridges.portals.devices import Device, Devices
from bridges.portals.reading import Unreadable
from bridges.storage import secrecy
from bridges.storage.database import Database
from e2ee.driver import Refused, now_ms
from e2ee.errors import E2eeError, KeyStartsLater, MissingRoomKey, RoomKeyWithheld
from e2ee.happenings import Happening, RoomKeyArrived

log = logging.getLogger(__name__)

IN_THE_CLEAR = frozenset(("m.reaction", "m.room.redaction"))
"""Servers must understand these to do their part."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 15.0
TO_DEVICE = ("to_device", "de.sorunome.msc2409.to_device")

KeyArrived = Callable[[str, str], None]
"""Is told room and session of a key."""


@define(eq=False)
class Encryption:
    _db: Database
    _names: Names
    _devices: Devices
    _rooms: Rooms
    """To look into rooms."""
    _always: bool
    _key_arrived: KeyArrived = lambda room_id, session_id: None
    _versions: dict[str, int] = field(factory=dict)
    """Of the encrypted rooms, counted up with each change of their state."""
    _settling: asyncio.Task[None] | None = None
    _has_news: bool = False
    _bot: Device = field(init=False)
    _held: AsyncExitStack = field(factory=AsyncExitStack)

    async def start(self, key_arrived: KeyArrived) -> None:
        self._key_arrived = key_arrived
        self._versions = dict.fromkeys(await self._db.write(secrecy.rooms), 1)
        self._bot = await self._held.enter_async_context(self._devices.of(self._names.bot))

    async def stop(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
            await asyncio.gather(self._settling, return_exceptions=True)
        await self._held.aclose()
        self._devices.close()

    # What comes in

    async def accept(self, transaction: JsonObject, events: list[JsonObject]) -> None:
        """Returns when its keys and the state of its rooms are safe."""
        state = [it for it in events if self._matters(it)]
        for room_id in await self._db.write(secrecy.note, state) if state else ():
            self._versions[room_id] = self._versions.get(room_id, 0) + 1
        keys = {name: it for name, it in transaction.items() if name not in ("events", "ephemeral")}
        for name in TO_DEVICE:
            if isinstance(keys.get(name), list):
                keys[name] = [it for it in keys[name] if self._is_for_bot(it)]
        if any(keys.values()):
            self._hear(self._devices.receive(keys, now_ms()))
            self._settle_soon()

    def _matters(self, event: JsonObject) -> bool:
        kind = event["type"]
        if kind not in secrecy.FACTS or not isinstance(event.get("state_key"), str):
            return False
        if kind == secrecy.ENCRYPTION:
            return not event["state_key"]
        member = event["state_key"] if kind == "m.room.member" else ""
        is_ghost = self._names.is_ours(member) and member != self._names.bot
        return not is_ghost and event["room_id"] in self._versions

    def _is_for_bot(self, message: object) -> bool:
        return isinstance(message, dict) and message.get("to_user_id") == self._names.bot

    def _hear(self, happenings: list[Happening]) -> None:
        for one in happenings:
            if isinstance(one, RoomKeyArrived):
                self._key_arrived(one.room_id, one.session_id)

    def _settle_soon(self) -> None:
        """The homeserver's transaction does not wait for what it made us ask."""
        self._has_news = True
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle())

    async def _settle(self) -> None:
        while self._has_news:
            self._has_news = False
            try:
                self._hear(await self._devices.settle())
            except (aiohttp.ClientError, TimeoutError, Refused) as error:
                log.warning("Keys wait for the homeserver: %s", type(error).__name__)

    def open(self, event: JsonObject) -> JsonObject:
        """As if it had come in the clear; raises Unreadable."""
        try:
            return self._bot.machine.decrypt(event["room_id"], event).event
        except (MissingRoomKey, RoomKeyWithheld, KeyStartsLater) as error:
            raise Unreadable(str(error), str(event["content"]["session_id"])) from error
        except E2eeError as error:
            raise Unreadable(str(error)) from error

    def ask_for_key(self, event: JsonObject) -> None:
        """Whoever wrote it gave it to all others, and may give it again."""
        session_id = event["content"].get("session_id")
        if isinstance(session_id, str):
            self._bot.machine.ask_author_for_key(event["sender"], event["room_id"], session_id)
            self._settle_soon()

    def unsealed(self, event: JsonObject) -> JsonObject:
        """What was said before, by people or by ghosts."""
        if event.get("type") != "m.room.encrypted":
            return event
        try:
            return self.open(event)
        except Unreadable:
            return event

    # What goes out

    def is_encrypted(self, room_id: str) -> bool:
        return room_id in self._versions

    def furnished(self, options: JsonObject) -> JsonObject:
        """What rooms of ours are made with. Nobody talks in spaces."""
        if not self._always or options.get("creation_content", {}).get("type") == "m.space":
            return options
        content = {"algorithm": "m.megolm.v1.aes-sha2"}
        secret = {"type": secrecy.ENCRYPTION, "state_key": "", "content": content}
        return options | {"initial_state": [*options.get("initial_state", ()), secret]}

    async def entered(self, room_id: str) -> None:
        """The bot is in a room that may be encrypted."""
        if room_id not in self._versions and await self._rooms.state(
            room_id, secrecy.ENCRYPTION, ""
        ):
            await self._learn(room_id)

    async def _learn(self, room_id: str) -> None:
        known = [
            {name: event[name] for name in ("type", "state_key", "content")} | {"room_id": room_id}
            for event in await self._rooms.all_state(room_id)
        ]
        self._versions.setdefault(room_id, 0)
        facts = [it for it in known if self._matters(it)]
        await self._db.write(secrecy.learn, room_id, facts)
        self._versions[room_id] += 1

    async def seal(
        self, room_id: str, type: str, content: JsonObject, transaction: str, user: str | None
    ) -> tuple[str, JsonObject]:
        """An event is encrypted once, and kept so before it is sent for the first time."""
        if room_id not in self._versions or type in IN_THE_CLEAR:
            return type, content
        sealed = await self._db.write(secrecy.find_sealed, room_id, transaction)
        if sealed is None:
            sealed = await self._encrypt(room_id, type, content, user or self._names.bot)
            await self._db.write(secrecy.keep_sealed, room_id, transaction, sealed)
        return "m.room.encrypted", sealed

    async def _encrypt(self, room_id: str, type: str, content: JsonObject, user: str) -> JsonObject:
        wait_s = 0.0
        while True:
            try:
                async with self._devices.of(user) as device:
                    await self._feed(device, room_id)
                    sealed = device.machine.encrypt(room_id, type, content, now_ms())
                    if sealed is not None:
                        return sealed
                    await device.driver.settle()
            except E2eeError as error:
                raise MatrixError(400, "M_UNKNOWN", f"It cannot be encrypted: {error}") from error
            except Refused as error:
                raise MatrixError(error.status, "M_UNKNOWN", str(error)) from error
            except (aiohttp.ClientError, TimeoutError) as error:
                log.warning("Keys wait for the homeserver: %s", error)
            await asyncio.sleep(wait_s)
            wait_s = min(max(wait_s * 2, FIRST_WAIT_S), LONGEST_WAIT_S)

    async def _feed(self, device: Device, room_id: str) -> None:
        """Tell a machine what is new in the room since it last heard of it."""
        if device.fed.get(room_id) == self._versions[room_id]:
            return
        if not await self._db.write(secrecy.is_learned, room_id):
            await self._learn(room_id)
        version = self._versions[room_id]
        facts = await self._db.write(secrecy.facts, room_id)
        members = {
            it["state_key"]: str(it["content"].get("membership", "leave"))
            for it in facts
            if it["type"] == "m.room.member"
        }
        device.machine.receive_state(room_id, facts)
        present = {user: it for user, it in members.items() if it in ("join", "invite")}
        device.machine.receive_members(room_id, present)
        if room_id not in device.fed:
            # It was closed: whose devices have changed meanwhile, it has not heard.
            device.machine.receive_device_lists(present, ())
        device.fed[room_id] = version
