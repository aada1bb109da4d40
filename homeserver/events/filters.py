"""Which events a client wants to see. Spec: Client-Server API, "Filtering"."""

from typing import Self

from attrs import field, frozen

from homeserver.errors import BadJson
from homeserver.events.event_fields import EventFields
from homeserver.events.filter_values import (
    Names,
    read_boolean,
    read_choice,
    read_ids,
    read_limit,
    read_names,
    read_object,
    read_patterns,
)
from homeserver.events.type_patterns import TypePatterns
from homeserver.json_values import JsonObject

UNSTABLE_PROFILES = "org.matrix.msc4429."


@frozen
class EventFilter:
    """Of events outside rooms: presence, global account data."""

    types: TypePatterns | None = None
    not_types: TypePatterns | None = None
    senders: Names | None = None
    not_senders: Names | None = None
    limit: int | None = None
    is_everything: bool = field(init=False)
    """Whether no event is kept out, so that callers need not ask."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "is_everything", self._names_nothing())

    @classmethod
    def parse(cls, body: JsonObject) -> Self:
        return cls(
            read_patterns(body, "types"),
            read_patterns(body, "not_types"),
            read_ids(body, "senders", "@"),
            read_ids(body, "not_senders", "@"),
            read_limit(body),
        )

    def matches(self, type: str, sender: str | None = None) -> bool:
        """`sender` is None for account data, which senders do not keep out."""
        return self.is_everything or (self._wants_type(type) and self._wants_sender(sender))

    def _wants_type(self, type: str) -> bool:
        return (self.types is None or self.types.match(type)) and not (
            self.not_types is not None and self.not_types.match(type)
        )

    def _wants_sender(self, sender: str | None) -> bool:
        if sender is None:
            return True
        return (self.senders is None or sender in self.senders) and not (
            self.not_senders and sender in self.not_senders
        )

    def _names_nothing(self) -> bool:
        named = (self.types, self.not_types, self.senders, self.not_senders)
        return all(names is None for names in named)


@frozen
class RoomEventFilter:
    """Of events in rooms: timeline, state, ephemeral, room account data, /messages, /context.

    `matches` decides by what an event itself says. Whether it has relations that
    `related_by_rel_types` and `related_by_senders` ask for, storage knows: the caller looks there
    if `asks_for_relations`.
    """

    events: EventFilter = field(factory=EventFilter)
    rooms: Names | None = None
    not_rooms: Names | None = None
    contains_url: bool | None = None
    lazy_load_members: bool = False
    include_redundant_members: bool = False
    unread_thread_notifications: bool = False
    related_by_rel_types: Names | None = None
    related_by_senders: Names | None = None
    is_everything: bool = field(init=False)
    """Whether every event of every room passes `allows_room` and `matches`."""

    def __attrs_post_init__(self) -> None:
        places = (self.rooms, self.not_rooms, self.contains_url)
        everything = self.events.is_everything and all(place is None for place in places)
        object.__setattr__(self, "is_everything", everything)

    @classmethod
    def parse(cls, body: JsonObject) -> Self:
        return cls(
            EventFilter.parse(body),
            read_ids(body, "rooms", "!"),
            read_ids(body, "not_rooms", "!"),
            read_boolean(body, "contains_url", None),
            bool(read_boolean(body, "lazy_load_members", False)),
            bool(read_boolean(body, "include_redundant_members", False)),
            bool(read_boolean(body, "unread_thread_notifications", False)),
            read_names(body, "related_by_rel_types"),
            read_ids(body, "related_by_senders", "@"),
        )

    @property
    def limit(self) -> int | None:
        return self.events.limit

    @property
    def asks_for_relations(self) -> bool:
        return self.related_by_rel_types is not None or self.related_by_senders is not None

    def allows_room(self, room_id: str) -> bool:
        return _allows(self.rooms, self.not_rooms, room_id)

    def matches(self, type: str, sender: str | None, content: JsonObject) -> bool:
        """Whether an event of an allowed room is wanted; `sender` is None where it has none."""
        if self.is_everything:
            return True
        if self.contains_url is not None and self.contains_url != ("url" in content):
            return False
        return self.events.matches(type, sender)


@frozen
class RoomFilter:
    rooms: Names | None = None
    not_rooms: Names | None = None
    include_leave: bool = False
    timeline: RoomEventFilter = field(factory=RoomEventFilter)
    state: RoomEventFilter = field(factory=RoomEventFilter)
    ephemeral: RoomEventFilter = field(factory=RoomEventFilter)
    account_data: RoomEventFilter = field(factory=RoomEventFilter)

    @classmethod
    def parse(cls, body: JsonObject) -> Self:
        return cls(
            read_ids(body, "rooms", "!"),
            read_ids(body, "not_rooms", "!"),
            bool(read_boolean(body, "include_leave", False)),
            *(
                RoomEventFilter.parse(read_object(body, part))
                for part in ("timeline", "state", "ephemeral", "account_data")
            ),
        )

    @property
    def lazy_load_members(self) -> bool:
        """Clients ask for it in the state filter; some only in that of the timeline."""
        return self.state.lazy_load_members or self.timeline.lazy_load_members

    def allows(self, room_id: str) -> bool:
        """Applied before the filters of the parts."""
        return _allows(self.rooms, self.not_rooms, room_id)


@frozen
class SyncFilter:
    room: RoomFilter = field(factory=RoomFilter)
    presence: EventFilter = field(factory=EventFilter)
    account_data: EventFilter = field(factory=EventFilter)
    event_fields: EventFields | None = None
    federation_format: bool = False
    profile_fields: Names = frozenset()
    """Of which fields of profiles the client wants to hear (MSC4429); `users_key` is where."""
    users_key: str = "users"

    @classmethod
    def parse(cls, body: JsonObject) -> Self:
        """Read definitions/sync_filter.yaml; raises BadJson with what is wrong."""
        if not isinstance(body, dict):
            raise BadJson("A filter is a JSON object.")
        fields = read_names(body, "event_fields")
        prefix = UNSTABLE_PROFILES if UNSTABLE_PROFILES + "profile_fields" in body else ""
        wanted = read_object(body, prefix + "profile_fields")
        return cls(
            RoomFilter.parse(read_object(body, "room")),
            EventFilter.parse(read_object(body, "presence")),
            EventFilter.parse(read_object(body, "account_data")),
            None if fields is None else EventFields.parse(fields),
            read_choice(body, "event_format", ("client", "federation")) == "federation",
            read_names(wanted, "ids") or frozenset(),
            prefix + "users",
        )


def _allows(wanted: Names | None, unwanted: Names | None, room_id: str) -> bool:
    return (wanted is None or room_id in wanted) and not (unwanted and room_id in unwanted)
