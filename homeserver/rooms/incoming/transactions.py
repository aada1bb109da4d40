"""Transactions of other servers. Spec: Server-Server API, "Transactions"."""

from collections import defaultdict
from collections.abc import Sequence

from attrs import field, frozen
from twisted.internet.defer import Deferred

from homeserver.clock import Clock
from homeserver.errors import Forbidden, NotFound, TooLarge
from homeserver.events.room_versions import RoomVersion
from homeserver.http.request import field as member
from homeserver.json_values import JsonObject, JsonValue, encode
from homeserver.peers.refusals import Reason, Refusals
from homeserver.peers.sharing import Sharing
from homeserver.rooms.incoming.checks import Checks, ids_of
from homeserver.rooms.incoming.edus import Edus
from homeserver.rooms.incoming.put_out import PutOut
from homeserver.rooms.incoming.queues import RoomQueues, TooManyWaiting, Waiting
from homeserver.rooms.incoming.receiving import INCOMPLETE
from homeserver.rooms.server_access import check_acl, room_here
from homeserver.storage import heads, incoming_events, received_transactions
from homeserver.storage.cache import Cache
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

MAX_PDUS, MAX_EDUS = 50, 100
PATIENCE_S = 15.0
"""So long an answer waits for events; rooms that take longer go on without being waited for."""
REPEATED_FOR_MS = 24 * 3_600_000
ANSWERS_BYTES = 2 * 1024 * 1024
TOO_MANY = "Too many events of this room wait already."

Problems = dict[str, str]


@frozen(eq=False)
class Gates:
    """What PDUs pass on their way in: checks, then their room's queue, if the room is here."""

    checks: Checks
    queues: RoomQueues
    put_out: PutOut


