"""Who is in a room, and how one gets in, as its state tells."""

from typing import Protocol

from homeserver.events.auth_selection import JOIN_RULES, member
from homeserver.events.event import Event, StateKey


class RoomState(Protocol):
    """A dict from state keys to events, or whatever finds them as a dict does."""

    def get(self, key: StateKey, /) -> Event | None: ...


def membership_in(state: RoomState, user_id: str) -> str:
    """The user's membership; "leave" for somebody who was never there."""
    event = state.get(member(user_id))
    return (event.membership if event else None) or "leave"


def join_rule_in(state: RoomState) -> str | None:
    """The room's `join_rule`: "invite" in a room that says nothing, None when it says nonsense."""
    event = state.get(JOIN_RULES)
    rule = event.content.get("join_rule", "invite") if event else "invite"
    return rule if isinstance(rule, str) else None
