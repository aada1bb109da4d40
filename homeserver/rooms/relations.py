"""What relates to an event, told with the event: bundled aggregations.

Spec: Client-Server API, "Aggregations of child events", "Event replacements", "Threading",
"Reference relations".
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from attrs import frozen
from orjson import Fragment

from homeserver.json_values import JsonObject
from homeserver.rooms.history import Seen, visible
from homeserver.rooms.shown import Look, show
from homeserver.storage import account_data, events, memberships, relations
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.relations import BUNDLED, EDIT, FOR_EVER, REFERENCE, Group
from homeserver.storage.thread_roots import THREAD
from homeserver.storage.transaction import Transaction


def bundles(
    txn: Transaction, head: Head, look: Look, found: Sequence[Stored]
) -> dict[str, JsonObject]:
    """`m.relations` by event id, for those of the events (of one room) that have some."""
    return _bundles(txn, head, look, found, BUNDLED)


def _bundles(
    txn: Transaction, head: Head, look: Look, found: Sequence[Stored], kinds: Sequence[str]
) -> dict[str, JsonObject]:
    parents = may_have_relations(txn, head, found)
    if not parents:
        return {}
    upto = _end_of_stay(txn, head, look.user_id)
    groups = relations.groups(txn, head.room, list(parents), kinds, upto)
    ignored = account_data.ignored_by(txn, look.user_id)
    heard = [group for group in groups if group.sender not in ignored]
    if not heard:
        return {}
    return Bundler(txn, head, look, _children(txn, head, look, heard)).bundle(parents, heard)


def may_have_relations(txn: Transaction, head: Head, found: Sequence[Stored]) -> dict[str, Stored]:
    """Those that something may relate to, as far as memory knows; state events have no bundles."""
    if not found:
        return {}
    newest = relations.newest_bundled(txn, head.room)
    return {
        stored.event.event_id: stored
        for stored in found
        if not stored.event.is_state
        # What was fetched later than its children stands behind them only by position.
        and (stored.position < newest or stored.place != stored.position)
    }


def _end_of_stay(txn: Transaction, head: Head, user_id: str) -> int:
    """Behind this, somebody who has left sees nothing of a room that is not open to the world."""
    if head.is_joined(user_id):
        return FOR_EVER
    setting = head.event(txn, "m.room.history_visibility")
    if setting and setting.event.content.get("history_visibility") == "world_readable":
        return FOR_EVER
    membership = memberships.of_user(txn, user_id).get(head.room_id)
    return membership.position if membership else 0


def _children(txn: Transaction, head: Head, look: Look, groups: Sequence[Group]) -> dict[int, Seen]:
    """The related events by position: those that the user may see."""
    stored = events.at_all(txn, (group.position for group in groups))
    ordered = [stored[position] for position in sorted(stored)]
    return {seen.stored.position: seen for seen in visible(txn, head, look.user_id, ordered)}


@frozen(eq=False)
class Bundler:
    txn: Transaction
    head: Head
    look: Look
    children: Mapping[int, Seen]

    def bundle(
        self, parents: Mapping[str, Stored], groups: Sequence[Group]
    ) -> dict[str, JsonObject]:
        by_kind: defaultdict[str, dict[str, list[Group]]] = defaultdict(dict)
        for group in groups:
            if group.position in self.children:
                by_kind[group.rel_type].setdefault(group.relates_to, []).append(group)
        found: defaultdict[str, JsonObject] = defaultdict(dict)
        for event_id, edits in by_kind[EDIT].items():
            if (edit := self._newest_edit(parents[event_id], edits)) is not None:
                found[event_id][EDIT] = self._show(edit, None)
        for event_id, references in by_kind[REFERENCE].items():
            found[event_id][REFERENCE] = self._references(references)
        threads = self._threads(parents, by_kind[THREAD])
        for event_id, thread in threads.items():
            found[event_id][THREAD] = thread
        return dict(found)

    def _newest_edit(self, parent: Stored, edits: Sequence[Group]) -> Seen | None:
        """Spec: "Validity of replacement events"; the newest is the one with the latest time."""
        if parent.redaction is not None or _relation_kind(parent) == EDIT:
            return None
        valid = [
            seen
            for edit in edits
            if edit.sender == parent.event.sender
            and edit.type == parent.event.type
            and _replaces(seen := self.children[edit.position])
        ]
        return max(
            valid,
            key=lambda seen: (seen.stored.event.origin_server_ts, seen.stored.event.event_id),
            default=None,
        )

    def _references(self, references: Sequence[Group]) -> JsonObject:
        ids = [self.children[r.position].stored.event.event_id for r in reversed(references)]
        return {"chunk": [{"event_id": event_id} for event_id in ids]}

    def _threads(
        self, parents: Mapping[str, Stored], threads: Mapping[str, Sequence[Group]]
    ) -> dict[str, JsonObject]:
        latest = {root: self.children[groups[0].position] for root, groups in threads.items()}
        stored = [seen.stored for seen in latest.values()]
        # Without threads: a message of a thread begins none, whatever it may say.
        inner = _bundles(self.txn, self.head, self.look, stored, (EDIT, REFERENCE))
        return {
            root: {
                "latest_event": self._show(
                    latest[root], inner.get(latest[root].stored.event.event_id)
                ),
                "count": sum(group.total for group in groups),
                "current_user_participated": self._participated(parents[root], groups),
            }
            for root, groups in threads.items()
        }

    def _participated(self, root: Stored, groups: Sequence[Group]) -> bool:
        user_id = self.look.user_id
        return root.event.sender == user_id or any(group.sender == user_id for group in groups)

    def _show(self, seen: Seen, related: JsonObject | None) -> Fragment:
        return Fragment(show(self.txn, seen.stored, self.look, seen.membership, related))


def _replaces(seen: Seen) -> bool:
    event = seen.stored.event
    if event.is_state or seen.stored.redaction is not None:
        return False
    return event.type == "m.room.encrypted" or isinstance(event.content.get("m.new_content"), dict)


def _relation_kind(stored: Stored) -> str | None:
    relation = relations.relation_of(stored.event)
    return relation.rel_type if relation else None
