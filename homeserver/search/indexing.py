"""Keeps the index of words up to date, behind everybody's back.

It reads the events in the order of the number line and saves how far it has come, so sending costs
nothing, and what was missed while it stood still is caught up with, a little at a time. What it
writes about an event depends on what holds now alone: to look at one twice does no harm.
"""

from collections.abc import Sequence

from attrs import define, field, frozen
from twisted.internet.defer import DeferredLock, ensureDeferred
from twisted.python.failure import Failure

from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.rooms.timeline import Appended
from homeserver.search.texts import KEYS, text_of
from homeserver.search.words import words_of
from homeserver.storage import events, heads, names, relations, search
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.relations import EDIT, FOR_EVER
from homeserver.storage.search import Document, Index
from homeserver.storage.transaction import Transaction

REDACTION = "m.room.redaction"
FOLLOWED = (*KEYS, REDACTION)
STEP = 50
"""Events in one piece of work: others wait for a few milliseconds at most."""
SPAN = 50_000
"""Of the number line, in one look for such events."""
DELAY_S = 0.5
PAUSE_S = 0.02
UNSAVED = 10_000
"""Places without any words that are not worth a write."""

log = logger(__name__)


@frozen
class Portion:
    """What becomes of some events: those with words, those without; up to where they go."""

    documents: Sequence[Document]
    wordless: Sequence[int]
    place: int


@define(eq=False)
class Indexing:
    _db: Database
    _clock: Clock
    index: Index
    _lock: DeferredLock = field(factory=DeferredLock, init=False)
    _place: int | None = field(default=None, init=False)
    _saved: int = field(default=0, init=False)
    _is_due: bool = field(default=False, init=False)
    _stopped: bool = field(default=False, init=False)

    def start(self) -> None:
        """Catch up with what came while the server stood still."""
        self._later(DELAY_S)

    def stop(self) -> None:
        self._stopped = True

    def note(self, change: Appended) -> None:
        if change.stored.event.type in FOLLOWED:
            self._later(DELAY_S)

    async def step(self) -> bool:
        """Look at the next events; whether more wait."""
        await self._lock.acquire()
        try:
            return await self._step()
        finally:
            self._lock.release()

    async def _step(self) -> bool:
        if self._place is None:
            self._place = self._saved = await self._db.read(search.progress)
        now = self._db.position
        if self._place >= now:
            return False
        portion = await self._db.read(portion_after, self._place, now)
        is_idle = not (portion.documents or portion.wordless)
        if not is_idle or portion.place - self._saved > UNSAVED:
            await self._db.write(self._write, portion)
            self._saved = portion.place
        self._place = portion.place
        return portion.place < now

    def _write(self, txn: Transaction, portion: Portion) -> None:
        for document in portion.documents:
            self.index.put(txn, document)
        for position in portion.wordless:
            self.index.remove(txn, position)
        search.save_progress(txn, portion.place)

    def _later(self, seconds: float) -> None:
        if not (self._is_due or self._stopped):
            self._is_due = True
            self._clock.call_later(seconds, self._go)

    def _go(self) -> None:
        self._is_due = False
        if not self._stopped:
            ensureDeferred(self._catch_up()).addErrback(self._failed)

    async def _catch_up(self) -> None:
        if await self.step():
            self._later(PAUSE_S)

    def _failed(self, failure: Failure) -> None:
        log.error("the index of words fell behind: %r", failure.value)


def portion_after(txn: Transaction, after: int, now: int) -> Portion:
    upto = min(now, after + SPAN)
    positions = search.following(txn, FOLLOWED, after, upto, STEP)
    found = events.at_all(txn, positions)
    concerned: dict[int, Stored] = {}
    for position in positions:
        for stored in concerned_by(txn, found[position]):
            concerned[stored.position] = stored
    documents = {position: document_of(txn, stored) for position, stored in concerned.items()}
    return Portion(
        [document for document in documents.values() if document is not None],
        [position for position, document in documents.items() if document is None],
        positions[-1] if len(positions) == STEP else upto,
    )


def concerned_by(txn: Transaction, stored: Stored) -> list[Stored]:
    """Those whose words an event may change: its own, those that it edits or redacts."""
    if stored.event.redacts is not None:
        target = events.find(txn, stored.event.redacts)
        return [] if target is None else [target, *edited_by(txn, target)]
    return edited_by(txn, stored) or [stored]


def edited_by(txn: Transaction, stored: Stored) -> list[Stored]:
    relation = relations.relation_of(stored.event)
    if relation is None or relation.rel_type != EDIT:
        return []
    target = events.find(txn, relation.relates_to)
    return [] if target is None else [target]


def document_of(txn: Transaction, stored: Stored) -> Document | None:
    """The words of an event as it reads now; None for what is not to be found."""
    event = stored.event
    if event.type not in KEYS or stored.redaction is not None or is_edit(stored):
        return None
    head = heads.load(txn, event.room_id)
    if head is None or ("m.room.encryption", "") in head.state:
        return None
    edit = None if event.is_state else newest_edit(txn, head.room, stored)
    content = edit.event.content["m.new_content"] if edit else event.content
    words = words_of(text_of(event, content))
    scope = (
        room_scope(head.room),
        sender_scope(names.find(txn, event.sender) or 0),
        key_scope(KEYS[event.type]),
    )
    return Document(stored.position, scope, words) if words else None


def is_edit(stored: Stored) -> bool:
    relation = relations.relation_of(stored.event)
    return relation is not None and relation.rel_type == EDIT


def newest_edit(txn: Transaction, room: int, stored: Stored) -> Stored | None:
    """Spec: "Validity of replacement events"."""
    event = stored.event
    groups = relations.groups(txn, room, [event.event_id], [EDIT], FOR_EVER)
    own = [g.position for g in groups if g.sender == event.sender and g.type == event.type]
    return max(
        (
            edit
            for edit in events.at_all(txn, own).values()
            if edit.redaction is None
            and not edit.event.is_state
            and isinstance(edit.event.content.get("m.new_content"), dict)
        ),
        key=lambda edit: (edit.event.origin_server_ts, edit.event.event_id),
        default=None,
    )


def room_scope(room: int) -> str:
    return f"r{room}"


def sender_scope(sender: int) -> str:
    return f"s{sender}"


def key_scope(key: str) -> str:
    return "k" + key.removeprefix("content.")
