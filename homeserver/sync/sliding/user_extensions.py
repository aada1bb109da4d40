"""Extensions about threads, profiles, and events that stick.

Spec: MSC4308, MSC4262, MSC4480 (sticky events of MSC4354).
"""

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from homeserver.json_values import JsonObject
from homeserver.rooms.history import Seen, membership_at, start_of_stay
from homeserver.rooms.sticky_events import StickyEvents
from homeserver.rooms.thread_subscriptions import sorted_out
from homeserver.rooms.tokens import read_token, write_token
from homeserver.storage import heads, profiles, thread_subscriptions
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.sync.profile_news import ProfileNews, current_fields, gone
from homeserver.sync.room_entries import show_seen
from homeserver.sync.sliding.room_entries import Told
from homeserver.sync.sliding.room_extensions import in_scope
from homeserver.sync.sliding.sitting import Candidate, Sitting
from homeserver.sync.sliding.wishes import Extension
from homeserver.sync.view import MEMBER

MAX_LIMIT = 1000
MAX_NEW_PROFILES = 1000
"""That come with the rooms of one answer."""


@frozen(eq=False)
class UserExtensions:
    _profiles: ProfileNews
    _sticky: StickyEvents

    def threads(self, sitting: Sitting, wish: Extension) -> JsonObject:
        """What changed, newest first; `prev_batch` leads to what had no room."""
        view = sitting.view
        is_new = sitting.is_new("thread_subscriptions")
        after = 0 if is_new else sitting.since
        if after and not view.moves.user_moved(view.user_id, after):
            return {}
        limit = min(wish.limit, MAX_LIMIT)
        found = thread_subscriptions.between(view.txn, view.user_id, after, view.upto, limit + 1)
        section = sorted_out(found[:limit])
        if len(found) > limit:
            section["prev_batch"] = write_token(found[limit].position)
        return section

    def profiles(
        self, sitting: Sitting, wish: Extension, candidates: Sequence[Candidate], told: Told
    ) -> JsonObject:
        """Changes of all neighbours, and what those have set who come into view."""
        txn, view = sitting.txn, sitting.view
        fields = {} if sitting.is_first else self._profiles.changed(view, wish.fields)
        seen = dict.fromkeys(_seen(sitting, wish, candidates, told))
        newcomers = list(seen)[:MAX_NEW_PROFILES]
        for user_id, names in current_fields(txn, newcomers, wish.fields).items():
            fields.setdefault(user_id, set()).update(names)
        users: JsonObject = {}
        for user_id, names in fields.items():
            profile = profiles.get(txn, user_id)
            updated = {name: profile[name] for name in sorted(names) if name in profile}
            removed = sorted(name for name in names if name not in profile)
            parts: JsonObject = {"updated": updated, "removed": removed}
            users[user_id] = {name: part for name, part in parts.items() if part}
        for user_id in gone(view):
            users[user_id] = None
        return {"users": users} if users else {}

    def sticky_events(self, sitting: Sitting, wish: Extension, told: Told) -> JsonObject:
        """The oldest that the client has not seen, in all rooms that its lists match."""
        view = sitting.view
        after = max(0, read_token(wish.since)) if wish.since else 0
        found: list[tuple[int, Head, Stored]] = []
        for room_id in self._sticky.rooms():
            if not sitting.scope.matches(room_id):
                continue
            head = heads.load(view.txn, room_id)
            if head is None or not head.is_joined(view.user_id):
                continue
            entered = start_of_stay(view.spells(head)) or 0
            since = 0 if entered > after else after
            for stored in self._sticky.shown(view.txn, room_id, since, view.upto):
                if stored.event.sender not in view.ignored:
                    found.append((stored.order, head, stored))
        found.sort(key=lambda one: one[0])
        chosen = found[: min(wish.limit, MAX_LIMIT)]
        if not chosen:
            return {}
        place = view.upto if len(chosen) == len(found) else chosen[-1][0]
        return {"next_batch": write_token(place), "rooms": _by_room(sitting, chosen, told)}


def _seen(
    sitting: Sitting, wish: Extension, candidates: Sequence[Candidate], told: Told
) -> Iterator[str]:
    """The people in rooms that come into view: with lazy members, those who speak there."""
    is_new = sitting.is_new("profiles")
    for candidate in in_scope(wish, candidates):
        is_lazy = candidate.scope is not None and candidate.scope.config.state.is_lazy
        if candidate.membership.membership != "join":
            continue
        if is_lazy:
            yield from _speaking(told, candidate.room_id)
        elif candidate.known == 0 or is_new:
            head = heads.load(sitting.txn, candidate.room_id)
            yield from head.joined() if head else ()


def _speaking(told: Told, room_id: str) -> Iterator[str]:
    for hero in told.rooms.get(room_id, {}).get("heroes", ()):
        yield hero["user_id"]
    for seen in told.timelines.get(room_id, ()):
        yield seen.stored.event.sender
        if seen.stored.event.type == MEMBER and seen.stored.event.state_key:
            yield seen.stored.event.state_key


def _by_room(
    sitting: Sitting, chosen: Iterable[tuple[int, Head, Stored]], told: Told
) -> JsonObject:
    rooms: JsonObject = {}
    for _, head, stored in chosen:
        shown = {seen.stored.position for seen in told.timelines.get(head.room_id, ())}
        if stored.position in shown:
            continue
        lived = sitting.view.spells(head)
        seen = Seen(stored, membership_at(lived, stored.order))
        room = rooms.setdefault(head.room_id, {"events": []})
        room["events"] += show_seen(sitting.view, head, [seen])
    return rooms
