"""Hears of what happens, after it is committed, and sorts it into the queues of those who care."""

from collections import defaultdict
from collections.abc import Mapping

from attrs import define, field, frozen
from twisted.internet.defer import Deferred

from homeserver.appservices.audience import ENCRYPTION, MAX_MEMBERS, Audience
from homeserver.appservices.interest import MEMBER, Interest
from homeserver.appservices.load import Beside, Item
from homeserver.appservices.queue import Queue
from homeserver.changes import (
    Change,
    DeviceListChanged,
    MembershipMoved,
    PresenceChanged,
    ReceiptMoved,
    ToDeviceArrived,
    TypingChanged,
)
from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.notifier import Notifier
from homeserver.rooms.timeline import Appended
from homeserver.storage import events, memberships
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import AppServices

log = logger(__name__)


@define(eq=False)
class Sorted:
    """What is for whom, by service."""

    items: defaultdict[str, list[Item]] = field(factory=lambda: defaultdict(list))
    beside: defaultdict[str, Beside] = field(factory=lambda: defaultdict(Beside))


@frozen(eq=False)
class Sorting:
    """Tells who cares for a change."""

    _interest: Interest
    _audience: Audience

    def sort(self, txn: Transaction, changes: list[Change], now_ms: int) -> Sorted:
        found = Sorted()
        for change in changes:
            if isinstance(change, Appended):
                self._appended(txn, change, found, now_ms)
            elif isinstance(change, MembershipMoved):
                self._moved(txn, change, found, now_ms)
            else:
                self._beside(txn, change, found)
        return found

    def _appended(self, txn: Transaction, change: Appended, found: Sorted, now_ms: int) -> None:
        ids = self._interest.of_appended(txn, change)
        item = Item(change.position, change.stored.position, now_ms)
        for id in ids:
            found.items[id].append(item)
        if self._audience.encrypted and ENCRYPTION in change.head.state:
            self._device_lists(txn, change, found)

    def _moved(self, txn: Transaction, change: MembershipMoved, found: Sorted, now_ms: int) -> None:
        """Only what another server tells of a room in which this one is not."""
        if not (ids := self._interest.of_user(change.user_id)):
            return
        membership = memberships.of_user(txn, change.user_id).get(change.room_id)
        if membership is not None and events.at(txn, membership.position).place is None:
            for id in ids:
                found.items[id].append(Item(change.position, membership.position, now_ms))

    def _beside(self, txn: Transaction, change: Change, found: Sorted) -> None:
        audience, beside = self._audience, found.beside
        if isinstance(change, TypingChanged):
            for id in audience.of_room(txn, change.room_id):
                beside[id].typing.add(change.room_id)
        elif isinstance(change, ReceiptMoved):
            ids = audience.of_receipt(txn, change.room_id, change.user_id, change.private)
            for id in ids:
                beside[id].receipts.setdefault(change.room_id, change.position - 1)
        elif isinstance(change, PresenceChanged):
            for id in audience.of_presence(txn, change.user_id):
                beside[id].presence.add(change.user_id)
        elif isinstance(change, ToDeviceArrived):
            for device in change.devices:
                for id in audience.of_message(txn, *device):
                    beside[id].messages.add(device)
        elif isinstance(change, DeviceListChanged):
            for id in audience.of_device_list(txn, change.user_id):
                beside[id].changed.add(change.user_id)

    def _device_lists(self, txn: Transaction, change: Appended, found: Sorted) -> None:
        """Somebody came to, or left, an encrypted room; or the room became one."""
        event, head, former = change.stored.event, change.head, change.former
        if event.type == MEMBER and event.state_key:
            self._member(txn, change, event.state_key, found)
        elif ENCRYPTION not in former.state:
            for id in self._audience.of_encrypted_room(head):
                found.beside[id].changed.update(head.joined()[:MAX_MEMBERS])

    def _member(self, txn: Transaction, change: Appended, user_id: str, found: Sorted) -> None:
        head, former = change.head, change.former
        if head.is_joined(user_id) and not former.is_joined(user_id):
            newcomers = self._interest.of_user(user_id)
            for id in self._audience.of_encrypted_room(head):
                members = (
                    head.joined() if id in newcomers and len(head.members) < MAX_MEMBERS else ()
                )
                found.beside[id].changed.update((user_id, *members))
        elif former.is_joined(user_id) and not head.is_joined(user_id):
            gone = self._audience.of_encrypted_room(head)
            for id in gone - self._audience.of_device_list(txn, user_id) if gone else ():
                found.beside[id].left.add(user_id)


