"""Joining a room through a server that is in it. Spec: Server-Server API, "Joining Rooms"."""

from collections.abc import Mapping

from attrs import field, frozen
from twisted.internet.defer import DeferredLock

from homeserver.errors import MatrixError
from homeserver.events.auth_rules import authorize
from homeserver.events.auth_selection import CREATE
from homeserver.events.event import Event, StateKey
from homeserver.events.problems import AuthError, BadSignature, InvalidEvent
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.json_values import JsonObject
from homeserver.peers.errors import PeerUnreachable
from homeserver.rooms import timeline
from homeserver.rooms.current_state import numbered
from homeserver.rooms.elsewhere.drafts import Drafts
from homeserver.rooms.incoming.outliers import Vetted, vet
from homeserver.rooms.incoming.receiving import Receiving
from homeserver.storage import heads, names, room_previews, state_trees
from homeserver.storage.transaction import Transaction

State = Mapping[StateKey, Event]


@frozen(eq=False)
class RemoteJoins:
    _drafts: Drafts
    _receiving: Receiving
    _going_on: dict[str, DeferredLock] = field(factory=dict)

    async def join_through(
        self, server: str, user_id: str, room_id: str, content: JsonObject
    ) -> None:
        """Bring the room here; raises PeerError if this server is of no help.

        Of several users who enter a room the first brings it, and the others find it here.
        """
        lock = self._going_on.setdefault(room_id, DeferredLock())
        await lock.acquire()
        try:
            await self._join(server, user_id, room_id, content)
        finally:
            lock.release()
            if not lock.locked and not lock.waiting:
                self._going_on.pop(room_id, None)

    async def _join(self, server: str, user_id: str, room_id: str, content: JsonObject) -> None:
        others = self._receiving.others
        proposal = await others.make("join", server, room_id, user_id, list(ROOM_VERSIONS))
        join = self._drafts.finish(server, proposal, room_id, user_id, content)
        answer = await others.send_join(server, room_id, join.event_id, join.pdu)
        join = await self._countersigned(server, join, answer)
        if await self._receiving.db.glance(self._is_here, room_id):
            await self._join_here(server, join)
        else:
            await self._begin(server, join, answer)

    def _is_here(self, txn: Transaction, room_id: str) -> bool:
        head = heads.load(txn, room_id)
        return head is not None and self._receiving.server_name in head.servers

    async def _join_here(self, server: str, join: Event) -> None:
        """Others of ours are in the room: only its members' word was needed."""
        problems = await self._receiving.take(server, join.room_id, [join])
        if problem := problems[join.event_id]:
            raise PeerUnreachable(f"{server} let in a user whom the room does not: {problem}")

    async def _countersigned(self, server: str, join: Event, answer: JsonObject) -> Event:
        """The join as the server returned it: with further signatures, if they are right."""
        returned = answer.get("event")
        if not isinstance(returned, dict):
            return join
        try:
            signed = await self._receiving.checks.check_one(returned, join.version, join.room_id)
        except (InvalidEvent, BadSignature):
            return join
        return signed if signed.event_id == join.event_id else join

    async def _begin(self, server: str, join: Event, answer: JsonObject) -> None:
        given, chain = answer.get("state"), answer.get("auth_chain")
        if answer.get("members_omitted") is True:
            # Nobody asked for that (docs/decisions/0025): all of it is to be had on its own.
            others = self._receiving.others
            given, chain = await others.state(server, join.room_id, join.event_id)
        if not isinstance(given, list) or not isinstance(chain, list):
            raise PeerUnreachable(f"{server} does not tell the state of the room.")
        checks, room_id = self._receiving.checks, join.room_id
        state_events = (await checks.check(given, join.version, room_id, server)).events
        chain_events = (await checks.check(chain, join.version, room_id, server)).events
        found = {**chain_events, **state_events}
        vetted = await self._receiving.db.read(_vet, found)
        state = checked_state(server, join, state_events, vetted)
        positions = await self._receiving.fetching.store(room_id, vetted)
        await self._receiving.db.write(enter, join, state, positions)


def _vet(_: Transaction, found: Mapping[str, Event]) -> Vetted:
    return vet(found, {})


def checked_state(
    server: str, join: Event, state_events: Mapping[str, Event], vetted: Vetted
) -> State:
    """The state before the join; raises PeerUnreachable for one in which it cannot stand."""
    allowed = {event.event_id for event in vetted.events} - vetted.rejected
    state: dict[StateKey, Event] = {}
    for event in state_events.values():
        if not event.is_state or event.state_pair in state:
            raise PeerUnreachable(f"{server} tells a state that is none.")
        if event.event_id in allowed:
            state[event.state_pair] = event
    create = state.get(CREATE)
    if create is None or create.content.get("room_version", "1") != join.version.id:
        raise PeerUnreachable(f"{server} tells a state without the room's beginning.")
    try:
        authorize(join, state)
    except AuthError as error:
        raise PeerUnreachable(f"{server} tells a state that forbids the join: {error}") from None
    return state


def enter(txn: Transaction, join: Event, state: State, positions: Mapping[str, int]) -> None:
    """Make the room ours, unless another join was quicker."""
    head = timeline.head(txn, join.room_id)
    if head is not None and join.sender_domain in head.servers:
        raise MatrixError("Somebody else of this server has just joined. Try again.", status=503)
    numbers = {key: positions[event.event_id] for key, event in state.items()}
    names.intern_all(txn, (name for key in numbers for name in key))
    root = state_trees.change(txn, state_trees.EMPTY, numbered(txn, numbers))
    known = {positions[event.event_id]: event for event in state.values()}
    after = timeline.enter(txn, join, root, known)
    room_previews.delete(txn, join.sender, after.room)
