"""Bans and kicks that take along what their target said. MSC4293.

No redactions are sent: each server hides what it has, also what comes late.
"""

from attrs import frozen
from twisted.internet.defer import Deferred

from homeserver.events.event import Event
from homeserver.events.power_levels import PowerLevels
from homeserver.logs import logger
from homeserver.rooms.redactions import hide
from homeserver.rooms.state_view import TreeView, power_levels_in
from homeserver.storage import events, mass_redactions, names
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.mass_redactions import Task
from homeserver.storage.transaction import Transaction

MEMBER = "m.room.member"
FLAGS = ("org.matrix.msc4293.redact_events", "redact_events")
PORTION = 300
"""Events looked at in one transaction, so that others get their turn."""
MAX_STEPS_BACK = 200
"""Changes of name within one stay that are followed back."""
BEGINNING = -(2**62)

log = logger(__name__)


def asks_for_it(event: Event) -> bool:
    """Whether a member event removes somebody with all that he said."""
    return (
        event.type == MEMBER
        and any(event.content.get(flag) is True for flag in FLAGS)
        and event.membership in ("leave", "ban")
        and event.sender != event.state_key
    )


def begin(txn: Transaction, removal: Stored, room: int) -> None:
    """Redact from here on what the target said since he came; if the sender has the power."""
    event = removal.event
    levels = power_levels_in(TreeView(txn, removal.state), event.version)
    if event.state_key is not None and may_redact(event.sender, levels):
        user, upto = names.intern(txn, event.state_key), removal.place or 0
        after = start_of_stay(txn, removal)
        mass_redactions.add(txn, Task(removal.position, room, user, after, upto))


def covering(txn: Transaction, head: Head, sender: str) -> int | None:
    """The position of the removal that also hides what comes from this sender by now."""
    removal = head.event(txn, MEMBER, sender)
    if removal is None or not asks_for_it(removal.event):
        return None
    levels = power_levels_in(TreeView(txn, removal.state), head.version)
    return removal.position if may_redact(removal.event.sender, levels) else None


def may_redact(sender: str, levels: PowerLevels) -> bool:
    needed = max(levels.redact, levels.to_send("m.room.redaction", is_state=False))
    return levels.user(sender) >= needed


def start_of_stay(txn: Transaction, removal: Stored) -> int:
    """The place of the member event with which the target's last stay began."""
    place, stored = BEGINNING, removal
    for _ in range(MAX_STEPS_BACK):
        former = None if stored.replaces is None else events.at(txn, stored.replaces)
        if former is None or former.event.membership != "join":
            break
        place, stored = former.order, former
    return place


@frozen(eq=False)
class MassRedactions:
    """Works off what was begun, a portion at a time, also after a restart."""

    _db: Database

    async def work(self) -> None:
        while await self._db.write(self._step):
            pass

    def wake(self) -> None:
        done = Deferred.fromCoroutine(self.work())
        done.addErrback(lambda failure: log.error("mass redactions wait: %s", failure.value))

    def _step(self, txn: Transaction) -> bool:
        """Whether there may be more to do."""
        task = mass_redactions.first(txn)
        if task is None:
            return False
        found, reached = mass_redactions.portion(txn, task, PORTION)
        for stored in events.at_all(txn, found).values():
            hide(txn, stored, task.position)
        if reached is None:
            mass_redactions.remove(txn, task)
        else:
            mass_redactions.move_on(txn, task, reached)
        return True
