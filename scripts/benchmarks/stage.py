"""What an operation finds when it is measured: a filled server, and how much work to do."""

from itertools import count
from uuid import uuid4

from attrs import define, field, frozen

from scripts.benchmarks.calibration import Calibration
from scripts.benchmarks.measuring import Meter
from scripts.benchmarks.people import Session
from scripts.benchmarks.servers import Server
from scripts.benchmarks.world import World


@frozen
class Effort:
    """How many slices are measured, and how much is in one."""

    slices: int = 5
    sends: int = 120
    registrations: int = 20
    heard_messages: int = 10
    idle_syncs: int = 60
    pages: int = 10
    big_answers: int = 3
    crowd_sends: int = 12
    received: int = 100
    """PDUs that come one by one; four times as many come in transactions of 50."""
    large_room: int = 10_000
    searches: int = 25
    thread_lists: int = 100
    files: int = 200
    pictures: int = 5
    space_rooms: int = 1000
    many_rooms: int = 5000
    settle_s: float = 5.0


FULL_EFFORT = Effort()
QUICK_EFFORT = Effort(
    slices=2,
    sends=60,
    registrations=10,
    heard_messages=5,
    idle_syncs=30,
    pages=5,
    large_room=1000,
    searches=25,
    thread_lists=50,
    files=100,
    pictures=3,
    space_rooms=100,
    many_rooms=500,
    settle_s=2.0,
)


@define
class Stage:
    """One server, for one operation of one round."""

    server: Server
    world: World
    effort: Effort
    round: int
    _calibration: Calibration
    _run: str = field(factory=lambda: uuid4().hex[:8])
    _numbers: "count[int]" = field(factory=count)

    @property
    def port(self) -> int:
        return self.server.port

    def meter(self) -> Meter:
        return Meter(self)

    def txn_id(self) -> str:
        """One that was never used before."""
        return f"{self._run}-{next(self._numbers)}."

    async def send(self, session: Session, room_id: str) -> float:
        """Send a message; the seconds it took."""
        return (await session.send(room_id, self.txn_id())).seconds

    def cpu_ms(self) -> float:
        return self.server.cpu_ms()

    def database_cpu_ms(self) -> float:
        return self.server.database.cpu_ms()

    def database_size(self) -> int:
        return self.server.database.size()

    def slowness(self) -> float:
        return self._calibration.slowness()
