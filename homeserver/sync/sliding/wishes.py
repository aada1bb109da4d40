"""What a client asks for in sliding sync, however it is written. Spec: MSC4186.

client_api/ reads it from the two forms that are in use.
"""

from collections.abc import Mapping

from attrs import Factory, field, frozen

from homeserver.events.required_state import NOTHING, RequiredState
from homeserver.http.requester import Requester

Range = tuple[int, int]
"""First and last index."""


@frozen(cache_hash=True)
class RoomConfig:
    """How much of a room is wanted."""

    timeline_limit: int = 0
    state: RequiredState = NOTHING

    def __or__(self, other: "RoomConfig") -> "RoomConfig":
        limit = max(self.timeline_limit, other.timeline_limit)
        return RoomConfig(limit, self.state | other.state)


@frozen(cache_hash=True)
class RoomFilter:
    """Which rooms a list holds; None where it does not matter. The room type None is "no type"."""

    is_dm: bool | None = None
    spaces: frozenset[str] | None = None
    is_encrypted: bool | None = None
    is_invited: bool | None = None
    room_types: frozenset[str | None] | None = None
    not_room_types: frozenset[str | None] = frozenset()
    tags: frozenset[str] | None = None
    not_tags: frozenset[str] = frozenset()
    room_name_like: str = ""


ALL_ROOMS = RoomFilter()


@frozen(cache_hash=True)
class ListWish:
    """`ranges` are None for the whole list."""

    ranges: tuple[Range, ...] | None
    config: RoomConfig
    filter: RoomFilter = ALL_ROOMS


@frozen(cache_hash=True)
class ExtensionScope:
    """For which lists and subscribed rooms an extension is wanted; None for all."""

    lists: frozenset[str] | None = None
    rooms: frozenset[str] | None = None

    def includes(self, lists: frozenset[str], subscribed: bool, room_id: str) -> bool:
        """Whether a room in these lists belongs to it."""
        if subscribed and (self.rooms is None or room_id in self.rooms):
            return True
        return bool(lists) if self.lists is None else not self.lists.isdisjoint(lists)


@frozen
class Extension:
    """An extension that is enabled. `key` is how the client spells it."""

    key: str
    scope: ExtensionScope = ExtensionScope()
    since: str = ""
    limit: int = 100
    fields: frozenset[str] | None = None


@frozen(eq=False)
class Extensions:
    """Those that are enabled."""

    to_device: Extension | None = None
    e2ee: Extension | None = None
    account_data: Extension | None = None
    receipts: Extension | None = None
    typing: Extension | None = None
    thread_subscriptions: Extension | None = None
    profiles: Extension | None = None
    sticky_events: Extension | None = None
    names: frozenset[str] = field(
        init=False,
        default=Factory(lambda self: frozenset(_enabled(self)), takes_self=True),
    )


def _enabled(extensions: Extensions) -> list[str]:
    return [name for name in EXTENSIONS if getattr(extensions, name) is not None]


EXTENSIONS = (
    "to_device",
    "e2ee",
    "account_data",
    "receipts",
    "typing",
    "thread_subscriptions",
    "profiles",
    "sticky_events",
)


@frozen(eq=False)
class Form:
    """How the two forms call the same thing."""

    merged: bool

    @property
    def expanded_timeline(self) -> str:
        return "expanded_timeline" if self.merged else "unstable_expanded_timeline"

    @property
    def stripped_state(self) -> str:
        return "stripped_state" if self.merged else "invite_state"


@frozen(eq=False)
class SlidingWish:
    """`pos` is empty for the first request of a connection."""

    requester: Requester
    form: Form
    conn_id: str
    pos: str
    lists: Mapping[str, ListWish]
    subscriptions: Mapping[str, RoomConfig]
    extensions: Extensions
    txn_id: str = ""

    @property
    def device(self) -> str:
        return self.requester.device_name

    @property
    def selection(self) -> "Selection":
        """What decides which rooms are looked at, and how closely."""
        lists = tuple(self.lists.items())
        return lists, tuple(self.subscriptions.items())


Selection = tuple[tuple[tuple[str, ListWish], ...], tuple[tuple[str, RoomConfig], ...]]
