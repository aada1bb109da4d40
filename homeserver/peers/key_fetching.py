"""Asks servers, and notaries, for keys. Spec: Server-Server API, "Retrieving server keys"."""

from collections.abc import Collection, Mapping, Sequence

from attrs import frozen
from nacl.signing import VerifyKey

from homeserver.clock import Clock
from homeserver.events.problems import BadSignature
from homeserver.events.signatures import verify_json
from homeserver.http.client import Limits
from homeserver.http.deadline import within
from homeserver.http.outgoing_errors import TimedOut
from homeserver.json_values import JsonObject, JsonValue, encode
from homeserver.logs import logger
from homeserver.peers.errors import PeerError
from homeserver.peers.key_documents import BadDocument, KeyDocument, read
from homeserver.peers.lanes import Lane, all_of
from homeserver.peers.reaching import Question, Reaching, json_object_of
from homeserver.peers.remembered import Remembered
from homeserver.peers.sharing import Sharing

LIMITS = Limits(seconds=20.0, size=64 * 1024)
NOTARY_LIMITS = Limits(seconds=30.0, size=4 * 1024 * 1024)
AT_ONCE = 16
NOTARIES_AT_ONCE = 4
MAX_WAITING = 1000
SERVERS_A_QUESTION = 100
PATIENCE_S = 45.0
"""So long is waited for a server, or for notaries, however many wait in the lane before."""
PAUSE_MS = 60_000
LONGEST_PAUSE_MS = 3_600_000
MAX_SERVERS = 20_000

log = logger(__name__)

Wishes = Mapping[str, Mapping[str, int]]
"""Server name, key id, and the time at which the key must have been valid."""


@frozen
class NotaryServer:
    """A server that is asked for the keys of others; without `keys` it is trusted through TLS."""

    server_name: str
    keys: Mapping[str, VerifyKey]


class KeyFetching:
    """Nobody is asked twice within a pause, whoever wishes it: strangers can make us ask."""

    def __init__(self, reaching: Reaching, notaries: Sequence[NotaryServer], clock: Clock) -> None:
        self._reaching = reaching
        self._notaries = notaries
        self._clock = clock
        self._asking: Sharing[str, KeyDocument | None] = Sharing()
        self._lane = Lane(AT_ONCE, MAX_WAITING)
        self._notary_lane = Lane(NOTARIES_AT_ONCE, MAX_WAITING)
        self._pauses: Remembered[tuple[str, str], bool] = Remembered(clock, MAX_SERVERS)
        self._failures: Remembered[str, int] = Remembered(clock, MAX_SERVERS)

    async def from_servers(self, servers: Collection[str]) -> list[KeyDocument]:
        """What the servers themselves say; those that do not answer are left out."""
        found = await all_of(self._from_server(server) for server in servers)
        return [document for document in found if document is not None]

    async def from_notaries(self, wishes: Wishes) -> list[KeyDocument]:
        """What the first notary says that knows any of them."""
        names = [name for name in wishes if not self._is_pausing("notaries", name)]
        groups = [
            {name: wishes[name] for name in names[start : start + SERVERS_A_QUESTION]}
            for start in range(0, len(names), SERVERS_A_QUESTION)
        ]
        found = await all_of(self._from_any_notary(group) for group in groups)
        return [document for documents in found for document in documents]

    # -- from themselves

    async def _from_server(self, server: str) -> KeyDocument | None:
        if self._is_pausing("itself", server) or self._lane.is_full:
            return None
        asking = self._asking.get(server, lambda: self._lane.run(self._ask_server(server)))
        try:
            return await within(self._clock, PATIENCE_S, asking)
        except TimedOut:
            self._pauses.put(("itself", server), True, PAUSE_MS)
            return None

    async def _ask_server(self, server: str) -> KeyDocument | None:
        question = Question("GET", "/_matrix/key/v2/server", None, LIMITS)
        try:
            body = json_object_of(server, await self._reaching.ask(server, question))
            document = read(body, server, self._clock.now_ms())
        except (PeerError, BadDocument) as error:
            log.info("no keys of %s: %s", server, error)
            failures = self._failures.get(server) or 0
            pause_ms = min(PAUSE_MS << min(failures, 10), LONGEST_PAUSE_MS)
            self._failures.put(server, failures + 1, 2 * LONGEST_PAUSE_MS)
            self._pauses.put(("itself", server), True, pause_ms)
            return None
        self._failures.drop(server)
        self._pauses.put(("itself", server), True, PAUSE_MS)
        return document

    # -- from notaries

    async def _from_any_notary(self, wishes: Wishes) -> list[KeyDocument]:
        if self._notary_lane.is_full:
            return []
        try:
            found = await within(self._clock, PATIENCE_S, self._first_to_know(wishes))
        except TimedOut:
            found = []
        if not found:
            for name in wishes:
                self._pauses.put(("notaries", name), True, PAUSE_MS)
        return found

    async def _first_to_know(self, wishes: Wishes) -> list[KeyDocument]:
        for notary in self._notaries:
            own = {name: keys for name, keys in wishes.items() if name != notary.server_name}
            if own and (found := await self._notary_lane.run(self._ask(notary, own))):
                return found
        return []

    async def _ask(self, notary: NotaryServer, wishes: Wishes) -> list[KeyDocument]:
        question = Question("POST", "/_matrix/key/v2/query", _query(wishes), NOTARY_LIMITS)
        server = notary.server_name
        try:
            body = json_object_of(server, await self._reaching.ask(server, question))
        except PeerError as error:
            log.info("the notary %s was of no use: %s", server, error)
            return []
        return self._believed(notary, wishes, body.get("server_keys"))

    def _believed(
        self, notary: NotaryServer, wishes: Wishes, listed: JsonValue
    ) -> list[KeyDocument]:
        documents = []
        for value in listed if isinstance(listed, list) else ():
            name = value.get("server_name") if isinstance(value, dict) else None
            if not isinstance(name, str) or name not in wishes:
                continue
            try:
                if notary.keys:
                    verify_json(value, notary.server_name, notary.keys)
                documents.append(read(value, name, self._clock.now_ms()))
            except (BadSignature, BadDocument) as error:
                log.warning("the notary %s vouches wrongly: %s", notary.server_name, error)
        return documents

    def _is_pausing(self, who: str, server: str) -> bool:
        return self._pauses.get((who, server)) is not None


def _query(wishes: Wishes) -> bytes:
    query: JsonObject = {
        name: {id: {"minimum_valid_until_ts": at_ts} for id, at_ts in keys.items()}
        for name, keys in wishes.items()
    }
    return encode({"server_keys": query})
