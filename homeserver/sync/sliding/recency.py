"""When rooms were last active and what kind they are: known without a look at the room.

Read for all rooms of a user at once when the user comes, then kept up by what is announced.
"""

from collections import OrderedDict
from collections.abc import Container, Iterable, Sequence
from itertools import filterfalse, repeat

from homeserver.events.event import StateKey
from homeserver.notifier import Notifier
from homeserver.rooms.timeline import Appended
from homeserver.storage import heads, names, room_previews, room_types
from homeserver.storage.memberships import Rooms
from homeserver.storage.room_types import RoomKinds
from homeserver.storage.transaction import Transaction
from homeserver.sync.view import ENCRYPTION

CREATE: StateKey = ("m.room.create", "")
SORTING = ("m.room.create", "m.room.encryption", "m.space.child", "m.room.name")
"""State that decides in which lists rooms are."""

FEW = 50
"""As many rooms are read by name; for more of them, all of the user's."""


def few(rooms: list[str]) -> list[str] | None:
    return rooms if len(rooms) <= FEW else None


class Recency:
    """What was read and what was announced are kept apart: readers on other threads come late."""

    def __init__(self, notifier: Notifier) -> None:
        self._read: dict[str, int] = {}
        self._announced: dict[str, int] = {}
        self._bumps_read: dict[str, int] = {}
        self._bumps_announced: dict[str, int] = {}
        self._encrypted: set[str] = set()
        self._encryption_read: set[str] = set()
        self.types: dict[str, str] = {}
        self._doors: set[str] = set()
        self._resorted: OrderedDict[str, int] = OrderedDict()
        notifier.listen(Appended, self._appended)

    def rooms_of(self, txn: Transaction, user_id: str) -> Rooms:
        """The rooms of a user, of which those that they have joined are known then."""
        rooms: Rooms | None = txn.see(txn.memory.rooms_of_users, user_id)
        if rooms is not None:
            return rooms
        rooms, kinds = room_types.with_rooms(txn, user_id)
        self._note(kinds)
        return rooms

    def learn(self, txn: Transaction, user_id: str, joined: Iterable[str]) -> None:
        """Make sure that all these rooms of a user are known."""
        unknown = list(filterfalse(self._read.__contains__, joined))
        if unknown:
            self._note(room_types.of_user(txn, user_id, few(unknown)))

    def learn_encryption(self, txn: Transaction, user_id: str, joined: Iterable[str]) -> None:
        """Make sure that it is known which of these rooms are encrypted: not every list asks."""
        unknown = list(filterfalse(self._encryption_read.__contains__, joined))
        if unknown:
            self._encrypted.update(room_types.encrypted_of(txn, user_id, few(unknown)))
            self._encryption_read.update(unknown)

    def _note(self, kinds: RoomKinds) -> None:
        self.types.update(kinds.types)
        self._read.update(kinds.newest)

    def learn_door(self, txn: Transaction, user_id: str, room_id: str) -> None:
        """What can be known of a room that the user is not in."""
        if room_id in self._doors:
            return
        self._doors.add(room_id)
        head = heads.load(txn, room_id)
        if head is None:
            room = names.find(txn, room_id) or 0
            told = {it.get("type"): it for it in room_previews.find(txn, user_id, room)}
            encrypted, create = ENCRYPTION[0] in told, told.get(CREATE[0], {}).get("content")
        else:
            stored = head.event(txn, *CREATE)
            encrypted, create = ENCRYPTION in head.state, stored and stored.event.content
        if encrypted:
            self._encrypted.add(room_id)
        type = create.get("type") if isinstance(create, dict) else None
        if isinstance(type, str):
            self.types[room_id] = type

    def newest(self, room_id: str) -> int:
        """The place of the room's newest event."""
        return self._announced.get(room_id) or self._read.get(room_id, 0)

    def newest_of(self, rooms: Sequence[str]) -> dict[str, int]:
        """The same of many rooms."""
        places = dict(zip(rooms, map(self._read.get, rooms, repeat(0)), strict=True))
        for room_id in places.keys() & self._announced.keys():
            places[room_id] = self._announced[room_id]
        return places

    def moved_after(self, room_id: str, place: int) -> bool:
        return self._announced.get(room_id, 0) > place

    def any_resorted(self, rooms: Container[str], place: int) -> bool:
        """Whether one of these rooms may belong to other lists than at this place."""
        for room_id, position in reversed(self._resorted.items()):
            if position <= place:
                return False
            if room_id in rooms:
                return True
        return False

    def is_encrypted(self, room_id: str) -> bool:
        return room_id in self._encrypted

    def bumps(self, txn: Transaction, rooms: dict[str, int]) -> dict[str, int]:
        """The places of the newest events that bump; `rooms` are ids and numbers."""
        unknown = {
            number: room_id
            for room_id, number in rooms.items()
            if room_id not in self._bumps_announced and room_id not in self._bumps_read
        }
        for number, place in room_types.newest_bumps(txn, unknown).items() if unknown else ():
            self._bumps_read[unknown[number]] = place
        return {
            room_id: self._bumps_announced.get(room_id) or self._bumps_read.get(room_id, 0)
            for room_id in rooms
        }

    def _appended(self, change: Appended) -> None:
        event, room_id = change.stored.event, change.room_id
        place = change.stored.place or 0
        self._announced[room_id] = place
        if event.type in room_types.BUMPING:
            self._bumps_announced[room_id] = place
        if change.head.state is not change.former.state and ENCRYPTION in change.head.state:
            self._encrypted.add(room_id)
        if event.type == CREATE[0] and event.state_key == CREATE[1]:
            type = event.content.get("type")
            if isinstance(type, str):
                self.types[room_id] = type
        if event.is_state and event.type in SORTING:
            self._resorted[room_id] = change.position
            self._resorted.move_to_end(room_id)
