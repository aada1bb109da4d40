"""Where there is news, kept in memory: a sync of quiet rooms touches no SQL."""

from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Container, Iterator

from attrs import define, field

from homeserver.changes import (
    AccountDataChanged,
    DeviceListChanged,
    MembershipMoved,
    PresenceChanged,
    ProfileChanged,
    ReceiptMoved,
    ThreadSubscriptionChanged,
    ToDeviceArrived,
    TypingChanged,
    UserSigned,
)
from homeserver.notifier import Notifier
from homeserver.rooms.timeline import Appended
from homeserver.storage.events import Stored

EVENTS_KEPT = 40
"""Newest events of a room in memory; who missed more is served by the database."""

MAX_EVENTS = 10_000
"""Of all rooms together; the rooms that moved last keep theirs."""


@define(eq=False)
class Recent:
    """The newest events of a room; all events behind `complete_after` are here.

    Behind `since` it is known which event was the newest to highlight anybody.
    """

    complete_after: int
    since: int
    events: deque[Stored] = field(factory=deque)
    newest_highlight: int = 0

    def add(self, stored: Stored) -> int:
        """How many more events there are now."""
        self.events.append(stored)
        if len(self.events) <= EVENTS_KEPT:
            return 1
        self.complete_after = self.events.popleft().order
        return 0

    def highlighted_after(self, place: int) -> bool:
        """Whether anything behind `place` may have highlighted somebody."""
        return place < self.since or self.newest_highlight > place

    def between(self, after: int, upto: int) -> list[Stored] | None:
        """The events behind `after`, oldest first; None if some of them are not here."""
        if after < self.complete_after:
            return None
        try:
            newest, before = self.events[-1], self.events[-2]
        except IndexError:
            pass
        else:
            if before.order <= after < newest.order <= upto:
                return [newest]
        # The copy is made in one go: another thread may read while events are added.
        events = list(self.events)
        first = bisect_right(events, after, key=lambda stored: stored.order)
        return events[first : bisect_right(events, upto, key=lambda stored: stored.order)]


class Moves:
    """The newest place at which each room and user moved since this process started, at `floor`."""

    def __init__(self, floor: int, notifier: Notifier) -> None:
        self.floor = floor
        self._rooms: OrderedDict[str, int] = OrderedDict()
        self._users: dict[str, int] = {}
        self._recent: OrderedDict[str, Recent] = OrderedDict()
        self._kept = 0
        self._forgotten = floor
        self._everybody = floor
        notifier.listen(Appended, self._appended)
        notifier.listen(ReceiptMoved, self._receipt)
        notifier.listen(TypingChanged, lambda change: self._room(change.room_id, change.position))
        notifier.listen(
            AccountDataChanged, lambda change: self._user(change.user_id, change.position)
        )
        notifier.listen(ToDeviceArrived, self._messages)
        notifier.listen(MembershipMoved, lambda change: self._user(change.user_id, change.position))
        notifier.listen(UserSigned, lambda change: self._user(change.user_id, change.position))
        notifier.listen(
            ThreadSubscriptionChanged, lambda change: self._user(change.user_id, change.position)
        )
        # Few and far between: cheaper to let everybody look than to know whom they concern.
        notifier.listen(PresenceChanged, lambda change: self._all(change.position))
        notifier.listen(DeviceListChanged, lambda change: self._all(change.position))
        notifier.listen(ProfileChanged, lambda change: self._all(change.position))

    def anything(self, user_id: str, rooms: Container[str], since: int) -> bool:
        """Whether there may be news for a user in these rooms."""
        if since < self.floor or self._everybody > since or self._users.get(user_id, 0) > since:
            return True
        return any(room_id in rooms for room_id in self.rooms_since(since))

    def rooms_since(self, since: int) -> Iterator[str]:
        """The rooms that moved, newest first; `since` is not before `floor`."""
        for room_id, position in reversed(self._rooms.items()):
            if position <= since:
                break
            yield room_id

    def room_moved(self, room_id: str, since: int) -> bool:
        """Whether there may be news in a room: events, receipts, typing."""
        return since < self.floor or self._rooms.get(room_id, 0) > since

    def user_moved(self, user_id: str, since: int) -> bool:
        return since < self.floor or self._users.get(user_id, 0) > since

    def recent(self, room_id: str) -> Recent:
        """The newest events of a room; empty and complete for a room that has not moved."""
        return self._recent.get(room_id) or Recent(self._forgotten, self._forgotten)

    def _messages(self, change: ToDeviceArrived) -> None:
        for user_id in change.user_ids:
            self._user(user_id, change.position)

    def _appended(self, change: Appended) -> None:
        room_id, event = change.room_id, change.stored.event
        self._room(room_id, change.position)
        recent = self._recent[room_id] = self.recent(room_id)
        self._recent.move_to_end(room_id)
        self._kept += recent.add(change.stored)
        if change.highlights:
            recent.newest_highlight = change.position
        if event.type == "m.room.member" and event.state_key:
            self._users[event.state_key] = change.position
        while self._kept > MAX_EVENTS:
            self._forget_quietest()

    def _forget_quietest(self) -> None:
        _, quietest = self._recent.popitem(last=False)
        self._kept -= len(quietest.events)
        self._forgotten = max(self._forgotten, quietest.events[-1].order)

    def _receipt(self, change: ReceiptMoved) -> None:
        self._room(change.room_id, change.position)

    def _room(self, room_id: str, position: int) -> None:
        self._rooms[room_id] = position
        self._rooms.move_to_end(room_id)

    def _user(self, user_id: str, position: int) -> None:
        self._users[user_id] = position

    def _all(self, position: int) -> None:
        self._everybody = position
