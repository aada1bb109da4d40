"""What ghosts say in encrypted rooms: whatever becomes of the homeserver, once and readable."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from attrs import define, field

from bridges.matrix.registration import Names
from bridges.matrix.rooms import Rooms
from bridges.portals import encryption
from bridges.portals.devices import DEVICE_ID, Devices, KeyRing
from bridges.portals.encryption import Encryption
from bridges.storage.database import Database
from e2ee.appservice import AppserviceMachines
from e2ee.appservice_driver import AppserviceDriver
from e2ee.driver import Driver, Homeserver
from e2ee.errors import E2eeError
from e2ee.machine import Me
from e2ee.requests import Request
from tests.e2ee.simulation import ROOM, SECRET, Json, Person, SimulatedDevice, SimulatedServer

BOT, GHOST, OTHER_GHOST = "@netbot:test", "@net_polly:test", "@net_jack:test"
PATIENCE_S, OFTEN = 10, 20
TEXT = "m.room.message"


@define(eq=False)
class Town:
    """`is_away`: nobody reaches the homeserver; `tries` are those meanwhile."""

    server: SimulatedServer = field(factory=SimulatedServer)
    is_away: bool = False
    tries: int = 0
    is_tried_often: asyncio.Event = field(factory=asyncio.Event)

    async def ask(self, me: Me, request: Request) -> Json:
        if self.is_away:
            self.tries += 1
            if self.tries == OFTEN:
                self.is_tried_often.set()
            raise aiohttp.ClientConnectionError("away")
        return self.server.answer(me.user_id, me.device_id, request)

    def server_events(self) -> list[Json]:
        """All of the room, as transactions would bring it."""
        return [event | {"room_id": room} for _, room, event in self.server.timeline]

    async def state(self, room_id: str, type: str, key: str) -> Json | None:
        """In the place of the bridge's rooms, this and the next."""
        found = await self.all_state(room_id)
        fitting = (it["content"] for it in found if (it["type"], it["state_key"]) == (type, key))
        return next(fitting, None)

    async def all_state(self, room_id: str) -> list[Json]:
        events = [event for _, room, event in self.server.timeline if room == room_id]
        newest = {(it["type"], it["state_key"]): it for it in events if "state_key" in it}
        return list(newest.values())


@define
class Door:
    """In the place of an HTTP client."""

    town: Town
    me: Me

    async def ask(self, method: str, path: str, body: Any = None, **query: str) -> Json:
        return await self.town.ask(self.me, Request("", method, path, body))


@define(eq=False)
class Carrier:
    """In the place of the driver of an application service."""

    town: Town
    ring: KeyRing
    machines: AppserviceMachines = field(factory=AppserviceMachines)

    async def device(self, me: Me) -> Driver:
        self.town.server.devices[me.user_id].setdefault(me.device_id, SimulatedDevice())
        machine = self.ring.machine(me)
        self.machines.add(machine)
        driver = Driver(cast(Homeserver, Door(self.town, me)), machine)
        await driver.settle()
        return driver

    def forget(self, me: Me) -> None:
        self.machines.remove(me)


@define(eq=False)
class Bridge:
    """As far as it encrypts. It can be started again over the same database."""

    town: Town
    folder: Path
    encryption: Encryption = field(init=False)
    _db: Database = field(init=False)

    async def starts(self) -> None:
        path = str(self.folder / "bridge.db")
        self._db = Database(path)
        await self._db.start()
        ring = KeyRing(path, SECRET)
        devices = Devices(cast(AppserviceDriver, Carrier(self.town, ring)), ring)
        rooms = cast(Rooms, self.town)
        self.encryption = Encryption(self._db, Names("test", "net"), devices, rooms, always=True)
        await self.encryption.start(lambda room_id, session_id: None)

    async def ends(self) -> None:
        await self.encryption.stop()
        await self._db.stop()

    async def says(self, text: str, ghost: str = GHOST) -> Json:
        """What is sent for it."""
        content = {"msgtype": "m.text", "body": text}
        async with asyncio.timeout(PATIENCE_S):
            type, sealed = await self.encryption.seal(ROOM, TEXT, content, text, ghost)
        assert type == "m.room.encrypted"
        return sealed


def read_by(person: Person, sealed: Json, sender: str = GHOST) -> str:
    person.syncs()
    event: Json = {"event_id": f"${sealed['ciphertext'][:20]}", "sender": sender}
    event |= {"type": "m.room.encrypted", "content": sealed, "origin_server_ts": 1}
    return str(person.machine.decrypt(ROOM, event).event["content"]["body"])


