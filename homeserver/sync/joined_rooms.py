"""Rooms that a user is in: timeline, state, counts, and what is not in the timeline."""

from collections.abc import Iterable

from attrs import frozen

from homeserver.json_values import JsonObject
from homeserver.rooms.history import Seen, known_upto, membership_at, start_of_stay
from homeserver.rooms.sticky_events import StickyEvents
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.sync.reading_ahead import read_newest, read_starts
from homeserver.sync.room_entries import room_account_data, room_entry, show_seen
from homeserver.sync.shared_timelines import SharedTimelines
from homeserver.sync.states import moved_members, state_for
from homeserver.sync.summaries import Summaries, name_changed
from homeserver.sync.timelines import Timeline, limit_of
from homeserver.sync.unread import Unread
from homeserver.sync.view import ENCRYPTION, Stretch, View


@frozen(eq=False)
class JoinedRooms:
    _summaries: Summaries
    _unread: Unread
    _sticky: StickyEvents
    _shared: SharedTimelines

    def read_ahead(self, view: View, found: Iterable[Head]) -> object:
        """What the entries of these rooms will need, with few statements; kept by the caller."""
        joined = [head for head in found if head.is_joined(view.user_id)]
        ahead: object = None
        if view.wish.is_first:
            wanted = view.wish.filter.room.timeline
            told = [head for head in joined if wanted.allows_room(head.room_id)]
            ahead = read_newest(view, told, limit_of(wanted))
            if not view.wish.state_after:
                read_starts(view, told)
        self._unread.read_ahead(view.txn, view.user_id, [(it, view.joined(it)) for it in joined])
        return ahead

    def entry(self, view: View, head: Head, membership: Membership) -> JsonObject | None:
        """The room's entry under `join`; None if it has no news for this client."""
        stretch = stretch_of(view, head, membership)
        news_of_all = self._shared.news(view, head, stretch, membership)
        found = news_of_all.found
        moved = [] if stretch.new else moved_members(view, head, found, stretch)
        summary: JsonObject = {}
        if stretch.whole or moved or name_changed(head, stretch.after):
            summary = self._summaries.of(view.txn, head, view.user_id)
        state = state_for(view, head, found, stretch, summary.get("m.heroes", ()))
        ephemeral = _ephemeral(view, head.room_id, 0 if stretch.new else view.since)
        account_data = room_account_data(view, head.room_id, new=stretch.new)
        sticky = self._sticky_beside(view, head, stretch, found)
        news = (found.events, state, ephemeral, account_data, moved, sticky)
        if not (stretch.whole or any(news)):
            return None
        view.moved_members += moved
        self._note_news(view, head, stretch)
        entry = room_entry(view, head, found, state, news_of_all.shown)
        entry["summary"] = summary
        entry["ephemeral"] = {"events": ephemeral}
        entry["account_data"] = {"events": account_data}
        if sticky:
            entry["msc4354_sticky"] = {"events": show_seen(view, head, sticky)}
        self._add_counts(view, head, entry)
        return entry

    def _sticky_beside(
        self, view: View, head: Head, stretch: Stretch, found: Timeline
    ) -> list[Seen]:
        """Sticky events that the client has not seen and that the timeline does not show."""
        after = 0 if stretch.new else stretch.after
        sticky = self._sticky.shown(view.txn, head.room_id, after, stretch.upto)
        if not sticky:
            return []
        shown = {seen.stored.position for seen in found.events}
        lived = view.spells(head)
        return [
            Seen(stored, membership_at(lived, stored.order))
            for stored in sticky
            if stored.position not in shown and stored.event.sender not in view.ignored
        ]

    def _note_news(self, view: View, head: Head, stretch: Stretch) -> None:
        """Keep what concerns devices and presence."""
        if stretch.new:
            view.new_rooms.append(head)
        elif head.state.get(ENCRYPTION, 0) > view.since:
            view.newly_encrypted.append(head)

    def _add_counts(self, view: View, head: Head, entry: JsonObject) -> None:
        by_thread = view.wish.filter.room.timeline.unread_thread_notifications
        counts, threads = self._unread.counts(
            view.txn, head, view.user_id, view.joined(head), by_thread=by_thread
        )
        entry["unread_notifications"] = counts.as_json()
        if by_thread:
            entry["unread_thread_notifications"] = {r: c.as_json() for r, c in threads.items()}


def stretch_of(view: View, head: Head, membership: Membership) -> Stretch:
    """What the client has missed of a room that the user is in."""
    since, upto = view.since, view.upto
    if view.wish.is_first:
        return Stretch(0, upto, new=True, whole=True)
    if membership.moved > since:
        lived = view.spells(head)
        start = start_of_stay(lived)
        if start is None or start > since:
            return Stretch(known_upto(lived, since), upto, new=True, whole=True)
    return Stretch(since, upto, new=False, whole=view.wish.full_state)


def _ephemeral(view: View, room_id: str, after: int) -> list[JsonObject]:
    wanted = view.wish.filter.room.ephemeral
    if not wanted.allows_room(room_id):
        return []
    found: list[JsonObject] = []
    for source in view.ephemeral:
        found += source.events(view.txn, room_id, view.user_id, after, view.upto)
    if wanted.is_everything:
        return found
    return [event for event in found if wanted.matches(event["type"], None, {})]
