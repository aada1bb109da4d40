"""Rooms that a user is in: timeline, state, counts, and what is not in the timeline."""

from typing import Any

from attrs import frozen
from orjson import Fragment, loads

from homeserver.json_values import JsonObject
from homeserver.rooms.history import Seen, spells, start_of_stay
from homeserver.rooms.relations import bundles
from homeserver.rooms.shown import show
from homeserver.rooms.tokens import write_token
from homeserver.storage import account_data
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.sync.states import state_for
from homeserver.sync.summaries import Summaries
from homeserver.sync.timelines import Timeline, timeline
from homeserver.sync.unread import Unread
from homeserver.sync.view import View


@frozen(eq=False)
class JoinedRooms:
    _summaries: Summaries
    _unread: Unread

    def entry(self, view: View, head: Head, membership: Membership) -> JsonObject | None:
        """The room's entry under `join`; None if it has no news for this client."""
        new = view.wish.is_first or self._is_new(view, head, membership)
        after = 0 if new else view.since
        found = timeline(view, head, after, view.upto)
        whole = new or view.wish.full_state
        state = state_for(view, head, found, whole=whole, upto=view.upto, after=after)
        entry = room_entry(view, head, found, state)
        entry["ephemeral"] = {"events": self._ephemeral(view, head.room_id, after)}
        entry["account_data"] = {"events": _account_data(view, head.room_id, new)}
        if not whole and not _has_news(entry):
            return None
        moved = [s for s in _all(found, state) if s.event.type == "m.room.member"]
        view.note_members(head, moved, new=new)
        entry["summary"] = self._summaries.of(head, view.user_id) if whole or moved else {}
        self._add_counts(view, head, membership, entry)
        return entry

    def _is_new(self, view: View, head: Head, membership: Membership) -> bool:
        """Whether the user was not in the room at the last sync, or left it since."""
        if membership.position <= view.since:
            return False
        start = start_of_stay(spells(view.txn, head, view.user_id))
        return start is None or start > view.since

    def _ephemeral(self, view: View, room_id: str, after: int) -> list[JsonObject]:
        wanted = view.wish.filter.room.ephemeral
        found: list[JsonObject] = []
        for source in view.ephemeral:
            found += source.events(view.txn, room_id, view.user_id, after, view.upto)
        if wanted.is_everything:
            return found
        return [
            e for e in found if wanted.allows_room(room_id) and wanted.matches(e["type"], None, {})
        ]

    def _add_counts(
        self, view: View, head: Head, membership: Membership, entry: JsonObject
    ) -> None:
        joined = membership.position
        by_thread = view.wish.filter.room.timeline.unread_thread_notifications
        counts, threads = self._unread.counts(
            view.txn, head, view.user_id, joined, by_thread=by_thread
        )
        entry["unread_notifications"] = counts.as_json()
        if by_thread:
            entry["unread_thread_notifications"] = {r: c.as_json() for r, c in threads.items()}


def room_entry(view: View, head: Head, found: Timeline, state: list[Stored]) -> JsonObject:
    """Timeline and state, as joined and left rooms have them."""
    entry: JsonObject = {
        "timeline": {
            "events": show_timeline(view, head, found.events),
            "limited": found.limited,
            "prev_batch": write_token(found.starts_after),
        }
    }
    shown = [show_event(view, stored, "join") for stored in state]
    entry[view.wish.state_after or "state"] = {"events": shown}
    return entry


def show_timeline(view: View, head: Head, found: list[Seen]) -> list[Any]:
    related = bundles(view.txn, head, view.look, [seen.stored for seen in found])
    return [
        show_event(view, seen.stored, seen.membership, related.get(seen.stored.event.event_id))
        for seen in found
    ]


def show_event(
    view: View, stored: Stored, membership: str, related: JsonObject | None = None
) -> Any:
    shown = show(view.txn, stored, view.look, membership, related)
    wish = view.wish.filter
    if wish.federation_format:
        return stored.event.pdu
    return wish.event_fields.pick(loads(shown)) if wish.event_fields else Fragment(shown)


def _account_data(view: View, room_id: str, new: bool) -> list[JsonObject]:
    if new and not view.wish.is_first:
        changed = account_data.in_room(view.txn, view.user_id, room_id)
    else:
        changed = view.account_data.get(room_id, [])
    wanted = view.wish.filter.room.account_data
    return [
        data.event()
        for data in changed
        if wanted.is_everything
        or (wanted.allows_room(room_id) and wanted.matches(data.type, None, {}))
    ]


def _has_news(entry: JsonObject) -> bool:
    return any(
        entry.get(part, {}).get("events")
        for part in ("timeline", "state", "ephemeral", "account_data")
    ) or any(part.endswith("state_after") and entry[part]["events"] for part in entry)


def _all(found: Timeline, state: list[Stored]) -> list[Stored]:
    return [seen.stored for seen in found.events] + state
