"""Membership events that another server proposes and this one finishes."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.events.event import Event
from homeserver.events.formats import check_pdu
from homeserver.events.problems import InvalidEvent
from homeserver.events.room_versions import ROOM_VERSIONS, RoomVersion
from homeserver.json_values import JsonObject, JsonValue
from homeserver.peers.errors import PeerUnreachable
from homeserver.rooms.author import Author
from homeserver.rooms.state_checks import AUTHORISED_VIA


@frozen(eq=False)
class Drafts:
    _author: Author
    _clock: Clock

    def finish(
        self, server: str, proposal: JsonObject, room_id: str, user_id: str, content: JsonObject
    ) -> Event:
        """Our user's event: only its place in the room is taken from the proposal."""
        version, template = version_in(server, proposal), proposal.get("event")
        if not isinstance(template, dict):
            raise PeerUnreachable(f"{server} proposes no event.")
        proposed = template.get("content")
        if content["membership"] == "join" and isinstance(proposed, dict):
            authoriser = proposed.get(AUTHORISED_VIA)
            if isinstance(authoriser, str):
                content = {**content, AUTHORISED_VIA: authoriser}
        pdu: JsonObject = {
            "type": "m.room.member",
            "room_id": room_id,
            "sender": user_id,
            "state_key": user_id,
            "content": content,
            "origin_server_ts": self._clock.now_ms(),
            "depth": template.get("depth"),
            "prev_events": template.get("prev_events"),
            "auth_events": template.get("auth_events"),
        }
        self._check(server, pdu, version)
        return self._author.finish(pdu, version)

    def end(self, own: Event, user_id: str, content: JsonObject) -> Event:
        """A leave that only this server knows of, because no other can be told."""
        version = own.version
        pdu: JsonObject = {
            "type": "m.room.member",
            "room_id": own.room_id,
            "sender": user_id,
            "state_key": user_id,
            "content": content,
            "origin_server_ts": self._clock.now_ms(),
            "depth": own.depth + 1,
            "prev_events": [],
            "auth_events": [],
        }
        return self._author.finish(pdu, version)

    def _check(self, server: str, pdu: JsonObject, version: RoomVersion) -> None:
        """What is proposed must be fit for an event of the version."""
        proofs: JsonObject = {"hashes": {"sha256": ""}, "signatures": {}}
        name = {"event_id": "$proposed:" + self._author.server_name}
        try:
            check_pdu({**pdu, **proofs, **(name if version.chosen_event_ids else {})}, version)
        except InvalidEvent as error:
            raise PeerUnreachable(f"{server} proposes what is no event: {error}") from None


def version_in(server: str, proposal: JsonObject) -> RoomVersion:
    """Rooms of servers that do not say are of version 1."""
    id: JsonValue = proposal.get("room_version", "1")
    version = ROOM_VERSIONS.get(id) if isinstance(id, str) else None
    if version is None:
        raise PeerUnreachable(f"{server} names a room version that is not known here.")
    return version
