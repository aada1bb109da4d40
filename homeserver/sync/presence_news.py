"""Whose presence changed, for those who share a room with them."""

from collections.abc import Collection, Iterable

from homeserver.changes import PresenceChanged
from homeserver.json_values import JsonObject
from homeserver.notifier import Notifier
from homeserver.storage import memberships
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction
from homeserver.sync.latest import Latest
from homeserver.users.presence import Presence


class PresenceNews:
    def __init__(self, presence: Presence, floor: int, notifier: Notifier) -> None:
        self._presence = presence
        self._latest = Latest(floor)
        notifier.listen(
            PresenceChanged, lambda change: self._latest.note(change.user_id, change.position)
        )

    def events(
        self,
        txn: Transaction,
        user_id: str,
        after: int,
        entered: Collection[Head] = (),
        newcomers: Iterable[str] = (),
    ) -> list[JsonObject]:
        """The m.presence events of the user's neighbours that changed behind `after`.

        All of those who are there for a first sync. Also of those who are new neighbours: the
        people in the rooms that the user has `entered`, and `newcomers` to the user's rooms.
        """
        if not self._presence.enabled:
            return []
        changed = self._latest.since(after) if after else None
        if changed is None:
            changed = self._presence.awake()
        elif entered or newcomers:
            awake, came = self._presence.awake(), set(newcomers)
            met = [u for u in awake if u in came or any(head.is_joined(u) for head in entered)]
            changed = list(dict.fromkeys([*changed, *met]))
        return self._presence.events(txn, [u for u in changed if shares_room(txn, user_id, u)])


def shares_room(txn: Transaction, user_id: str, other: str) -> bool:
    """Whether both have joined a room; everybody shares with themselves."""
    if user_id == other:
        return True
    mine, theirs = memberships.of_user(txn, user_id), memberships.of_user(txn, other)
    few, many = sorted((mine, theirs), key=len)
    return any(
        membership.membership == "join"
        and (same := many.get(room_id)) is not None
        and same.membership == "join"
        for room_id, membership in few.items()
    )
