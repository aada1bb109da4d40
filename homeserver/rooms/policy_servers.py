"""Asks the policy servers of rooms for their word on events, ours and others'.

Spec: Server-Server API, "Policy Servers". Work of the writer that meets an event without a word
stops with NotYet, the server is asked, and the work runs again.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from attrs import frozen
from twisted.internet.defer import Deferred

from homeserver.clock import Clock
from homeserver.errors import Forbidden, MatrixError
from homeserver.events.canonical import canonical_json
from homeserver.events.event import Event
from homeserver.events.policy_servers import Policy, needs_no_word
from homeserver.events.signatures import POLICY_KEY_ID
from homeserver.http.client import Limits
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.peers.errors import PeerError, RemoteError
from homeserver.peers.lanes import Lane, all_of
from homeserver.peers.remembered import Remembered
from homeserver.peers.servers import Peers
from homeserver.rooms.policies import policy_of
from homeserver.storage.database import NotYet
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

SIGN = "/_matrix/policy/v1/sign"
OLDER_SIGN = "/_matrix/policy/unstable/org.matrix.msc4284/sign"
LIMITS = Limits(seconds=10.0, size=64 * 1024)
TRIES, SHORT_WAIT_MS, LONGEST_WAIT_MS = 3, 1_000, 5_000
"""How often, and after how long, a server is asked again that says it is too much."""
AT_ONCE = 10
MAX_WAITING = 5_000
REMEMBERED_MS = 300_000
MAX_REMEMBERED = 5_000

log = logger(__name__)

Draft = tuple[str, str, str, str | None, bytes]
"""Room, sender, type, state key and content: what stays the same when an event is written anew."""


class NoPolicyServer(MatrixError):
    """It gave no answer: without its word nothing may be sent."""

    status = 502


@frozen
class Word:
    """On an event of ours: `root` is that of the state it was written in."""

    event: Event
    root: bytes


class PolicyServers:
    def __init__(self, peers: Peers, clock: Clock) -> None:
        self._peers = peers
        self._clock = clock
        self._own: Remembered[Draft, Word | MatrixError] = Remembered(clock, MAX_REMEMBERED)
        self._others: Remembered[tuple[str, Policy], str] = Remembered(clock, MAX_REMEMBERED)
        self._lane = Lane(AT_ONCE, MAX_WAITING)

    # -- events of our users

    def approve(self, txn: Transaction, head: Head, event: Event) -> Event:
        """The event, or the same written a moment ago, with the signature that it needs.

        Raises NotYet, and what the policy server says against it.
        """
        policy = policy_of(txn, head)
        if policy is None or needs_no_word(event) or policy.server == self._peers.server_name:
            # Of a policy server beside this one, others ask as they get the event.
            return event
        draft = draft_of(event)
        word = self._own.get(draft)
        self._own.drop(draft)
        if isinstance(word, MatrixError):
            raise word
        if word is not None and fits(word, event, head) and policy.has_signed(word.event):
            return word.event
        raise NotYet(lambda: self._ask_for_own(policy, event, head.root))

    async def _ask_for_own(self, policy: Policy, event: Event, root: bytes) -> None:
        word: Word | MatrixError
        try:
            word = Word(policy.signed(event, await self._ask(policy, event)), root)
        except MatrixError as error:
            word = error
        self._own.put(draft_of(event), word, REMEMBERED_MS)

    # -- events of others

    def recommended(
        self, txn: Transaction, head: Head, event: Event, coming: Sequence[Event] = ()
    ) -> Event | None:
        """The event with the signature that it needs; None if it is not recommended.

        Raises NotYet; `coming` are events that will be asked about next.
        """
        policy = policy_of(txn, head)
        if policy is None or needs_no_word(event) or policy.has_signed(event):
            return event
        text = self._others.get((event.event_id, policy))
        if text is None:
            wanted = [event, *coming]
            raise NotYet(lambda: self._ask_for_others(policy, wanted))
        return policy.signed(event, text) if text else None

    async def _ask_for_others(self, policy: Policy, wanted: Iterable[Event]) -> None:
        silent: set[str] = set()
        await all_of(self._lane.run(self._ask_for(policy, event, silent)) for event in wanted)

    async def _ask_for(self, policy: Policy, event: Event, silent: set[str]) -> None:
        """Of a server that does not answer nothing more is asked in the same breath."""
        key = event.event_id, policy
        if self._others.get(key) is not None or needs_no_word(event) or policy.has_signed(event):
            return
        text = ""
        try:
            if policy.server not in silent:
                text = await self._ask(policy, event)
        except NoPolicyServer:
            silent.add(policy.server)
        except MatrixError as error:
            log.info("%s does not recommend %s: %s", policy.server, event.event_id, error.errcode)
        self._others.put(key, text, REMEMBERED_MS)

    # -- asking

    async def _ask(self, policy: Policy, event: Event) -> str:
        """The signature; raises MatrixError."""
        try:
            answer = await self._patiently(policy.server, event)
        except RemoteError as error:
            raise as_told(error) from None
        except PeerError as error:
            log.info("the policy server %s does not answer: %s", policy.server, error)
            raise NoPolicyServer("The policy server of this room does not answer.") from None
        signatures = answer.get(policy.server)
        text = signatures.get(POLICY_KEY_ID) if isinstance(signatures, dict) else None
        if not isinstance(text, str) or not policy.is_signature(event, text):
            raise Forbidden("The policy server of this room refuses this.")
        return text

    async def _patiently(self, server: str, event: Event) -> JsonObject:
        """Who has too much to do for now is asked again, if that is soon."""
        for _ in range(TRIES - 1):
            try:
                return await self._answer(server, event)
            except RemoteError as error:
                wait_ms = error.retry_after_ms or SHORT_WAIT_MS
                if error.status != 429 or wait_ms > LONGEST_WAIT_MS:
                    raise
            soon: Deferred[None] = Deferred()
            self._clock.call_later(wait_ms / 1000, partial(soon.callback, None))
            await soon
        return await self._answer(server, event)

    async def _answer(self, server: str, event: Event) -> JsonObject:
        if server == self._peers.server_name:
            raise Forbidden("This server is no policy server.")
        try:
            return await self._post(server, SIGN, event)
        except RemoteError as error:
            if error.errcode != "M_UNRECOGNIZED":
                raise
            return await self._post(server, OLDER_SIGN, event)

    async def _post(self, server: str, path: str, event: Event) -> JsonObject:
        # However long it was silent: people wait for it each time.
        return await self._peers.request(
            server, "POST", path, body=event.pdu, limits=LIMITS, insist=True
        )


def as_told(error: RemoteError) -> MatrixError:
    """What the policy server says against an event, for the client."""
    later = {"retry_after_ms": error.retry_after_ms} if error.retry_after_ms else {}
    return MatrixError(
        error.message or "The policy server of this room refuses this.",
        errcode=error.errcode or "M_FORBIDDEN",
        status=error.status,
        **later,
    )


def draft_of(event: Event) -> Draft:
    content = canonical_json({"content": event.content, "redacts": event.redacts})
    return event.room_id, event.sender, event.type, event.state_key, content


def fits(word: Word, event: Event, head: Head) -> bool:
    """Whether the event written before can stand where this one would.

    What others said meanwhile does not matter as long as the state is the same.
    """
    before = word.event
    if before.auth_events != event.auth_events:
        return False
    return before.prev_events == event.prev_events or (
        not event.is_state and word.root == head.root
    )
