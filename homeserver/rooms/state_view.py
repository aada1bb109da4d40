"""The state of a room, looked up as the rules ask for it."""

from attrs import frozen

from homeserver.events.auth_selection import CREATE, POWER_LEVELS
from homeserver.events.event import Event, StateKey
from homeserver.events.membership import RoomState
from homeserver.events.power_levels import PowerLevels
from homeserver.events.room_versions import RoomVersion
from homeserver.storage import events, names, state_trees
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
        return power_levels_in(self, self._head.version)


@frozen(eq=False)
class TreeView:
    """The state with this root."""

    _txn: Transaction
    root: bytes

    def get(self, key: StateKey) -> Event | None:
        position = position_in(self._txn, self.root, key)
        return None if position is None else events.at(self._txn, position).event


def power_levels_in(state: RoomState, version: RoomVersion) -> PowerLevels:
    create = state.get(CREATE)
    assert create is not None
    return PowerLevels.of(create, state.get(POWER_LEVELS), version)


def position_in(txn: Transaction, root: bytes, key: StateKey) -> int | None:
    """Of the state event at this place, in the state with this root."""
    type, state_key = names.find(txn, key[0]), names.find(txn, key[1])
    if type is None or state_key is None:
        return None
    return state_trees.get(txn, root, (type, state_key))
