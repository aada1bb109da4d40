"""What this server asks others about rooms: a method for each endpoint. Spec: Server-Server API."""

from collections.abc import Sequence

from attrs import frozen

from homeserver.errors import MatrixError
from homeserver.http.client import Limits
from homeserver.http.request import field
from homeserver.json_values import JsonObject, JsonValue
from homeserver.peers.errors import PeerUnreachable
from homeserver.peers.servers import Peers, Query, path_of

MEBI = 1024 * 1024
V1, V2 = "/_matrix/federation/v1", "/_matrix/federation/v2"
LARGE = Limits(seconds=300.0, size=160 * MEBI)
"""For whole states of large rooms: some 250,000 events."""
QUICK = Limits(seconds=20.0, size=10 * MEBI)


@frozen
class StateIds:
    state: list[str]
    auth_chain: list[str]


@frozen(eq=False)
class OtherServers:
    """All raise PeerError; answers of a wrong shape count as PeerUnreachable.

    What a user waits for is asked also of servers that did not answer lately.
    """

    _peers: Peers

    def is_silent(self, server: str) -> bool:
        """Whether it did not answer lately."""
        return self._peers.is_silent(server)

    # -- events

    async def missing_events(
        self, server: str, room_id: str, earliest: Sequence[str], latest: Sequence[str], limit: int
    ) -> list[JsonValue]:
        path = path_of(V1 + "/get_missing_events/{}", room_id)
        body = {"earliest_events": [*earliest], "latest_events": [*latest], "limit": limit}
        answer = await self._peers.request(server, "POST", path, body=body, limits=QUICK)
        return _list(server, answer, "events")

    async def backfill(
        self, server: str, room_id: str, event_ids: Sequence[str], limit: int
    ) -> list[JsonValue]:
        path = path_of(V1 + "/backfill/{}", room_id)
        query = {"v": list(event_ids), "limit": str(limit)}
        return _list(server, await self._get(server, path, query), "pdus")

    async def event(self, server: str, event_id: str) -> JsonValue:
        pdus = _list(server, await self._get(server, path_of(V1 + "/event/{}", event_id)), "pdus")
        if len(pdus) != 1:
            raise PeerUnreachable(f"{server} does not answer with one event.")
        return pdus[0]

    async def state_ids(self, server: str, room_id: str, event_id: str) -> StateIds:
        """Of the state before the event."""
        path = path_of(V1 + "/state_ids/{}", room_id)
        answer = await self._get(server, path, {"event_id": event_id}, LARGE)
        return StateIds(_ids(server, answer, "pdu_ids"), _ids(server, answer, "auth_chain_ids"))

    async def state(
        self, server: str, room_id: str, event_id: str
    ) -> tuple[list[JsonValue], list[JsonValue]]:
        """The state before the event, and all that it rests upon."""
        path = path_of(V1 + "/state/{}", room_id)
        answer = await self._get(server, path, {"event_id": event_id}, LARGE)
        return _list(server, answer, "pdus"), _list(server, answer, "auth_chain")

    async def event_auth(self, server: str, room_id: str, event_id: str) -> list[JsonValue]:
        path = path_of(V1 + "/event_auth/{}/{}", room_id, event_id)
        return _list(server, await self._get(server, path, limits=LARGE), "auth_chain")

    # -- memberships

    async def make(
        self, kind: str, server: str, room_id: str, user_id: str, versions: Sequence[str] = ()
    ) -> JsonObject:
        """A draft of a membership event: `kind` is "join", "leave" or "knock"."""
        path = path_of(V1 + f"/make_{kind}/{{}}/{{}}", room_id, user_id)
        query = {"ver": list(versions)} if versions else None
        return await self._get(server, path, query, insist=True)

    async def send_join(
        self, server: str, room_id: str, event_id: str, pdu: JsonObject
    ) -> JsonObject:
        path = path_of(V2 + "/send_join/{}/{}", room_id, event_id)
        return await self._peers.request(server, "PUT", path, body=pdu, limits=LARGE)

    async def send_leave(self, server: str, room_id: str, event_id: str, pdu: JsonObject) -> None:
        path = path_of(V2 + "/send_leave/{}/{}", room_id, event_id)
        await self._peers.request(server, "PUT", path, body=pdu)

    async def send_knock(
        self, server: str, room_id: str, event_id: str, pdu: JsonObject
    ) -> list[JsonValue]:
        path = path_of(V1 + "/send_knock/{}/{}", room_id, event_id)
        answer = await self._peers.request(server, "PUT", path, body=pdu)
        return _list(server, answer, "knock_room_state")

    async def invite(
        self, server: str, room_id: str, event_id: str, body: JsonObject
    ) -> JsonObject:
        """The invite with the signature of the user's server."""
        path = path_of(V2 + "/invite/{}/{}", room_id, event_id)
        answer = await self._peers.request(server, "PUT", path, body=body, insist=True)
        return _object(server, answer, "event")

    async def exchange_third_party_invite(
        self, server: str, room_id: str, event: JsonObject
    ) -> None:
        path = path_of(V1 + "/exchange_third_party_invite/{}", room_id)
        await self._peers.request(server, "PUT", path, body=event, limits=QUICK)

    # -- lookups

    async def closest(self, server: str, room_id: str, ts: int, direction: str) -> JsonObject:
        """The `event_id` and `origin_server_ts` of the event closest to a time."""
        query = {"ts": str(ts), "dir": direction}
        return await self._get(server, path_of(V1 + "/timestamp_to_event/{}", room_id), query)

    async def directory(self, server: str, alias: str) -> JsonObject:
        query = {"room_alias": alias}
        return await self._get(server, V1 + "/query/directory", query, insist=True)

    async def profile(self, server: str, user_id: str, field_name: str | None) -> JsonObject:
        query = {"user_id": user_id, **({"field": field_name} if field_name else {})}
        return await self._get(server, V1 + "/query/profile", query)

    async def hierarchy(self, server: str, room_id: str, suggested_only: bool) -> JsonObject:
        query = {"suggested_only": "true" if suggested_only else "false"}
        return await self._get(server, path_of(V1 + "/hierarchy/{}", room_id), query)

    async def public_rooms(self, server: str, body: JsonObject) -> JsonObject:
        path = V1 + "/publicRooms"
        return await self._peers.request(server, "POST", path, body=body, insist=True)

    async def _get(
        self,
        server: str,
        path: str,
        query: Query | None = None,
        limits: Limits = QUICK,
        insist: bool = False,
    ) -> JsonObject:
        return await self._peers.request(
            server, "GET", path, query=query, limits=limits, insist=insist
        )


def _list(server: str, answer: JsonObject, name: str) -> list[JsonValue]:
    found: list[JsonValue] = _take(server, answer, name, list)
    return found


def _object(server: str, answer: JsonObject, name: str) -> JsonObject:
    found: JsonObject = _take(server, answer, name, dict)
    return found


def _take(server: str, answer: JsonObject, name: str, kind: type) -> JsonValue:
    try:
        return field(answer, name, kind)
    except MatrixError as error:
        raise PeerUnreachable(f"{server}: {error.message}") from None


def _ids(server: str, answer: JsonObject, name: str) -> list[str]:
    found = _list(server, answer, name)
    if not all(isinstance(value, str) for value in found):
        raise PeerUnreachable(f"{server}: '{name}' must hold event ids.")
    return found
