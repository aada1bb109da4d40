"""How present a user is, from what the user's devices do."""

from enum import IntEnum

from attrs import define, field

IDLE_AFTER_MS = 5 * 60_000
"""Without activity somebody who is online becomes unavailable."""

GONE_AFTER_MS = 30_000
"""So long after the last sync a device counts as gone: clients sync again at once."""

ACTIVE_FOR_MS = 60_000
"""So long after an activity a user is "currently active"."""


class State(IntEnum):
    """In the order in which one device outdoes another."""

    OFFLINE = 0
    UNAVAILABLE = 1
    ONLINE = 2

    @property
    def word(self) -> str:
        return self.name.lower()


STATES = {state.word: state for state in State}


@define(eq=False)
class DevicePresence:
    """`syncs` are the requests that wait right now; `seen_ms` is when the device was last there."""

    wanted: State
    seen_ms: int
    active_ms: int
    syncs: int = 0

    def state(self, now_ms: int) -> State:
        if not self.syncs and now_ms - self.seen_ms >= GONE_AFTER_MS:
            return State.OFFLINE
        if self.wanted is State.ONLINE and now_ms - self.active_ms >= IDLE_AFTER_MS:
            return State.UNAVAILABLE
        return self.wanted


@define(eq=False)
class UserPresence:
    """`told_ms` is when others last heard of it."""

    active_ms: int = 0
    state: State = State.OFFLINE
    devices: dict[str, DevicePresence] = field(factory=dict)
    told_ms: int = 0
    told_active: bool = False

    def is_active(self, now_ms: int) -> bool:
        return self.state is State.ONLINE and now_ms - self.active_ms < ACTIVE_FOR_MS

    def reckon(self, now_ms: int) -> bool:
        """Take the state of the most present device; whether that is a new one."""
        state = max(
            (device.state(now_ms) for device in self.devices.values()), default=State.OFFLINE
        )
        changed = state is not self.state
        self.state = state
        return changed

    def forget_gone(self, now_ms: int) -> None:
        """Drop the devices that sync no more."""
        self.devices = {
            device_id: device
            for device_id, device in self.devices.items()
            if device.syncs or now_ms - device.seen_ms < GONE_AFTER_MS
        }
