"""What a transaction announces; the news leaves after the commit."""

from typing import Any

from attrs import frozen


@frozen
class Change:
    """Something that took a place on the number line."""

    position: int


@frozen
class AccountDataChanged(Change):
    user_id: str
    room_id: str | None
    type: str


@frozen
class MembershipMoved(Change):
    """A user's membership changed other than by an event that entered its room: another server
    invited the user, or a fork was resolved.
    """

    user_id: str
    room_id: str


@frozen
class AccountErased(Change):
    """A user wanted to be forgotten; what is not yet deleted is deleted now."""

    user_id: str


@frozen
class HandedIn(Change):
    """Another server let its user come or go through us: the other servers hear of it from us."""

    room_id: str
    event_id: str


@frozen
class ThreadSubscriptionChanged(Change):
    user_id: str
    room_id: str
    root: str


@frozen
class StickyEventHeld(Change):
    """`sticky` says which event, and until when it claims to be sticky (a storage value)."""

    sticky: Any
    duration_ms: int


@frozen
class ReceiptMoved(Change):
    room_id: str
    user_id: str
    private: bool


@frozen
class TypingChanged(Change):
    room_id: str


@frozen
class PresenceChanged(Change):
    user_id: str


@frozen
class ToDeviceArrived(Change):
    """`devices` are those to which something came, each by its user and id."""

    devices: frozenset[tuple[str, str]]

    @property
    def user_ids(self) -> set[str]:
        return {user_id for user_id, _ in self.devices}


@frozen
class DeviceListChanged(Change):
    user_id: str


@frozen
class DeviceListLost(Change):
    """We have missed something of the list of a user of another server. It takes no place."""

    user_id: str


@frozen
class UserSigned(Change):
    """The user signed somebody's master key, which only he may know."""

    user_id: str


@frozen
class ProfileChanged(Change):
    user_id: str


@frozen
class PushersChanged(Change):
    user_id: str


@frozen
class PusherAwaitsProof(Change):
    """The pusher's owner has to show that what is sent there arrives: `token`, for one."""

    user_id: str
    pusher: int
    token: str


@frozen
class SignedIn(Change):
    """A user, who has been here before, has a new device."""

    user_id: str
    device_id: str
    ip: str
    user_agent: str
