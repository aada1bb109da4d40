"""Fetching what events rest upon: auth events, and the state where history is missing."""

from collections.abc import Collection, Iterable, Mapping

from attrs import frozen
from twisted.internet.defer import Deferred, gatherResults

from homeserver.events.event import Event, StateKey
from homeserver.events.problems import BadSignature, InvalidEvent
from homeserver.peers.errors import PeerError
from homeserver.rooms import timeline
from homeserver.rooms.incoming import outliers
from homeserver.rooms.incoming.checks import Checks
from homeserver.rooms.incoming.outliers import Vetted
from homeserver.rooms.other_servers import OtherServers
from homeserver.rooms.timeline import RoomStateIds
from homeserver.storage import events
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

FEW = 50
"""Events that are fetched one by one; for more, the whole state is asked for."""
AT_ONCE = 5
PORTION = 500
"""Events that are stored in one piece of work: the writer has others to serve."""
MAX_ROUNDS = 5


@frozen(eq=False)
class Fetching:
    _db: Database
    _checks: Checks
    _others: OtherServers

    async def auth_events(self, server: str, event: Event, missing: Collection[str]) -> None:
        """Store the events that this one rests upon, as far as the server gives them."""
        found: dict[str, Event] = {}
        wanted = list(missing)
        for _ in range(MAX_ROUNDS):
            if not wanted or len(found) + len(wanted) > FEW:
                break
            found.update(await self._one_by_one(server, event, wanted))
            behind = {auth for one in found.values() for auth in one.auth_events} - found.keys()
            wanted = await self._db.read(outliers.unknown, behind)
        if wanted:
            chain = await self._others.event_auth(server, event.room_id, event.event_id)
            checked = await self._checks.check(chain, event.version, event.room_id, server)
            found.update(checked.events)
        await self.keep(event.room_id, found)

    async def state_before(self, server: str, event: Event) -> RoomStateIds:
        """The state before the event as the server tells it; its events are stored."""
        room_id = event.room_id
        told = await self._others.state_ids(server, room_id, event.event_id)
        named = {*told.state, *told.auth_chain}
        missing = await self._db.read(outliers.unknown, named)
        if len(missing) > FEW:
            pdus, chain = await self._others.state(server, room_id, event.event_id)
            checked = await self._checks.check([*pdus, *chain], event.version, room_id, server)
            found = checked.events
        else:
            found = await self._one_by_one(server, event, missing)
        await self.keep(room_id, found)
        return await self._db.read(state_of_ids, room_id, told.state)

    async def keep(self, room_id: str, found: Mapping[str, Event]) -> dict[str, int]:
        """Vet and store events outside the timeline; the positions of those that are stored."""
        if not found:
            return {}
        known = await self._db.read(outliers.named_by, list(found.values()))
        vetted = await self._db.read(_vet, found, known)
        return await self.store(room_id, vetted)

    async def store(self, room_id: str, vetted: Vetted) -> dict[str, int]:
        positions: dict[str, int] = {}
        for start in range(0, len(vetted.events), PORTION):
            part = vetted.events[start : start + PORTION]
            positions.update(await self._db.write(outliers.store, room_id, vetted, part))
        return positions

    async def _one_by_one(
        self, server: str, event: Event, wanted: Iterable[str]
    ) -> dict[str, Event]:
        """A few at a time; what the server does not have is left out."""
        found: dict[str, Event] = {}
        wanted = list(wanted)
        for start in range(0, len(wanted), AT_ONCE):
            asked = [
                Deferred.fromCoroutine(self._one(server, event, event_id))
                for event_id in wanted[start : start + AT_ONCE]
            ]
            for one in await gatherResults(asked, consumeErrors=True):
                if one is not None:
                    found[one.event_id] = one
        return found

    async def _one(self, server: str, event: Event, event_id: str) -> Event | None:
        try:
            pdu = await self._others.event(server, event_id)
            found = await self._checks.check_one(pdu, event.version, event.room_id)
        except (PeerError, InvalidEvent, BadSignature):
            return None
        return found if found.event_id == event_id else None


def _vet(_: Transaction, found: Mapping[str, Event], known: Mapping[str, events.Stored]) -> Vetted:
    return outliers.vet(found, known)


def state_of_ids(txn: Transaction, room_id: str, event_ids: Collection[str]) -> RoomStateIds:
    """The state made of these events, told as what differs from the room's own."""
    head = timeline.head(txn, room_id)
    root, own = (head.root, head.state) if head else (b"", {})
    changes: dict[StateKey, str | None] = {}
    there: set[StateKey] = set()
    for event_id, position, key in events.places_of(txn, event_ids):
        there.add(key)
        if own.get(key) != position:
            changes[key] = event_id
    changes.update((key, None) for key in own if key not in there)
    return RoomStateIds(root, changes)
