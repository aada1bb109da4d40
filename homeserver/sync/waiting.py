"""Long polls: who waits for news, and who wakes them."""

from collections import defaultdict

from twisted.internet.defer import Deferred

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
from homeserver.clock import Clock
from homeserver.notifier import Notifier
from homeserver.rooms.timeline import Appended
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Rooms
from homeserver.storage.memory import Memory

Sleeper = Deferred[None]


class Waiting:
    """Each waiting request sleeps under its user's id until there may be news for that user."""

    def __init__(self, clock: Clock, notifier: Notifier, memory: Memory) -> None:
        self._clock = clock
        self._memory = memory
        self._sleepers: defaultdict[str, set[Sleeper]] = defaultdict(set)
        self._due: set[str] = set()
        notifier.listen(Appended, self._appended)
        notifier.listen(ReceiptMoved, lambda change: self._room(change.room_id))
        notifier.listen(TypingChanged, lambda change: self._room(change.room_id))
        notifier.listen(AccountDataChanged, lambda change: self.wake(change.user_id))
        notifier.listen(ToDeviceArrived, self._messages)
        notifier.listen(MembershipMoved, lambda change: self.wake(change.user_id))
        notifier.listen(UserSigned, lambda change: self.wake(change.user_id))
        notifier.listen(ThreadSubscriptionChanged, lambda change: self.wake(change.user_id))
        notifier.listen(PresenceChanged, self._neighbours)
        notifier.listen(DeviceListChanged, self._neighbours)
        notifier.listen(ProfileChanged, self._neighbours)
        notifier.listen_afterwards(self._rouse_due)

    def __len__(self) -> int:
        return sum(map(len, self._sleepers.values()))

    async def wait(self, user_id: str, seconds: float) -> None:
        """Return when there may be news, or when the time is over."""
        sleeper: Sleeper = Deferred()
        timer = self._clock.call_later(seconds, lambda: _rouse(sleeper))
        self._sleepers[user_id].add(sleeper)
        try:
            await sleeper
        finally:
            if timer.active():
                timer.cancel()
            sleepers = self._sleepers[user_id]
            sleepers.discard(sleeper)
            if not sleepers:
                del self._sleepers[user_id]

    def wake(self, user_id: str) -> None:
        """Soon: who wakes must find all that the commit brought."""
        if user_id in self._sleepers:
            self._due.add(user_id)

    def _rouse_due(self) -> None:
        if not self._due:
            return
        due, self._due = self._due, set()
        for user_id in due:
            for sleeper in tuple(self._sleepers.get(user_id, ())):
                _rouse(sleeper)

    def _appended(self, change: Appended) -> None:
        self._members(change.head)
        event = change.stored.event
        if event.type == "m.room.member" and event.state_key:
            self.wake(event.state_key)

    def _messages(self, change: ToDeviceArrived) -> None:
        for user_id in change.user_ids:
            self.wake(user_id)

    def _room(self, room_id: str) -> None:
        head: Head | None = self._memory.heads.get(room_id)
        if head is not None:
            self._members(head)

    def _members(self, head: Head) -> None:
        """Wake who has joined: by the shorter list, as large rooms sleep and busy servers wait."""
        sleepers, members = self._sleepers, head.members
        if len(sleepers) < len(members):
            concerned = [user for user in sleepers if members.get(user) == "join"]
        else:
            concerned = [user for user in members if user in sleepers]
        for user_id in concerned:
            self.wake(user_id)

    def _neighbours(self, change: PresenceChanged | DeviceListChanged | ProfileChanged) -> None:
        """Wake who shares a room with the user, and the user."""
        self.wake(change.user_id)
        rooms: Rooms | None = self._memory.rooms_of_users.get(change.user_id)
        if rooms is None:
            # Nobody knows who they are: everybody may look.
            self._due.update(self._sleepers)
            return
        for room_id, membership in rooms.items():
            if membership.membership == "join":
                self._room(room_id)


def _rouse(sleeper: Sleeper) -> None:
    if not sleeper.called:
        sleeper.callback(None)