@frozen(eq=False)
class Transactions:
    server_name: str
    _db: Database
    _clock: Clock
    _gates: Gates
    _edus: Edus
    _going_on: Sharing[tuple[str, str], bytes] = field(factory=Sharing)
    _answers: Cache[tuple[str, str], bytes] = field(
        factory=lambda: Cache(ANSWERS_BYTES, lambda key, answer: 300 + len(answer))
    )

    async def take(self, origin: str, txn_id: str, body: JsonObject) -> bytes:
        """The answer, as JSON; the same for a transaction that comes again."""
        return await self._going_on.get(
            (origin, txn_id), lambda: self._take_once(origin, txn_id, body)
        )

    async def _take_once(self, origin: str, txn_id: str, body: JsonObject) -> bytes:
        pdus, edus = member(body, "pdus", list), member(body, "edus", list, [])
        answered = await self._answered(origin, txn_id, edus)
        if answered is not None:
            return answered
        if len(pdus) > MAX_PDUS or len(edus) > MAX_EDUS:
            raise TooLarge(f"A transaction holds {MAX_PDUS} PDUs and {MAX_EDUS} EDUs at most.")
        problems = await self._take_pdus(origin, pdus)
        await self._edus.take(origin, edus)
        results = {id: {"error": why} if why else {} for id, why in problems.items()}
        answer = encode({"pdus": results})
        if edus:
            await self._db.write(self._remember, origin, txn_id, answer.decode())
        else:
            self._answers.put((origin, txn_id), answer, 0)
        return answer

    async def _answered(self, origin: str, txn_id: str, edus: Sequence[JsonValue]) -> bytes | None:
        """What was said before. Only EDUs must not be taken twice, so only they cost a row:

        who forgot that it knows an event finds it in its room, and says the same of it again.
        """
        if not edus:
            return self._answers.get((origin, txn_id))
        answered = await self._db.glance(received_transactions.find, origin, txn_id)
        return None if answered is None else answered.encode()

    def _remember(self, txn: Transaction, origin: str, txn_id: str, answer: str) -> None:
        now_ms = self._clock.now_ms()
        received_transactions.forget(txn, now_ms - REPEATED_FOR_MS)
        received_transactions.save(txn, origin, txn_id, now_ms, answer)

    async def _take_pdus(self, origin: str, pdus: Sequence[JsonValue]) -> Problems:
        by_room: defaultdict[str, list[JsonValue]] = defaultdict(list)
        for pdu in pdus:
            room_id = pdu.get("room_id") if isinstance(pdu, dict) else None
            if isinstance(room_id, str) and "\0" not in room_id:
                by_room[room_id].append(pdu)
        problems: Problems = {}
        waiting: list[Waiting] = []
        for room_id, of_room in by_room.items():
            waiting += await self._queue(origin, room_id, of_room, problems)
        for room_id in by_room:
            self._gates.queues.work(room_id)
        settled = await self._outcomes(waiting)
        left = [one for one in waiting if one.event.event_id not in settled]
        if left:
            await self._keep(origin, left)
        return {**dict.fromkeys((one.event.event_id for one in left), ""), **problems, **settled}

    async def resume(self) -> None:
        """Take up what waited when the server stopped."""
        by_origin: defaultdict[str, list[JsonObject]] = defaultdict(list)
        for origin, _, pdu in await self._db.read(incoming_events.all_waiting):
            by_origin[origin].append(pdu)
        await self._db.write(incoming_events.clear)
        for origin, pdus in by_origin.items():
            await self._take_pdus(origin, pdus)

    async def _keep(self, origin: str, left: Sequence[Waiting]) -> None:
        """What the sender will not send again must outlive us."""
        await self._db.write(incoming_events.add, origin, [one.event for one in left])
        for one in left:
            one.done.addCallback(self._forget, one.event.event_id)

    def _forget(self, problem: str, event_id: str) -> str:
        self._db.write(incoming_events.remove, event_id)
        return problem

    async def _queue(
        self,
        origin: str,
        room_id: str,
        pdus: Sequence[JsonValue],
        problems: Problems,
    ) -> list[Waiting]:
        try:
            version = await self._db.glance(self._open_to, room_id, origin)
        except NotFound:
            problems.update(await self._gates.put_out.take(origin, room_id, pdus))
            return []
        except Forbidden as error:
            self._refusals.note(origin, Reason.OUTSIDE, error.message, len(pdus))
            known = await self._db.glance(_version_of, room_id)
            problems.update(dict.fromkeys(ids_of(pdus, known) if known else (), error.message))
            return []
        checked = await self._gates.checks.check(pdus, version, room_id, origin)
        problems.update(checked.refused)
        waiting = []
        for event in checked.events.values():
            try:
                one = self._gates.queues.put(origin, event)
            except TooManyWaiting:
                problems[event.event_id] = TOO_MANY
                self._refusals.note(origin, Reason.TOO_MANY, TOO_MANY)
            else:
                one.done.addCallback(self._note_outcome, origin, event.event_id)
                waiting.append(one)
        return waiting

    @property
    def _refusals(self) -> Refusals:
        return self._gates.checks.refusals

    def _note_outcome(self, problem: str, origin: str, event_id: str) -> str:
        if problem:
            reason = Reason.INCOMPLETE if problem in INCOMPLETE else Reason.FORBIDDEN
            self._refusals.note(origin, reason, f"the event {event_id}: {problem}")
        return problem

    def _open_to(self, txn: Transaction, room_id: str, origin: str) -> RoomVersion:
        head = room_here(txn, self.server_name, room_id)
        check_acl(txn, head, origin)
        return head.version

    async def _outcomes(self, waiting: Sequence[Waiting]) -> Problems:
        """What is settled before our patience ends."""
        problems: Problems = {}
        done: Deferred[None] = Deferred()
        if not waiting:
            return problems

        def note(problem: str, event_id: str) -> str:
            problems[event_id] = problem
            if len(problems) == len(waiting) and timer.active():
                timer.cancel()
                done.callback(None)
            return problem

        timer = self._clock.call_later(PATIENCE_S, lambda: done.callback(None))
        for one in waiting:
            one.done.addCallback(note, one.event.event_id)
        await done
        return dict(problems)


def _version_of(txn: Transaction, room_id: str) -> RoomVersion | None:
    return heads.version_of(txn, room_id)
