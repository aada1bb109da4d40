"""Who may see an event. Spec: Client-Server API, "Room History Visibility".

Positions are numbers that grow as a room goes on, for events, joins and erasures alike.
"""

from collections.abc import Collection
from enum import Enum
from typing import Protocol, Self

from attrs import frozen

from homeserver.events.event import Event
from homeserver.events.ids import domain_of


class HistoryVisibility(Enum):
    WORLD_READABLE = "world_readable"
    SHARED = "shared"
    INVITED = "invited"
    JOINED = "joined"

    @classmethod
    def of(cls, event: Event | None) -> Self:
        """As the m.room.history_visibility event says; shared where it says nothing known."""
        value = event.content.get("history_visibility") if event else None
        known = isinstance(value, str) and value in cls._value2member_map_
        return cls(value if known else "shared")


class Shown(Enum):
    HIDDEN = "hidden"
    REDACTED = "redacted"
    WHOLE = "whole"


@frozen
class Moment:
    """What the room's state before an event says about the one who looks."""

    history_visibility: HistoryVisibility
    memberships: Collection[str]
    """The user's one membership, or those of the server's users. They are looked at last."""


class Viewer(Protocol):
    """Who looks at a room: made once, then asked about many of its events."""

    @property
    def joins(self) -> Collection[int]:
        """The positions of their joins in this room; of a server, those of all its users."""

    def owns(self, user_id: str) -> bool:
        """Whether this user's memberships are the viewer's own."""


@frozen
class UserView:
    user_id: str
    joins: Collection[int]

    def owns(self, user_id: str) -> bool:
        return user_id == self.user_id


@frozen
class ServerView:
    """A server may see what any of its users may see."""

    server_name: str
    joins: Collection[int]

    def owns(self, user_id: str) -> bool:
        return domain_of(user_id) == self.server_name


def may_see(viewer: Viewer, event: Event, position: int, before: Moment) -> bool:
    """The five rules of "Server behaviour"."""
    settings = _settings(event, before)
    if HistoryVisibility.WORLD_READABLE in settings:
        return True
    if HistoryVisibility.SHARED in settings and any(join > position for join in viewer.joins):
        return True
    return _let_in_by_membership(viewer, event, before)


def show(
    viewer: Viewer, event: Event, position: int, before: Moment, erased_at: int | None = None
) -> Shown:
    """How to serve an event whose sender's account was erased at some position, or never.

    Spec: `POST /account/deactivate`, `erase`: those who join after the erasure get redacted
    copies; those who could see the event before then still see all of it.
    """
    if not may_see(viewer, event, position, before):
        return Shown.HIDDEN
    if erased_at is None or _could_see_until(erased_at, viewer, event, position, before):
        return Shown.WHOLE
    return Shown.REDACTED


def _could_see_until(
    erased_at: int, viewer: Viewer, event: Event, position: int, before: Moment
) -> bool:
    """As `may_see`, but readers of the world count only if they were members in time."""
    settings = _settings(event, before)
    joins = [join for join in viewer.joins if join < erased_at]
    if HistoryVisibility.WORLD_READABLE in settings and joins:
        return True
    if HistoryVisibility.SHARED in settings and any(join > position for join in joins):
        return True
    return _let_in_by_membership(viewer, event, before)


def _settings(event: Event, before: Moment) -> set[HistoryVisibility]:
    """A change of the visibility may be seen by whom the old or the new value lets see it."""
    settings = {before.history_visibility}
    if event.type == "m.room.history_visibility" and event.state_key == "":
        settings.add(HistoryVisibility.of(event))
    return settings


def _let_in_by_membership(viewer: Viewer, event: Event, before: Moment) -> bool:
    """A change of the viewer's own membership may be seen if the old or the new one allows it."""
    sufficient = {"join"}
    if HistoryVisibility.INVITED in _settings(event, before):
        sufficient.add("invite")
    own = event.type == "m.room.member" and viewer.owns(event.state_key or "")
    if own and event.membership in sufficient:
        return True
    return any(membership in sufficient for membership in before.memberships)