Story = Callable[[Town, Bridge, Person], Awaitable[None]]


def play(folder: Path, story: Story) -> None:
    """Alice, the bot and two ghosts are in an encrypted room."""

    async def act() -> None:
        town = Town()
        alice = Person(town.server, "@alice:test", "ALICE").settles()
        for user in (alice.me.user_id, BOT, GHOST, OTHER_GHOST):
            town.server.membership(ROOM, user, "join")
        content = {"algorithm": "m.megolm.v1.aes-sha2"}
        town.server.state(ROOM, BOT, "m.room.encryption", "", content)
        bridge = Bridge(town, folder)
        await bridge.starts()
        await bridge.encryption.entered(ROOM)
        try:
            await story(town, bridge, alice)
        finally:
            await bridge.ends()

    asyncio.run(act())


def test_while_the_homeserver_is_away_what_is_said_waits_and_goes_on_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encryption, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(encryption, "LONGEST_WAIT_S", 0.005)

    async def story(town: Town, bridge: Bridge, alice: Person) -> None:
        assert read_by(alice, await bridge.says("one")) == "one"
        town.server.membership(ROOM, "@bob:test", "join")
        bob = Person(town.server, "@bob:test", "BOB").settles()
        await bridge.encryption.accept({}, town.server_events())
        town.is_away = True
        waiting = asyncio.create_task(bridge.says("two"))
        await asyncio.wait_for(town.is_tried_often.wait(), PATIENCE_S)
        assert not waiting.done()
        town.is_away = False
        two, three = await waiting, await bridge.says("three")
        for person in (alice, bob):
            assert [read_by(person, it) for it in (two, three)] == ["two", "three"]

    play(tmp_path, story)


def test_an_event_is_sealed_once_also_when_the_bridge_is_killed_before_it_is_sent(
    tmp_path: Path,
) -> None:
    async def story(town: Town, bridge: Bridge, alice: Person) -> None:
        sealed = await bridge.says("once")
        await bridge.ends()
        await bridge.starts()
        assert await bridge.says("once") == sealed
        again = await bridge.says("afterwards")
        assert again["ciphertext"] != sealed["ciphertext"]
        assert [read_by(alice, it) for it in (sealed, again)] == ["once", "afterwards"]

    play(tmp_path, story)


def test_people_get_the_keys_and_ghosts_do_not(tmp_path: Path) -> None:
    async def story(town: Town, bridge: Bridge, alice: Person) -> None:
        await bridge.says("made", ghost=OTHER_GHOST)
        before = len(town.server.devices[OTHER_GHOST][DEVICE_ID].inbox)
        sealed = await bridge.says("for people")
        assert read_by(alice, sealed) == "for people"
        assert len(town.server.devices[OTHER_GHOST][DEVICE_ID].inbox) == before

    play(tmp_path, story)


def test_who_has_left_cannot_read_on(tmp_path: Path) -> None:
    async def story(town: Town, bridge: Bridge, alice: Person) -> None:
        bob = Person(town.server, "@bob:test", "BOB").settles()
        town.server.membership(ROOM, "@bob:test", "join")
        await bridge.encryption.accept({}, town.server_events())
        assert read_by(bob, await bridge.says("while bob is here")) == "while bob is here"
        town.server.membership(ROOM, "@bob:test", "leave")
        await bridge.encryption.accept({}, town.server_events())
        sealed = await bridge.says("without bob")
        assert read_by(alice, sealed) == "without bob"
        with pytest.raises(E2eeError):
            read_by(bob, sealed)

    play(tmp_path, story)


def test_reactions_and_redactions_stay_readable_for_servers(tmp_path: Path) -> None:
    async def story(town: Town, bridge: Bridge, alice: Person) -> None:
        content = {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1", "key": "👍"}}
        sealed = await bridge.encryption.seal(ROOM, "m.reaction", content, "t1", GHOST)
        assert sealed == ("m.reaction", content)

    play(tmp_path, story)


def test_rooms_are_made_encrypted_but_spaces_in_which_nobody_talks_are_not(tmp_path: Path) -> None:
    async def story(town: Town, bridge: Bridge, alice: Person) -> None:
        made = bridge.encryption.furnished({"name": "Hall"})
        assert [it["type"] for it in made["initial_state"]] == ["m.room.encryption"]
        space: Json = {"name": "All", "creation_content": {"type": "m.space"}}
        assert bridge.encryption.furnished(space) == space

    play(tmp_path, story)