class Queues:
    """All of them. None waits for another, and nobody who writes waits for any."""

    def __init__(
        self,
        services: AppServices,
        db: Database,
        clock: Clock,
        sorting: Sorting,
        queues: Mapping[str, Queue],
    ) -> None:
        self._services = services
        self._db = db
        self._clock = clock
        self._sorting = sorting
        self._queues = dict(queues)
        self._notifier: Notifier | None = None
        self._changes: list[Change] = []
        self._is_sorting = False

    def listen(self, notifier: Notifier) -> None:
        """Once there is anybody who wants to know."""
        if not self._queues:
            self._notifier = notifier
            return
        self._notifier = None
        notifier.listen(Appended, self._note)
        notifier.listen(MembershipMoved, self._note)
        notifier.listen(ReceiptMoved, self._note)
        notifier.listen(TypingChanged, self._note)
        notifier.listen(PresenceChanged, self._note)
        notifier.listen(ToDeviceArrived, self._note)
        notifier.listen(DeviceListChanged, self._note)
        notifier.listen_afterwards(self._go)

    async def start(self) -> None:
        """One that cannot be read keeps the server from starting, before anything is lost."""
        for queue in self._queues.values():
            await queue.start()
        if self._queues:
            self._services.heard = self._heard

    def begin(self) -> None:
        for queue in self._queues.values():
            queue.begin()

    async def add(self, queue: Queue) -> None:
        """Of a service that comes while the server runs; `begin` lets it send."""
        await queue.start()
        self._queues[queue.service.id] = queue
        self._services.heard = self._heard
        if self._notifier is not None:
            self.listen(self._notifier)

    async def remove(self, service: str) -> None:
        if (queue := self._queues.pop(service, None)) is not None:
            await queue.retire()

    async def stop(self) -> None:
        self._services.heard = None
        for queue in self._queues.values():
            await queue.stop()

    def find(self, service: str) -> Queue | None:
        return self._queues.get(service)

    def _heard(self, service: str) -> None:
        queue = self._queues.get(service)
        if queue is not None and queue.is_silent:
            queue.try_now()

    def _note(self, change: Change) -> None:
        self._changes.append(change)

    def _go(self) -> None:
        if not self._is_sorting:
            self._is_sorting = True
            Deferred.fromCoroutine(self._sort())

    async def _sort(self) -> None:
        try:
            while True:
                changes, self._changes = self._changes, []
                upto = self._db.position
                if changes:
                    await self._sort_in(changes, upto)
                else:
                    self._hand_out(Sorted(), upto)
                    break
        except Exception:
            # What was not sorted in is found in the database.
            log.exception("changes were not sorted in")
            for queue in self._queues.values():
                queue.fall_behind()
                queue.go()
        finally:
            self._is_sorting = False

    async def _sort_in(self, changes: list[Change], upto: int) -> None:
        now_ms = self._clock.now_ms()
        found = await self._db.glance(self._sorting.sort, changes, now_ms)
        self._hand_out(found, upto)

    def _hand_out(self, found: Sorted, upto: int) -> None:
        for id, queue in self._queues.items():
            if id in found.beside:
                queue.add_beside(found.beside[id])
            queue.add(found.items.get(id, ()), upto)
            queue.go()
