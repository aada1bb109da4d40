"""Whose device lists we follow: those who share a room with users of ours, and nobody else's."""

from attrs import frozen

from homeserver.changes import MembershipMoved
from homeserver.delivery.audience import MEMBER
from homeserver.delivery.fleeting import run
from homeserver.devices.tracking import Tracking
from homeserver.notifier import Notifier
from homeserver.rooms.timeline import Appended

WHAT = "whose device lists we follow"


@frozen(eq=False)
class FollowedLists:
    _tracking: Tracking

    def listen(self, notifier: Notifier) -> None:
        notifier.listen(Appended, self._appended)
        notifier.listen(MembershipMoved, self._moved)

    def _appended(self, change: Appended) -> None:
        event = change.stored.event
        if event.type != MEMBER or event.state_key is None:
            return
        own, room_id, user_id = self._tracking.server_name, change.room_id, event.state_key
        was_ours, is_ours = own in change.former.servers, own in change.head.servers
        if user_id.endswith(":" + own):
            if is_ours and not was_ours:
                run(WHAT, self._tracking.room_entered(room_id))
            elif was_ours and not is_ours:
                run(WHAT, self._tracking.room_left(room_id))
        elif is_ours:
            was_in, is_in = change.former.is_joined(user_id), change.head.is_joined(user_id)
            if is_in and not was_in:
                run(WHAT, self._tracking.came(user_id, room_id))
            elif was_in and not is_in:
                run(WHAT, self._tracking.went(user_id))

    def _moved(self, change: MembershipMoved) -> None:
        if not change.user_id.endswith(":" + self._tracking.server_name):
            run(WHAT, self._tracking.went(change.user_id))
