"""What a service missed while it, or this server, was away: read from the number line."""

from collections.abc import Iterable

from attrs import frozen

from homeserver.appservices.audience import Audience
from homeserver.appservices.interest import Hindsight, Interest
from homeserver.appservices.load import Beside, Item
from homeserver.storage import appservices, devices, events
from homeserver.storage.appservices import Progress
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import AppService

LOOK = 500
"""Events in one look."""
SPAN = 50_000
"""Of the number line."""


@frozen
class Found:
    """`upto` is how far was looked."""

    items: list[Item]
    upto: int


def resume(txn: Transaction, service: str) -> Progress:
    """Where a service stands. One that is new begins with the present."""
    progress = appservices.find(txn, service)
    if progress is None:
        progress = Progress(txn.position)
        appservices.save(txn, service, txn.position, None)
    return progress


@frozen(eq=False)
class Recovery:
    _interest: Interest
    _audience: Audience

    def look_back(self, txn: Transaction, service: AppService, after: int) -> Found:
        """The next events for a service behind a place."""
        upto = min(txn.position, after + SPAN)
        positions = appservices.live_events(txn, after, upto, LOOK)
        if len(positions) == LOOK:
            upto = positions[-1]
        found = events.at_all(txn, positions)
        past = Hindsight(txn, service, self._interest)
        items = [Item(it, it) for it in positions if it in found and past.cares_for(found[it])]
        items += self._from_outside(txn, service, after, upto)
        return Found(sorted(items, key=lambda item: item.line), upto)

    def beside(self, txn: Transaction, service: AppService, after: int) -> Beside:
        """What else is new behind a place, and every message that waits for a device."""
        found = Beside()
        audience, wanted = self._audience, frozenset((service.id,))
        for position, room_id, user_id, private in (
            appservices.moved_receipts(txn, after, txn.position)
            if service.receives_ephemeral
            else ()
        ):
            if service.id in audience.of_receipt(txn, room_id, user_id, private):
                found.receipts.setdefault(room_id, position - 1)
        for user_id, device_id in appservices.devices_with_messages(txn):
            if service.id in audience.of_message(txn, user_id, device_id):
                found.messages.add((user_id, device_id))
        if service.receives_device_changes:
            for user_id in devices.changed_lists(txn, after, txn.position):
                if wanted & audience.of_device_list(txn, user_id):
                    found.changed.add(user_id)
        return found

    def _from_outside(
        self, txn: Transaction, service: AppService, after: int, upto: int
    ) -> Iterable[Item]:
        """Invites by other servers, and their end."""
        for moved, position, user_id in appservices.moved_memberships(txn, after, upto):
            if service.id in self._interest.of_user(user_id):
                yield Item(moved, position)
