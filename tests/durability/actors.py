"""People who keep a server busy. Each does one thing at a time until the server dies."""

import asyncio
from random import Random

from attrs import define, field

from tests.durability.ledger import Attempt, Ledger
from tests.durability.wire import Client, JsonObject, Refused, path


@define(eq=False)
class Person:
    name: str
    client: Client
    device_id: str

    @property
    def user_id(self) -> str:
        return f"@{self.name}:localhost"


async def register(port: int, name: str) -> Person:
    body: JsonObject = {
        "username": name,
        "password": "correct horse battery",
        "auth": {"type": "m.login.dummy"},
    }
    answer = await Client(port).post(path("register"), body)
    return Person(name, Client(port, answer["access_token"]), answer["device_id"])


class Actor:
    """`act` does the next thing; `settle` finishes, on a new server, what the death cut off."""

    person: Person

    async def act(self) -> None:
        raise NotImplementedError

    async def settle(self) -> None:
        """Most things are simply asked for again."""

    async def check(self) -> None:
        """What this actor was told must be there."""


@define(eq=False)
class Writer(Actor):
    """Makes events, one after the other: an attempt stays until its event's id is known."""

    person: Person
    room: str
    ledger: Ledger
    random: Random
    _number: int = field(default=0, init=False)
    _current: Attempt | None = field(default=None, init=False)

    def draft(self, number: int) -> Attempt:
        raise NotImplementedError

    async def act(self) -> None:
        self._number += 1
        self._current = self.ledger.begin(self.draft(self._number))
        await self.settle()

    async def settle(self) -> None:
        if self._current is not None:
            await self._current.carry_out(self.person.client)
            self._current = None


@define(eq=False)
class Talker(Writer):
    """Sends messages, and finds that a retry of an old one changes nothing."""

    said: list[Attempt] = field(factory=list)

    def draft(self, number: int) -> Attempt:
        mark = f"{self.person.name} says {number}"
        target = path("rooms", self.room, "send", "m.room.message", f"say{number}")
        body = {"msgtype": "m.text", "body": mark, "mark": mark}
        self.said.append(Attempt(self.room, target, body, mark))
        return self.said[-1]

    async def check(self) -> None:
        for attempt in self.random.sample(self.said, min(3, len(self.said))):
            await attempt.carry_out(self.person.client)


@define(eq=False)
class Redactor(Writer):
    """Takes back what a talker said."""

    talker: Talker
    taken: list[str] = field(factory=list)

    def draft(self, number: int) -> Attempt:
        known = [attempt.event_id for attempt in self.talker.said[-30:] if attempt.event_id]
        event_id = self.random.choice(known or ["$unknown"])
        mark = f"{self.person.name} takes {number}"
        self.taken.append(event_id)
        target = path("rooms", self.room, "redact", event_id, f"take{number}")
        return Attempt(self.room, target, {"reason": mark}, mark)

    async def act(self) -> None:
        if any(attempt.event_id for attempt in self.talker.said[-30:]):
            await super().act()
        await asyncio.sleep(0.02)

    async def check(self) -> None:
        for event_id in self.taken[-2:]:
            event = await self.person.client.get(path("rooms", self.room, "event", event_id))
            assert event["content"] == {}, "a redaction was forgotten"
            assert "redacted_because" in event["unsigned"]


@define(eq=False)
class StateSetter(Writer):
    """Sets state under a key of its own."""

    _content: JsonObject = field(factory=dict, init=False)

    def draft(self, number: int) -> Attempt:
        mark = f"{self.person.name} sets {number}"
        self._content = {"mark": mark}
        target = path("rooms", self.room, "state", "test.state", self.person.name)
        return Attempt(self.room, target, self._content, mark)

    async def check(self) -> None:
        target = path("rooms", self.room, "state", "test.state", self.person.name)
        if self._content:
            assert await self.person.client.get(target) == self._content


