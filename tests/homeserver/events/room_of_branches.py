"""A room made of real, unsigned events, whose people can talk past each other in branches.

It keeps the state after each event, as a server does that has seen every branch:

    room = RoomOfBranches(ROOM_VERSIONS["12"])
    base = room.begins()
    ban = room.bans("mallory", by="alice", after=base)
    topic = room.sends("mallory", "m.room.topic", {"topic": "mine"}, after=base)
    room.state_before([ban, topic])
"""

from collections.abc import Sequence

from homeserver.events.auth_rules import authorize
from homeserver.events.auth_selection import auth_keys
from homeserver.events.event import Event, StateKey
from homeserver.events.hashes import content_hash
from homeserver.events.problems import AuthError
from homeserver.events.resolution import resolve
from homeserver.events.room_versions import EventFormat, RoomVersion
from homeserver.json_values import JsonObject, JsonValue

State = dict[StateKey, str]

POWER_LEVELS = "m.room.power_levels"
JOIN_RULES = "m.room.join_rules"
MEMBER = "m.room.member"
START_MS = 1_700_000_000_000


def user(name: str) -> str:
    return f"@{name}:example.org"


class RoomOfBranches:
    """An `EventSource`; every method that sends gives the new event."""

    def __init__(self, version: RoomVersion) -> None:
        self.version = version
        self.room_id = "!room:example.org"
        self.events: dict[str, Event] = {}
        self.rejections: set[str] = set()
        self.state_after: dict[str, State] = {}

    def event(self, event_id: str, /) -> Event | None:
        return self.events.get(event_id)

    def rejected(self, event_id: str, /) -> bool:
        return event_id in self.rejections

    def begins(
        self, levels: dict[str, int] | None = None, create: JsonObject | None = None
    ) -> Event:
        """alice makes a public room; give the levels of others, creators have theirs anyway."""
        content: JsonObject = {"room_version": self.version.id, **(create or {})}
        if not self.version.creator_is_sender:
            content["creator"] = user("alice")
        created = self.sends("alice", "m.room.create", content, after=[])
        self.room_id = created.room_id
        joined = self.joins("alice", after=created)
        powers = self.sets_levels(levels or {}, by="alice", after=joined)
        return self.sets_join_rule("public", by="alice", after=powers)

    def joins(self, name: str, after: Event) -> Event:
        return self.sets_membership(name, "join", by=name, after=after)

    def bans(self, name: str, by: str, after: Event) -> Event:
        return self.sets_membership(name, "ban", by=by, after=after)

    def sets_membership(self, name: str, membership: str, by: str, after: Event) -> Event:
        return self.sends(by, MEMBER, {"membership": membership}, user(name), after=[after])

    def sets_join_rule(self, rule: str, by: str, after: Event) -> Event:
        return self.sends(by, JOIN_RULES, {"join_rule": rule}, after=[after])

    def sets_topic(self, topic: str, by: str, after: Event) -> Event:
        return self.sends(by, "m.room.topic", {"topic": topic}, after=[after])

    def sets_levels(
        self, levels: dict[str, int], by: str, after: Event, **others: JsonValue
    ) -> Event:
        users: JsonObject = {user(name): level for name, level in levels.items()}
        if not self.version.privileged_creators:
            users.setdefault(user("alice"), 100)
        return self.sends(by, POWER_LEVELS, {"users": users, **others}, after=[after])

    def sends(
        self,
        sender: str,
        type: str,
        content: JsonObject,
        state_key: str | None = "",
        *,
        after: Sequence[Event],
        later_ms: int = 0,
    ) -> Event:
        """Raises AuthError, and keeps nothing, if the state before the event forbids it."""
        state = self.state_before(after)
        event = self.builds(user(sender), type, content, state_key, after, state, later_ms)
        authorize(event, self.events_of(state))
        self.accepts(event, state)
        return event

    def accepts(self, event: Event, state_before: State) -> None:
        self.events[event.event_id] = event
        changed = {event.state_pair: event.event_id} if event.is_state else {}
        self.state_after[event.event_id] = state_before | changed

    def receives(self, event: Event) -> None:
        """Take an event from elsewhere, as the room's state here has it."""
        state = self.state_before([self.events[event_id] for event_id in event.prev_events])
        try:
            authorize(event, self.events_of(state))
            self.accepts(event, state)
        except AuthError:
            self.events[event.event_id] = event
            self.rejections.add(event.event_id)
            self.state_after[event.event_id] = state

    def state_before(self, prev_events: Sequence[Event]) -> State:
        return self.resolves([self.state_after[event.event_id] for event in prev_events])

    def resolves(self, state_sets: Sequence[State]) -> State:
        return resolve(self.version, state_sets, self)

    def events_of(self, state: State) -> dict[StateKey, Event]:
        return {key: self.events[event_id] for key, event_id in state.items()}

    def builds(
        self,
        sender: str,
        type: str,
        content: JsonObject,
        state_key: str | None,
        after: Sequence[Event],
        state: State,
        later_ms: int,
    ) -> Event:
        depth = 1 + max((event.depth for event in after), default=0)
        keys = auth_keys(type, sender, state_key, content, self.version)
        pdu: JsonObject = {
            "type": type,
            "sender": sender,
            "content": content,
            "depth": depth,
            "origin_server_ts": START_MS + depth * 1000 + later_ms,
            "prev_events": self._references([event.event_id for event in after]),
            "auth_events": self._references([state[key] for key in keys if key in state]),
        }
        if not (type == "m.room.create" and self.version.room_id_is_create_hash):
            pdu["room_id"] = self.room_id
        if state_key is not None:
            pdu["state_key"] = state_key
        if self.version.chosen_event_ids:
            pdu["event_id"] = f"${len(self.events)}:example.org"
        pdu["hashes"] = {"sha256": content_hash(pdu, self.version)}
        return Event.from_pdu(pdu, self.version)

    def _references(self, event_ids: list[str]) -> list[JsonValue]:
        if self.version.event_format is EventFormat.IDS:
            return list(event_ids)
        return [[event_id, {}] for event_id in event_ids]
