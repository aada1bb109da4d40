"""Members' names and pictures follow their profiles. Spec: "Profiles", "Server behaviour"."""

from attrs import frozen

from homeserver.errors import MatrixError
from homeserver.json_values import JsonObject
from homeserver.rooms import timeline
from homeserver.rooms.member_events import MemberEvents
from homeserver.rooms.state_checks import AUTHORISED_VIA
from homeserver.storage import memberships
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

BATCH = 25
"""So many rooms are changed in one piece of work: the writer has others to serve."""

OF_ONE_CHANGE = ("reason", "third_party_invite", "is_direct", AUTHORISED_VIA)
"""What told of the way into the room, and is not repeated."""


@frozen(eq=False)
class ProfileChanges:
    _db: Database
    _members: MemberEvents

    async def propagate(self, user_id: str, changed: JsonObject) -> None:
        """Write the fields named in `changed`, as they now are, to every room of the user."""
        mine = await self._db.glance(memberships.of_user, user_id)
        rooms = [room_id for room_id, it in mine.items() if it.membership == "join"]
        for start in range(0, len(rooms), BATCH):
            part = rooms[start : start + BATCH]
            await self._db.write(self._propagate, user_id, part, tuple(changed))

    def _propagate(
        self, txn: Transaction, user_id: str, rooms: list[str], fields: tuple[str, ...]
    ) -> None:
        profile = self._members.profile_of(txn, user_id)
        values = {field: profile.get(field) for field in fields}
        for room_id in rooms:
            head = timeline.head(txn, room_id)
            if head is not None and head.is_joined(user_id):
                self._change(txn, head, user_id, values)

    def _change(
        self, txn: Transaction, head: Head, user_id: str, values: dict[str, str | None]
    ) -> None:
        current = head.event(txn, "m.room.member", user_id)
        before = current.event.content if current else {}
        kept = {k: v for k, v in before.items() if k not in values and k not in OF_ONE_CHANGE}
        after = kept | {field: value for field, value in values.items() if value is not None}
        if any(before.get(field) != value for field, value in values.items()):
            try:
                self._members.append(txn, head, user_id, user_id, after)
            except MatrixError:
                # A room may forbid it; the others go on.
                return
