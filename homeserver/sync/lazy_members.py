"""Which member events a device has been sent, so that lazy loading does not repeat them.

Kept in memory only: after a restart some are sent once more, which the spec allows.
"""

from collections import OrderedDict

MAX_DEVICES = 2000
MAX_MEMBERS = 4000

Member = tuple[str, str]
"""(room id, user id)."""


class SentMembers:
    def __init__(self) -> None:
        self._devices: OrderedDict[str, OrderedDict[Member, int]] = OrderedDict()

    def is_known(self, device_name: str, member: Member, position: int) -> bool:
        """Whether the device has this member event; if not, it counts as sent from now on."""
        sent = self._of(device_name)
        if sent.get(member) == position:
            return True
        sent[member] = position
        if len(sent) > MAX_MEMBERS:
            sent.popitem(last=False)
        return False

    def forget(self, device_name: str) -> None:
        """For a device that begins anew."""
        self._devices.pop(device_name, None)

    def _of(self, device_name: str) -> OrderedDict[Member, int]:
        sent = self._devices.get(device_name)
        if sent is None:
            sent = self._devices[device_name] = OrderedDict()
            if len(self._devices) > MAX_DEVICES:
                self._devices.popitem(last=False)
        return sent
