"""Somebody whose client encrypts: the same words, and none of them for the server."""

from attrs import define, field

from e2ee.attachments import Encryption, decrypt_whole
from e2ee.driver import Driver, Homeserver, now_ms, random
from e2ee.errors import E2eeError
from e2ee.happenings import Decrypted, Trust
from e2ee.machine import Machine, Me, Options
from e2ee.ratchets.by_vodozemac import Vodozemac
from e2ee.stores.memory import MemoryStore
from tests.bridging.people import JsonObject, Person

SECRET = b"only for tests, and 32 bytes long"
MEGOLM = {"algorithm": "m.megolm.v1.aes-sha2"}
IN_THE_CLEAR = ("m.reaction", "m.room.redaction")


@define(eq=False)
class SealedPerson(Person):
    """`seen` has what the machine could read, besides the events as they came; `trust` says how
    sure it is of their senders.
    """

    driver: Driver = field(init=False)
    trust: dict[str, Trust] = field(factory=dict)

    async def register(self, name: str) -> "SealedPerson":
        await super().register(name)
        device_id = (await self.ask("GET", "/v3/account/whoami"))["device_id"]
        me, options = Me(self.user_id, device_id), Options(Vodozemac(), random)
        machine = Machine.open(me, MemoryStore(), SECRET, options)
        machine.create_identity()
        self.driver = Driver(Homeserver(self.session, self.base_url, self.token), machine)
        await self.driver.settle()
        await self._sync(0)
        return self

    async def creates_room(self, **options: object) -> str:
        secret = {"type": "m.room.encryption", "state_key": "", "content": MEGOLM}
        return await super().creates_room(initial_state=[secret], **options)

    async def sends(self, room: str, type: str, content: JsonObject, unique: str = "") -> str:
        if type in IN_THE_CLEAR:
            return await super().sends(room, type, content, unique)
        await self._sync(0)
        assert self.driver.machine.is_encrypted(room)
        return await self.driver.send(room, type, content)

    async def uploads(self, data: bytes) -> JsonObject:
        sealing = Encryption.begin(random)
        uri = (await super().uploads(sealing.update(data)))["url"]
        return {"file": sealing.file(uri)}

    async def opens_file(self, event: JsonObject) -> bytes:
        file = event["content"]["file"]
        assert "url" not in event["content"]
        sealed = await self.downloads(file["url"])
        data = decrypt_whole(sealed, file)
        assert data != sealed
        return data

    async def history(self, room: str) -> list[JsonObject]:
        """With the keys that it takes to read it."""
        await self._sync(0)
        return await super().history(room)

    def unsealed(self, room: str, event: JsonObject) -> JsonObject:
        if event["type"] != "m.room.encrypted":
            return event
        try:
            return self.driver.machine.decrypt(room, event).event
        except E2eeError:
            return event

    async def _hear(self, answer: JsonObject) -> None:
        await super()._hear(answer)
        machine = self.driver.machine
        happenings = machine.receive_sync(answer, now_ms())
        for room, news in answer.get("rooms", {}).get("join", {}).items():
            events = news.get("timeline", {}).get("events", [])
            happenings += machine.receive_timeline(room, events, now_ms())
        await self.driver.settle()
        for one in [*happenings, *self.driver.take_happenings()]:
            if isinstance(one, Decrypted):
                self.seen.append({**one.event, "room_id": one.room_id})
                self.trust[one.event["event_id"]] = one.trust
