"""Forks of random rooms: a beginning, two to four branches, and what each holds at its end.

Events may cite what is old; some are rejected; and some that the state forbids are in it all the
same, as when another server has told that state. Two servers with the same events must agree.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import Random

from attrs import frozen

from homeserver.events.auth_selection import CREATE, auth_keys
from homeserver.events.event import Event, StateKey
from homeserver.events.membership import membership_in
from homeserver.events.problems import AuthError
from homeserver.events.redaction import redact
from homeserver.events.resolution.partial_state import is_allowed
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.json_values import JsonObject
from tests.homeserver.events.room_of_branches import RoomOfBranches, State
from tests.resolution.deeds import PEOPLE, Actor, Deed

CREATOR = PEOPLE[0]
VERSIONS = ("2", "6", "10", "12")
"""One of each time that resolution or the rules that it applies have changed."""
MISLED = 0.1
CITES_THE_PAST = 0.06
REJECTED_KEPT = 0.3
REDACTED = 0.3


@frozen
class Fork:
    """`room` is an event source; `states` are what is to be resolved."""

    name: str
    room: RoomOfBranches
    states: list[State]

    def to_json(self) -> JsonObject:
        return {
            "version": self.room.version.id,
            "room_id": self.room.room_id,
            "events": {event.event_id: event.pdu for event in self.room.events.values()},
            "rejected": sorted(self.room.rejections),
            "state_sets": [
                [[*key, event_id] for key, event_id in state.items()] for state in self.states
            ],
        }


def random_fork(version: str, seed: int) -> Fork:
    """The same fork for the same seed."""
    random = Random(f"{version}/{seed}")
    room = _Play(random, RoomOfBranches(ROOM_VERSIONS[version]))
    newest = room.begins()
    for _ in range(random.choice((0, 3, 12, 60))):
        newest = room.goes_on([newest])
    tips = [room.branches_off(newest) for _ in range(random.randint(2, 4))]
    if random.random() < REDACTED:
        room.redacts_some()
    states = [room.room.state_after[tip.event_id] for tip in tips]
    return Fork(f"version {version}, seed {seed}", room.room, states)


@frozen
class _Play:
    random: Random
    room: RoomOfBranches

    def begins(self) -> Event:
        """A creator who has joined, with levels and join rules of some kind, or without."""
        content: JsonObject = {"room_version": self.room.version.id}
        if not self.room.version.creator_is_sender:
            content["creator"] = CREATOR
        if self.room.version.privileged_creators and self.random.random() < 0.3:
            content["additional_creators"] = [PEOPLE[1]]
        if self.random.random() < 0.08:
            content["m.federate"] = False
        newest = self.takes(Deed(CREATOR, "m.room.create", content), [])
        self.room.room_id = newest.room_id
        newest = self.takes(
            Deed(CREATOR, "m.room.member", {"membership": "join"}, CREATOR), [newest]
        )
        for deed in self._settings(content):
            newest = self.takes(deed, [newest])
        for person in self.random.sample(PEOPLE[1:], self.random.randint(1, 5)):
            join = Deed(person, "m.room.member", {"membership": "join"}, person)
            with suppress(AuthError):
                newest = self.takes(join, [newest])
        return newest

    def _settings(self, create: JsonObject) -> list[Deed]:
        """How the room is set up; a few rooms have no levels, or nobody who may come in."""
        deeds = []
        if self.random.random() < 0.9:
            users = {PEOPLE[1]: 50, PEOPLE[2]: self.random.choice((25, 50, 100))}
            if not self.room.version.privileged_creators:
                users[CREATOR] = 100
            for creator in create.get("additional_creators", ()):
                del users[creator]
            deeds.append(Deed(CREATOR, "m.room.power_levels", {"users": users}))
        if self.random.random() < 0.9:
            deeds.append(Deed(CREATOR, "m.room.join_rules", {"join_rule": "public"}))
        return deeds

    def branches_off(self, start: Event) -> Event:
        """Here and there a branch takes up an older event, so that branches share a part."""
        newest = start
        for _ in range(self.random.choice((2, 4, 8, 16))):
            after = [newest]
            if self.random.random() < 0.15:
                after.append(self.random.choice(list(self.room.events.values())))
            newest = self.goes_on(after)
        return newest

    def goes_on(self, after: Sequence[Event]) -> Event:
        """The next event; the newest again if the room will not have it."""
        state = self.room.state_before(after)
        around = self.room.events_of(state)
        actor = Actor(self._somebody_in(around), self.room.version, around, self.random)
        try:
            return self.takes(actor.does(), after, state)
        except AuthError:
            return after[0]

    def _somebody_in(self, state: Mapping[StateKey, Event]) -> str:
        """Mostly somebody who is in the room, and so may do something."""
        inside = [person for person in PEOPLE if membership_in(state, person) == "join"]
        return self.random.choice(inside if inside and self.random.random() < 0.8 else PEOPLE)

    def takes(self, deed: Deed, after: Sequence[Event], state: State | None = None) -> Event:
        """Raises AuthError for what leaves no trace."""
        before = self.room.state_before(after) if state is None else state
        self._check_closed(deed, before)
        event = self._built(deed, after, before)
        if not self._is_allowed_by_what_it_cites(event):
            self._rejects(event, before)
        elif is_allowed(event, self.room.events_of(before)) or self.random.random() < MISLED:
            self.room.accepts(event, before)
        else:
            self._rejects(event, before)
        return event

    def _rejects(self, event: Event, before: State) -> None:
        """Keep it as an event that changes nothing; raises AuthError for what is forgotten."""
        if self.random.random() > REJECTED_KEPT:
            raise AuthError("Not in this room.")
        self.room.accepts(event, before)
        self.room.rejections.add(event.event_id)
        self.room.state_after[event.event_id] = before

    def _is_allowed_by_what_it_cites(self, event: Event) -> bool:
        """What is not is in no server's state, however misled the server."""
        cited = [self.room.events[event_id] for event_id in event.auth_events]
        if event.version.room_id_is_create_hash and event.type != "m.room.create":
            cited.append(self.room.events["$" + event.room_id[1:]])
        if any(one.event_id in self.room.rejections for one in cited):
            return False
        return is_allowed(event, {one.state_pair: one for one in cited})

    def _check_closed(self, deed: Deed, before: State) -> None:
        """Leave out what test_differences.py is about: there Synapse is on its own."""
        create = before.get(CREATE)
        closed = create and self.room.events[create].content.get("m.federate") is False
        if closed and deed.type == "m.room.member" and not is_at_home(deed.state_key or ""):
            raise AuthError("This room is not for people of other servers.")

    def _built(self, deed: Deed, after: Sequence[Event], before: State) -> Event:
        event = self.room.builds(
            deed.sender,
            deed.type,
            deed.content,
            deed.state_key,
            after,
            self._cited(deed, before),
            self.random.choice((0, 0, 1, -1, 2500, -2500)),
        )
        if deed.redacts and not self.room.version.redacts_in_content:
            pdu = {**event.pdu, "redacts": deed.redacts}
            return Event.from_pdu(pdu, self.room.version)
        return event

    def _cited(self, deed: Deed, before: State) -> State:
        """The state that the event's auth events are taken from: sometimes an older one."""
        cited = dict(before)
        for key in auth_keys(
            deed.type, deed.sender, deed.state_key, deed.content, self.room.version
        ):
            if self.random.random() < CITES_THE_PAST:
                events = [e for e in self.room.events.values() if e.is_state]
                found = [event.event_id for event in events if event.state_pair == key]
                if found:
                    cited[key] = self.random.choice(found)
        return cited

    def redacts_some(self) -> None:
        """Both servers have stripped these, for a redaction that was allowed."""
        events = [event for event in self.room.events.values() if event.type != "m.room.create"]
        for event in self.random.sample(events, min(3, len(events))):
            pdu = redact(event.pdu, self.room.version)
            event_id = event.event_id
            self.room.events[event_id] = Event.from_pdu(pdu, self.room.version, event_id)


def is_at_home(user_id: str) -> bool:
    return user_id.partition(":")[2] == CREATOR.partition(":")[2]
