"""What every part of a bridge stands on."""

from attrs import define, frozen

from bridges.kit.network import Network
from bridges.matrix.registration import Names
from bridges.matrix.rooms import Accounts, Rooms
from bridges.storage.database import Database


@define
class Tally:
    """What has happened since the start, for /metrics."""

    arrived: int = 0
    departed: int = 0
    known_already: int = 0
    rejected: int = 0
    tried_again: int = 0


@frozen
class Ground:
    network: Network
    names: Names
    db: Database
    rooms: Rooms
    accounts: Accounts
    tally: Tally
