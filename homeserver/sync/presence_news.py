"""Whose presence changed, for those who share a room with them."""

from collections import OrderedDict

from homeserver.changes import PresenceChanged
from homeserver.json_values import JsonObject
from homeserver.notifier import Notifier
from homeserver.storage import memberships
from homeserver.storage.transaction import Transaction
from homeserver.users.presence import Presence

KEPT = 10_000


class PresenceNews:
    """The newest change of each user, newest last; what happened before this process started is
    forgotten.
    """

    def __init__(self, presence: Presence, notifier: Notifier) -> None:
        self._presence = presence
        self._changed: OrderedDict[str, int] = OrderedDict()
        notifier.listen(PresenceChanged, self._note)

    def events(self, txn: Transaction, user_id: str, after: int) -> list[JsonObject]:
        """The m.presence events of the user's neighbours that changed behind `after`; all for a
        first sync.
        """
        if not self._presence.enabled:
            return []
        changed = self._since(after) if after else self._presence.awake()
        return self._presence.events(txn, [u for u in changed if shares_room(txn, user_id, u)])

    def _since(self, after: int) -> list[str]:
        found: list[str] = []
        # The copy is made in one go: another thread may read while changes are noted.
        for user_id, position in reversed(list(self._changed.items())):
            if position <= after:
                break
            found.append(user_id)
        return found

    def _note(self, change: PresenceChanged) -> None:
        self._changed[change.user_id] = change.position
        self._changed.move_to_end(change.user_id)
        if len(self._changed) > KEPT:
            self._changed.popitem(last=False)


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
