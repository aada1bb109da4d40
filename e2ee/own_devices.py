"""The devices of our own user, as far as they are proven to be."""

from attrs import define

from e2ee.device_lists import DeviceLists
from e2ee.devices import Device
from e2ee.errors import NotEncrypted
from e2ee.happenings import Trust
from e2ee.olm_channel import OpenedMessage
from e2ee.own_device import OwnDevice
from e2ee.trust import TrustWeb


@define
class OwnDevices:
    """Our user's other devices, and how sure we are that they are ours."""

    own: OwnDevice
    lists: DeviceLists
    trust: TrustWeb

    def others(self) -> list[Device]:
        mine = self.lists.devices(self.own.user_id)
        return [one for one in mine if one.ed25519 != self.own.ed25519]

    def verified(self) -> list[Device]:
        return [one for one in self.others() if self.trust.of(one) is Trust.VERIFIED]

    def sender(self, opened: OpenedMessage) -> Device:
        """The verified device of ours that sent this; raises NotEncrypted for any other sender."""
        device = opened.device
        if opened.sender != self.own.user_id or device is None:
            raise NotEncrypted("This is only taken from our own devices.")
        if self.trust.of(device) is not Trust.VERIFIED:
            raise NotEncrypted("This is only taken from our own devices that are verified.")
        return device
