"""The accounts and rooms that are there before anything is measured."""

from pathlib import Path
from typing import Any, Self

import attrs
import orjson
from attrs import define, field, frozen

from scripts.benchmarks.people import Person


@frozen
class Sizes:
    """How large the world is."""

    senders: int = 20
    listeners: int = 50
    rooms: int = 200
    neighbours: int = 20
    messages_in_each_room: int = 5
    crowd: int = 1000
    history: int = 5000
    library: int = 100_000

    @property
    def label(self) -> str:
        return "-".join(str(number) for number in attrs.astuple(self))


FULL = Sizes()
QUICK = Sizes(rooms=40, neighbours=10, crowd=200, history=1000, library=20_000)


@define
class World:
    """Who is there, and in which rooms."""

    senders: list[Person] = field(factory=list)
    sender_rooms: list[str] = field(factory=list)
    """One of each sender's own, with one guest."""

    speaker: Person = field(factory=lambda: Person("", ""))
    listeners: list[Person] = field(factory=list)
    hall: str = ""
    """The speaker and all listeners are in it."""

    neighbours: list[Person] = field(factory=list)
    streets: list[str] = field(factory=list)
    """Rooms, each with all neighbours in it."""

    crowd: list[Person] = field(factory=list)
    square: str = ""
    """The crowd's room."""

    collector: Person = field(factory=lambda: Person("", ""))
    collection: list[str] = field(factory=list)
    """Thousands of rooms, and the collector in all of them; made by the operation itself."""

    archive: str = ""
    """A room of the first sender's with a long history."""

    library: list[str] = field(factory=list)
    """Rooms of the first sender's in which many different things were said."""

    def save(self, path: Path) -> None:
        path.write_bytes(orjson.dumps(attrs.asdict(self)))

    @classmethod
    def load(cls, path: Path) -> Self:
        known: dict[str, Any] = orjson.loads(path.read_bytes())
        for name, value in known.items():
            if isinstance(value, dict):
                known[name] = Person(**value)
            elif value and isinstance(value[0], dict):
                known[name] = [Person(**person) for person in value]
        return cls(**known)
