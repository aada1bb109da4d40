"""Whose profile changed, for those who share a room with them. Spec: MSC4429, MSC4262."""

from collections.abc import Collection, Iterable, Mapping

from homeserver.changes import ProfileChanged
from homeserver.json_values import JsonObject
from homeserver.notifier import Notifier
from homeserver.storage import profile_changes, profiles
from homeserver.storage.transaction import Transaction
from homeserver.sync.latest import Latest
from homeserver.sync.presence_news import shares_room
from homeserver.sync.view import View

MAX_NEWCOMERS = 1000
"""Of so many people who came into view at once the profiles are told; clients may ask for more."""

Fields = Mapping[str, Collection[str]]
"""Names of fields by user."""


class ProfileNews:
    def __init__(self, floor: int, notifier: Notifier) -> None:
        self._latest = Latest(floor)
        notifier.listen(
            ProfileChanged, lambda change: self._latest.note(change.user_id, change.position)
        )

    def changed(self, view: View, wanted: Collection[str] | None) -> dict[str, set[str]]:
        """Which of the wanted fields (None for all) the user's neighbours changed."""
        txn, after = view.txn, view.since
        latest = self._latest.since(after)
        if latest is not None and not latest:
            return {}
        found = profile_changes.between(txn, after, view.upto)
        return _of_neighbours(txn, view.user_id, found, wanted)

    def updates(self, view: View) -> JsonObject:
        """The section of GET /sync: what changed; for a first sync, and of newcomers, all."""
        wanted, txn = view.wish.filter.profile_fields, view.txn
        if not wanted:
            return {}
        if view.begins:
            everybody = profile_changes.with_fields(txn, wanted)
            fields = _of_neighbours(txn, view.user_id, everybody, wanted)
        else:
            fields = current_fields(txn, _newcomers(view), wanted)
            for user_id, names in self.changed(view, wanted).items():
                fields.setdefault(user_id, set()).update(names)
        told: JsonObject = {}
        for user_id, names in fields.items():
            profile = profiles.get(txn, user_id)
            if view.begins and not any(name in profile for name in names):
                continue
            told[user_id] = {"profile_updates": {name: profile.get(name) for name in names}}
        for user_id in gone(view):
            told[user_id] = {"profile_updates": None}
        return told


def current_fields(
    txn: Transaction, users: Iterable[str], wanted: Collection[str] | None
) -> dict[str, set[str]]:
    """Which of the wanted fields these users have set."""
    found: dict[str, set[str]] = {}
    for user_id, names in profile_changes.of_users(txn, users).items():
        profile = profiles.get(txn, user_id)
        there = {name for name in names if name in profile and (wanted is None or name in wanted)}
        if there:
            found[user_id] = there
    return found


def gone(view: View) -> list[str]:
    """Who left the last room that they shared with the user."""
    return [
        moved.user_id
        for moved in view.moved_members
        if not moved.head.is_joined(moved.user_id)
        and moved.user_id != view.user_id
        and moved.was_joined(view.txn)
        and not shares_room(view.txn, view.user_id, moved.user_id)
    ]


def _newcomers(view: View) -> list[str]:
    came = [moved.user_id for moved in view.moved_members if moved.has_joined(view.txn)]
    for head in view.new_rooms:
        came += head.joined()
    return came[:MAX_NEWCOMERS]


def _of_neighbours(
    txn: Transaction, user_id: str, found: Fields, wanted: Collection[str] | None
) -> dict[str, set[str]]:
    kept: dict[str, set[str]] = {}
    for other, names in found.items():
        chosen = {name for name in names if wanted is None or name in wanted}
        if chosen and shares_room(txn, user_id, other):
            kept[other] = chosen
    return kept
