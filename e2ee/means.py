"""What most parts of the machine work with."""

from attrs import frozen

from e2ee.outgoing import Outgoing
from e2ee.records import Records
from e2ee.vault import Random


@frozen
class Means:
    """Memory, a way out, and chance."""

    records: Records
    outgoing: Outgoing
    random: Random
