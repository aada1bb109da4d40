"""Two Isthmuses and a Synapse that share a room, and then not all of them reach each other.

On each side of the cut people do what contradicts the other side. Once it is healed, all three
servers must come to the same state of the room, whichever that is.
"""

from contextlib import ExitStack

import pytest
from attrs import define

from tests.federation.homeservers import Homeserver
from tests.federation.people import Person, room_path, somebody, until
from tests.federation.town import Town
from tests.verbs import JsonObject

HEALED_S = 60.0


@define
class Trio:
    """One moderator on each server, and somebody to quarrel about on each."""

    moderators: list[Person]
    others: list[Person]
    room: str = ""

    @property
    def everybody(self) -> list[Person]:
        return [*self.moderators, *self.others]

    def gather(self, version: str) -> None:
        alice, *guests = self.everybody
        power = {person.user_id: 100 for person in self.moderators[1:]}
        self.room = alice.creates_room(room_version=version, preset="public_chat")
        content = alice.state(self.room, "m.room.power_levels")
        content["users"] = {**content.get("users", {}), **power}
        alice.sets(self.room, "m.room.power_levels", content)
        for guest in guests:
            guest.joins(self.room, alice.home.name)
        until(self.is_complete)

    def is_complete(self) -> bool:
        """Whether everybody is known everywhere."""
        lists = [members(person, self.room) for person in self.moderators]
        return all(len(found) == len(self.everybody) for found in lists)

    def quarrel(self, side: int) -> None:
        """What the moderator on this side does, as if there were no other sides."""
        moderator, room = self.moderators[side], self.room
        moderator.sets(room, "m.room.topic", {"topic": f"What side {side} says"})
        moderator.bans(room, self.others[side - 1])
        moderator.gives_power(room, self.others[side], 50)
        moderator.sets(room, "m.room.name", {"name": f"Side {side}"})
        moderator.kicks(room, self.others[side - 2])
        moderator.sends(room, f"From side {side}")

    def agree(self) -> bool:
        first, *rest = [person.state_ids(self.room) for person in self.moderators]
        lists = [members(person, self.room) for person in self.moderators]
        return all(state == first for state in rest) and lists[0] == lists[1] == lists[2]


@pytest.fixture(params=["10", "12"])
def version(request: pytest.FixtureRequest) -> str:
    """State is resolved in two ways: before version 12 and since."""
    return str(request.param)


@pytest.fixture(params=["isthmus hosts", "synapse hosts"])
def trio(
    request: pytest.FixtureRequest,
    our_server: Homeserver,
    our_second_server: Homeserver,
    their_server: Homeserver,
) -> Trio:
    homes = [our_server, our_second_server, their_server]
    if request.param == "synapse hosts":
        homes.reverse()
    return Trio(
        [somebody(home, f"moderator-{at}") for at, home in enumerate(homes)],
        [somebody(home, f"other-{at}") for at, home in enumerate(homes)],
    )


@pytest.mark.parametrize("cut_off", [0, 1, 2])
def test_two_sides_of_a_cut_agree_once_it_is_healed(
    town: Town, trio: Trio, version: str, cut_off: int
) -> None:
    trio.gather(version)
    names = [person.home.name for person in trio.moderators]
    alone = names[cut_off]
    together = [side for side in range(3) if side != cut_off]

    with town.relays.cut(alone, *(name for name in names if name != alone)):
        for side in (cut_off, together[0]):
            trio.quarrel(side)
        witness = trio.moderators[together[1]]
        until(lambda: topic(witness, trio.room) == f"What side {together[0]} says")
        assert topic(trio.moderators[cut_off], trio.room) == f"What side {cut_off} says"

    heal(trio)


def test_three_sides_agree_once_all_cuts_are_healed(town: Town, trio: Trio, version: str) -> None:
    trio.gather(version)
    one, two, three = [person.home.name for person in trio.moderators]

    with ExitStack() as cuts:
        cuts.enter_context(town.relays.cut(one, two, three))
        cuts.enter_context(town.relays.cut(two, three))
        for side in range(3):
            trio.quarrel(side)
        for side in range(3):
            assert topic(trio.moderators[side], trio.room) == f"What side {side} says"

    heal(trio)


def heal(trio: Trio) -> None:
    """Somebody on each side speaks again; then all must agree, and hear one another."""
    for person in trio.moderators:
        if trio.room in person.syncs().states:
            person.sends(trio.room, "Can you hear me?")
    until(trio.agree, HEALED_S)
    final = members(trio.moderators[0], trio.room)
    inside = [person for person in trio.moderators if final.get(person.user_id) == "join"]
    said = inside[0].sends(trio.room, "We agree")
    until(lambda: all(said in person.heard(trio.room) for person in inside))


def topic(person: Person, room: str) -> str:
    return str(person.state(room, "m.room.topic")["topic"])


def members(person: Person, room: str) -> dict[str, str]:
    chunk: list[JsonObject] = person.get(room_path(room, "members"))["chunk"]
    return {event["state_key"]: event["content"]["membership"] for event in chunk}
