"""Plain and encrypted rooms: how the bridge is set, and who comes in."""

from typing import Any

import aiohttp
from attrs import frozen

from tests.bridging.people import Person, readable
from tests.bridging.sealed_people import SealedPerson


@frozen
class Kind:
    """`encryption` is a setting of the bridge."""

    name: str
    person: type[Person]
    encryption: str

    @property
    def settings(self) -> dict[str, Any]:
        return {"encryption": self.encryption}

    async def arrives(self, name: str, base_url: str, session: aiohttp.ClientSession) -> Person:
        person = self.person(base_url, session)
        await person.register(name)
        return person

    async def holds(self, *people: Person) -> None:
        """After a conversation: the homeserver could read along, or it could not."""
        for person in people:
            found = await readable(person)
            assert bool(found) == (self is PLAIN), found[:5]


PLAIN = Kind("plain", Person, "follow")
ENCRYPTED = Kind("encrypted", SealedPerson, "always")
