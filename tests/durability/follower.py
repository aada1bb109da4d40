"""A device that syncs for ever, through all deaths of the server, with the tokens it keeps."""

import json
from random import Random

from attrs import define, field, frozen

from tests.durability.actors import Actor, Person, Whisperer
from tests.durability.ledger import Shown, Timeline, shown
from tests.durability.wire import JsonObject, path


@frozen
class Kept:
    """A token, and how much of each room was known when it was given out."""

    token: str
    known: dict[str, int]


@define(eq=False)
class Follower(Actor):
    """`limit` is small for some, so that they have gaps to fill after a death."""

    person: Person
    rooms: list[str]
    limit: int
    seen: dict[str, list[Shown]] = field(factory=dict)
    whispers: list[int] = field(factory=list)
    kept: list[Kept] = field(factory=list)

    @property
    def token(self) -> str:
        return self.kept[-1].token if self.kept else ""

    async def begin(self, timelines: list[Timeline]) -> None:
        """From here on it misses nothing."""
        self.seen = {timeline.room: list(timeline.events) for timeline in timelines}
        self._keep((await self._sync("", 0))["next_batch"])

    async def act(self) -> None:
        await self._step(1_000)

    async def check(self) -> None:
        """Nobody writes: after this everything is known."""
        before = ""
        while before != self.token:
            before = self.token
            await self._step(0)

    async def _step(self, timeout_ms: int) -> None:
        answer = await self._sync(self.token, timeout_ms)
        news = await self.news(answer, self.seen)
        # Only now: if the server died while a gap was filled, the same token is used again.
        for room, events in news.items():
            self.seen[room] += events
        for event in answer.get("to_device", {}).get("events", []):
            if event["type"] == "test.whisper":
                self.whispers.append(event["content"]["number"])
        self._keep(answer["next_batch"])

    async def news(
        self, answer: JsonObject, known: dict[str, list[Shown]]
    ) -> dict[str, list[Shown]]:
        """The new events of each room; a gap is filled by paging back to what is known."""
        found: dict[str, list[Shown]] = {}
        for room, entry in answer.get("rooms", {}).get("join", {}).items():
            if room in known:
                timeline = entry["timeline"]
                events = [shown(event) for event in timeline["events"]]
                if timeline.get("limited"):
                    newest = known[room][-1].event_id
                    events = await self._missing(room, timeline["prev_batch"], newest) + events
                found[room] = events
        return found

    async def look_again(self, kept: Kept, timelines: list[Timeline]) -> None:
        """Ask with an old token what came after it: all of it, and nothing before it."""
        answer = await self._sync(kept.token, 0)
        known = {t.room: t.events[: kept.known[t.room]] for t in timelines}
        news = await self.news(answer, known)
        for timeline in timelines:
            expected = timeline.events[kept.known[timeline.room] :]
            found = news.get(timeline.room, [])
            assert ids(found) == ids(expected), f"since {kept.token} {self.person.name} saw others"

    def assert_complete(self, timelines: list[Timeline]) -> None:
        for timeline in timelines:
            assert ids(self.seen[timeline.room]) == ids(timeline.events), (
                f"{self.person.name} has not seen what happened"
            )

    def assert_heard(self, whisperer: Whisperer) -> None:
        assert self.whispers == list(range(1, whisperer.number + 1)), "lost or doubled whispers"

    def any_token(self, random: Random, recent: int) -> Kept:
        return random.choice(self.kept[-recent:])

    async def _missing(self, room: str, since: str, newest: str) -> list[Shown]:
        """Backwards from a token up to the newest event that is known; in order of time."""
        found: list[Shown] = []
        while True:
            target = path("rooms", room, "messages", dir="b", limit=200, **{"from": since})
            page = await self.person.client.get(target)
            for event in page["chunk"]:
                if event["event_id"] == newest:
                    return found[::-1]
                found.append(shown(event))
            assert page.get("end"), f"{newest} has gone from {room}"
            since = page["end"]

    async def _sync(self, since: str, timeout_ms: int) -> JsonObject:
        only = json.dumps({"room": {"timeline": {"limit": self.limit}}})
        query = {"timeout": timeout_ms, "filter": only, "set_presence": "offline"}
        answer = await self.person.client.get(
            path("sync", **query, **({"since": since} if since else {}))
        )
        assert place(answer["next_batch"]) >= place(since), "the number line went back"
        return answer

    def _keep(self, token: str) -> None:
        if token != self.token:
            self.kept.append(Kept(token, {room: len(events) for room, events in self.seen.items()}))


def ids(events: list[Shown]) -> list[str]:
    return [event.event_id for event in events]


def place(token: str) -> int:
    """Where on the number line a sync token stands."""
    return int(token[1:]) if token else 0
