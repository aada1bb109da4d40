"""Which member events a device has been sent, so that lazy loading does not repeat them.

Kept in memory only: after a restart some are sent once more, which the spec allows.
"""

from collections import OrderedDict

from attrs import define, field

MAX_SENT = 200_000
"""Member events that are remembered, of all devices together."""
MAX_SENT_TO_ONE = 4000

Member = tuple[str, str]
"""(room id, user id)."""


@define
class Sent:
    """The event, and where the answer ended that carried it."""

    position: int
    upto: int


@define(eq=False)
class SentMembers:
    _devices: OrderedDict[str, OrderedDict[Member, Sent]] = field(factory=OrderedDict)
    _number: int = 0

    def has(self, device_name: str, member: Member, position: int, since: int) -> bool:
        """Whether the device has this member event: an answer up to `since` has arrived."""
        members = self._devices.get(device_name)
        sent = members.get(member) if members else None
        return sent is not None and sent.position == position and sent.upto <= since

    def note(self, device_name: str, member: Member, position: int, upto: int) -> None:
        """The answer that ends at `upto` carries this member event."""
        members = self._devices.setdefault(device_name, OrderedDict())
        self._devices.move_to_end(device_name)
        sent = members.get(member)
        if sent is None:
            self._number += 1
            members[member] = Sent(position, upto)
            self._make_room(members)
        elif sent.position != position:
            members[member] = Sent(position, upto)

    def forget(self, device_name: str) -> None:
        """For a device that begins anew."""
        self._number -= len(self._devices.pop(device_name, ()))

    def _make_room(self, members: OrderedDict[Member, Sent]) -> None:
        if len(members) > MAX_SENT_TO_ONE:
            members.popitem(last=False)
            self._number -= 1
        while self._number > MAX_SENT and len(self._devices) > 1:
            _, forgotten = self._devices.popitem(last=False)
            self._number -= len(forgotten)
