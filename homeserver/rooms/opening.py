"""The first two events of every room: it is created, and its creator joins."""

from itertools import count

from attrs import frozen

from homeserver.clock import Clock
from homeserver.events.building import Draft
from homeserver.events.event import Event
from homeserver.events.room_versions import RoomVersion
from homeserver.json_values import JsonObject
from homeserver.randomness import Random, token
from homeserver.rooms import timeline
from homeserver.rooms.member_events import MemberEvents
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class Opening:
    members: MemberEvents
    _clock: Clock
    _random: Random

    def open(
        self,
        txn: Transaction,
        version: RoomVersion,
        creator: str,
        content: JsonObject,
        wanted_id: str | None = None,
    ) -> Head:
        """`content` is that of the create event, less what the version asks for. Somebody may
        have chosen the room's id, which then must be free.
        """
        content = {**content, "room_version": version.id}
        if not version.creator_is_sender:
            content["creator"] = creator
        draft = Draft("m.room.create", content, "")
        head = timeline.begin(txn, self._create_event(txn, version, creator, draft, wanted_id))
        return self.members.append(txn, head, creator, creator, {"membership": "join"})

    def _create_event(
        self,
        txn: Transaction,
        version: RoomVersion,
        creator: str,
        draft: Draft,
        wanted_id: str | None,
    ) -> Event:
        """Version 12 names rooms by this event: two alike cannot begin in one millisecond."""
        author = self.members.author
        for now_ms in count(self._clock.now_ms()):
            room_id = wanted_id or f"!{token(self._random, 18)}:{author.server_name}"
            event = author.create_event(version, room_id, creator, draft, now_ms)
            if timeline.head(txn, event.room_id) is None:
                return event
        raise AssertionError("time ends")

    def set(self, txn: Transaction, head: Head, sender: str, draft: Draft) -> Head:
        """Send one event of state; raises Forbidden."""
        return timeline.append(txn, head, self.members.author.write(txn, head, sender, draft))