@define(eq=False)
class Wanderer(Actor):
    """Joins and leaves."""

    person: Person
    room: str
    _wants: bool = False

    async def act(self) -> None:
        self._wants = not self._wants
        await self._go()

    async def settle(self) -> None:
        """A retry of a join or leave that had happened is as good as the first."""
        try:
            await self._go()
        except Refused as error:
            assert error.status == 403 and not self._wants

    async def _go(self) -> None:
        verb = "join" if self._wants else "leave"
        await self.person.client.post(path("rooms", self.room, verb), {})

    async def check(self) -> None:
        joined = await self.person.client.get(path("joined_rooms"))
        assert (self.room in joined["joined_rooms"]) is self._wants


@define(eq=False)
class Keeper(Actor):
    """Keeps data in the account, of the user and of a room in turn."""

    person: Person
    room: str
    _kept: dict[str, JsonObject] = field(factory=dict)
    _number: int = 0
    _target: str = ""

    async def act(self) -> None:
        self._number += 1
        user = ("user", self.person.user_id)
        of_room = ("rooms", self.room) if self._number % 2 else ()
        self._target = path(*user, *of_room, "account_data", "test.kept")
        self._kept[self._target] = {"number": self._number}
        await self.settle()

    async def settle(self) -> None:
        if self._target:
            await self.person.client.put(self._target, self._kept[self._target])

    async def check(self) -> None:
        for target, content in self._kept.items():
            assert await self.person.client.get(target) == content


@define(eq=False)
class Whisperer(Actor):
    """Sends numbers to a device, each once."""

    person: Person
    listener: Person
    number: int = 0

    async def act(self) -> None:
        self.number += 1
        await self.settle()

    async def settle(self) -> None:
        if self.number:
            messages = {self.listener.user_id: {self.listener.device_id: {"number": self.number}}}
            target = path("sendToDevice", "test.whisper", f"whisper{self.number}")
            await self.person.client.put(target, {"messages": messages})


@define(eq=False)
class Reader(Actor):
    """Says how far it has read what a talker says."""

    person: Person
    talker: Talker
    _told: str = ""

    async def act(self) -> None:
        told = [attempt for attempt in self.talker.said[-5:] if attempt.told]
        if told:
            event_id = told[-1].event_id
            room = self.talker.room
            await self.person.client.post(path("rooms", room, "receipt", "m.read", event_id), {})
            self._told = event_id
        await asyncio.sleep(0.01)

    async def check(self) -> None:
        """Receipts move forwards only, so the one that was told last is there, or a later one."""
        if not self._told:
            return
        answer = await self.person.client.get(
            path("sync", filter='{"room":{"timeline":{"limit":1}}}')
        )
        ephemeral = answer["rooms"]["join"][self.talker.room]["ephemeral"]["events"]
        (found,) = [
            event_id
            for event in ephemeral
            if event["type"] == "m.receipt"
            for event_id, receipts in event["content"].items()
            if self.person.user_id in receipts.get("m.read", {})
        ]
        ids = [attempt.event_id for attempt in self.talker.said]
        assert ids.index(found) >= ids.index(self._told)


@define(eq=False)
class Founder(Actor):
    """Makes rooms: whole ones or none."""

    person: Person
    _told: list[str] = field(factory=list)
    _checked: set[str] = field(factory=set)

    async def act(self) -> None:
        body = {"preset": "private_chat", "name": f"Room {len(self._told)}"}
        self._told.append(str((await self.person.client.post(path("createRoom"), body))["room_id"]))
        await asyncio.sleep(0.1)

    async def check(self) -> None:
        joined = set((await self.person.client.get(path("joined_rooms")))["joined_rooms"])
        assert joined >= set(self._told), "a room was forgotten"
        for room in joined - self._checked:
            state = await self.person.client.get(path("rooms", room, "state"))
            types = {event["type"] for event in state}  # type: ignore[index]
            assert types >= WHOLE, f"a room was made by halves: {types}"
        self._checked = joined


WHOLE = {
    "m.room.create",
    "m.room.member",
    "m.room.power_levels",
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.name",
}
