"""What clients were told, and what the rooms say: none lost, none doubled, each in its order."""

from attrs import define, field, frozen

from tests.durability.wire import Client, JsonObject, path, tick

PAGE = 500


@define(eq=False)
class Attempt:
    """An event that a client wants, asked for until it is told the event's id.

    `mark` is the event's content, unlike any other's; it is empty where a redaction takes it.
    """

    room: str
    target: str
    body: JsonObject
    mark: str
    begun: int = field(factory=tick)
    told: int = 0
    event_id: str = ""

    async def carry_out(self, client: Client) -> None:
        """Once more if need be: a retry must get what the first try got."""
        event_id = str((await client.put(self.target, self.body))["event_id"])
        if self.event_id:
            assert event_id == self.event_id, f"a retry of {self.target} got another event"
        else:
            self.event_id, self.told = event_id, tick()


@frozen
class Shown:
    """An event as the room's timeline shows it."""

    event_id: str
    mark: str


def shown(event: JsonObject) -> Shown:
    content = event["content"]
    return Shown(event["event_id"], str(content.get("mark", "")))


@define(eq=False)
class Timeline:
    """All events of a room, read forwards from where the last look ended."""

    room: str
    events: list[Shown] = field(factory=list)
    place: str = ""

    async def read_on(self, client: Client, place: str) -> list[Shown]:
        """What is new; nobody may be writing. `place` is a token for here and now."""
        since, new = self.place, list[Shown]()
        while True:
            query = {"from": since} if since else {}
            page = await client.get(
                path("rooms", self.room, "messages", dir="f", limit=PAGE, **query)
            )
            new += map(shown, page["chunk"])
            if not page.get("end"):
                break
            since = page["end"]
        self.events += new
        self.place = place
        return new


@define(eq=False)
class Ledger:
    """Counts what goes wrong, so that a summary can say how much."""

    attempts: list[Attempt] = field(factory=list)
    open: list[Attempt] = field(factory=list)
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0

    def begin(self, attempt: Attempt) -> Attempt:
        self.attempts.append(attempt)
        self.open.append(attempt)
        return attempt

    @property
    def told(self) -> int:
        return sum(1 for attempt in self.attempts if attempt.told)

    def settle(self, new: dict[str, list[Shown]]) -> None:
        """Hold what was asked since the last time against what has appeared in the rooms."""
        for room, events in new.items():
            asked = {a.event_id: a for a in self.open if a.room == room and a.told}
            ids = [event.event_id for event in events]
            marks = [event.mark for event in events if event.mark]
            self.lost += len(asked.keys() - set(ids))
            self.doubled += len(ids) - len(set(ids)) + len(marks) - len(set(marks))
            self.out_of_order += disorder([asked[i] for i in ids if i in asked])
            by_id = {event.event_id: event.mark for event in events}
            wrong = [a for i, a in asked.items() if by_id.get(i) not in (None, "", a.mark)]
            assert not wrong, f"the content of {wrong[0].event_id} is another one's"
        assert all(attempt.told for attempt in self.open), "what was retried was not answered"
        self.open.clear()

    def assert_whole(self) -> None:
        assert (self.lost, self.doubled, self.out_of_order) == (0, 0, 0), (
            f"{self.lost} lost, {self.doubled} doubled, {self.out_of_order} out of order"
        )


def disorder(attempts: list[Attempt]) -> int:
    """How many events stand before one that was told before they were begun."""
    earliest_told, found = 2**62, 0
    for attempt in reversed(attempts):
        found += attempt.begun > earliest_told
        earliest_told = min(earliest_told, attempt.told)
    return found
