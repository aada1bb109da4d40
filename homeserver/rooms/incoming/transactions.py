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
from homeserver.peers.sharing import Sharing
from homeserver.rooms.incoming.checks import Checks, ids_of
from homeserver.rooms.incoming.edus import Edus
from homeserver.rooms.incoming.queues import RoomQueues, TooManyWaiting
from homeserver.rooms.server_access import check_acl, room_here
from homeserver.storage import heads, received_transactions
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

MAX_PDUS, MAX_EDUS = 50, 100
PATIENCE_S = 15.0
"""So long an answer waits for events; rooms that take longer go on without being waited for."""
REPEATED_FOR_MS = 24 * 3_600_000

Problems = dict[str, str]


@frozen(eq=False)
class Transactions:
    server_name: str
    _db: Database
    _clock: Clock
    _checks: Checks
    _queues: RoomQueues
    _edus: Edus
    _going_on: Sharing[tuple[str, str], bytes] = field(factory=Sharing)

    async def take(self, origin: str, txn_id: str, body: JsonObject) -> bytes:
        """The answer, as JSON; the same for a transaction that comes again."""
        return await self._going_on.get(
            (origin, txn_id), lambda: self._take_once(origin, txn_id, body)
        )

    async def _take_once(self, origin: str, txn_id: str, body: JsonObject) -> bytes:
        answered = await self._db.glance(received_transactions.find, origin, txn_id)
        if answered is not None:
            return answered.encode()
        pdus, edus = member(body, "pdus", list), member(body, "edus", list, [])
        if len(pdus) > MAX_PDUS or len(edus) > MAX_EDUS:
            raise TooLarge(f"A transaction holds {MAX_PDUS} PDUs and {MAX_EDUS} EDUs at most.")
        problems = await self._take_pdus(origin, pdus)
        await self._edus.take(origin, edus)
        results = {id: {"error": why} if why else {} for id, why in problems.items()}
        answer = encode({"pdus": results})
        await self._db.write(self._remember, origin, txn_id, answer.decode())
        return answer

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
        waiting: dict[str, Deferred[str]] = {}
        for room_id, of_room in by_room.items():
            await self._queue(origin, room_id, of_room, problems, waiting)
        for room_id in by_room:
            self._queues.work(room_id)
        problems.update(await self._outcomes(waiting))
        return problems

    async def _queue(
        self,
        origin: str,
        room_id: str,
        pdus: Sequence[JsonValue],
        problems: Problems,
        waiting: dict[str, Deferred[str]],
    ) -> None:
        try:
            version = await self._db.glance(self._open_to, room_id, origin)
        except (NotFound, Forbidden) as error:
            known = await self._db.glance(_version_of, room_id)
            problems.update(dict.fromkeys(ids_of(pdus, known) if known else (), error.message))
            return
        checked = await self._checks.check(pdus, version, room_id)
        problems.update(checked.refused)
        for event in checked.events.values():
            try:
                waiting[event.event_id] = self._queues.put(origin, event)
            except TooManyWaiting:
                problems[event.event_id] = "Too many events of this room wait already."

    def _open_to(self, txn: Transaction, room_id: str, origin: str) -> RoomVersion:
        head = room_here(txn, self.server_name, room_id)
        check_acl(txn, head, origin)
        return head.version

    async def _outcomes(self, waiting: dict[str, Deferred[str]]) -> Problems:
        """What is settled before our patience ends."""
        problems: Problems = {}
        done: Deferred[None] = Deferred()

        if not waiting:
            return problems

        def note(problem: str, event_id: str) -> None:
            problems[event_id] = problem
            if len(problems) == len(waiting) and timer.active():
                timer.cancel()
                done.callback(None)

        timer = self._clock.call_later(PATIENCE_S, lambda: done.callback(None))
        for event_id, settled in waiting.items():
            settled.addCallback(note, event_id)
        await done
        return {event_id: problems.get(event_id, "") for event_id in waiting}


def _version_of(txn: Transaction, room_id: str) -> RoomVersion | None:
    return heads.version_of(txn, room_id)
