"""The state of a room, looked up as the rules ask for it."""

from attrs import frozen

from homeserver.events.event import Event, StateKey
from homeserver.events.power_levels import PowerLevels
from homeserver.storage import events
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class StateView:
    """The current state of a room as the auth rules take it."""

    _txn: Transaction
    _head: Head

    def get(self, key: StateKey) -> Event | None:
        position = self._head.state.get(key)
        return None if position is None else events.at(self._txn, position).event

    def power_levels(self) -> PowerLevels:
        create = self.get(("m.room.create", ""))
        assert create is not None
        return PowerLevels.of(create, self.get(("m.room.power_levels", "")), self._head.version)
