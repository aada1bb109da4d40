"""Three devices, a network that does its worst, and processes that die at any moment.

What must hold in the end: everybody reads everything, no one-time key served twice, nothing left a
device in the clear, and no message was said twice.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from e2ee.happenings import ToDeviceRefused
from e2ee.requests import Request
from e2ee.store import Change
from e2ee.stores.memory import MemoryStore
from tests.e2ee.simulation import (
    ROOM,
    Person,
    Refusal,
    SimulatedServer,
    encrypted_room,
    until_quiet,
)

NAMES = ("alice", "bob", "carol")
MINUTE_MS = 60_000


class PowerCut(Exception):
    """The process dies here."""


class MortalStore(MemoryStore):
    """Dies at the next step, if it was told to: before it is written, or after."""

    def __init__(self) -> None:
        super().__init__()
        self.dies: str | None = None

    def apply(self, changes: Iterable[Change]) -> None:
        dies, self.dies = self.dies, None
        if dies == "before":
            raise PowerCut
        super().apply(changes)
        if dies == "after":
            raise PowerCut


people = st.sampled_from(range(len(NAMES)))
fates = st.sampled_from(["fine"] * 6 + ["lost", "answer lost", "twice", "late"])
moments = st.sampled_from([None, "before", "after"])


class Chaos(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.server = SimulatedServer()
        self.stores = [MortalStore() for _ in NAMES]
        self.everybody = [
            Person(self.server, f"@{name}:test", name.upper(), store=store)
            for name, store in zip(NAMES, self.stores, strict=True)
        ]
        encrypted_room(
            self.server, *[one.me.user_id for one in self.everybody], rotation_period_msgs=2
        )
        until_quiet(*self.everybody)
        self.said: list[str] = []
        self.late: list[tuple[int, Request, Any]] = []

    @rule(who=people, times=st.integers(1, 3), dies=moments)
    def speaks(self, who: int, times: int, dies: str | None) -> None:
        for _ in range(times):
            self._speaks(who, dies)

    def _speaks(self, who: int, dies: str | None) -> None:
        text = f"message {len(self.said)} is a secret"
        content = {"msgtype": "m.text", "body": text}
        person = self.everybody[who]
        lives = self._lives(who, dies, lambda: person.machine.send(ROOM, "m.room.message", content))
        if lives or dies == "after":
            self.said.append(text)

    @rule(who=people, fates=st.lists(st.tuples(st.integers(0, 5), fates), max_size=8), dies=moments)
    def carries(self, who: int, fates: list[tuple[int, str]], dies: str | None) -> None:
        """The process dies, if it does, at the last."""
        for number, (pick, fate) in enumerate(fates):
            self._carries(who, pick, fate, dies if number == len(fates) - 1 else None)

    def _carries(self, who: int, pick: int, fate: str, dies: str | None) -> None:
        person = self.everybody[who]
        offered: list[Request] = []
        if not self._lives(who, None, lambda: offered.extend(self._requests(person))):
            return
        if not offered or fate == "lost":
            return
        request = offered[pick % len(offered)]
        person.sent.append(request)
        answer = self._answer(person, request)
        if answer is None or fate == "answer lost":
            return
        if fate == "late":
            self.late.append((who, request, answer))
            return
        for _ in range(2 if fate == "twice" else 1):
            self._lives(who, dies, lambda: self._hears(person, request, answer))

    @rule(pick=st.integers(0, 20))
    def an_answer_comes_late(self, pick: int) -> None:
        if self.late:
            who, request, answer = self.late.pop(pick % len(self.late))
            self._lives(who, None, lambda: self._hears(self.everybody[who], request, answer))

    @rule(
        who=people,
        fate=st.sampled_from(["fine", "fine", "lost", "forgotten", "shuffled", "doubled"]),
        dies=moments,
        order=st.randoms(use_true_random=False),
    )
    def syncs(self, who: int, fate: str, dies: str | None, order: Any) -> None:
        person = self.everybody[who]
        since = person.since
        response = self.server.sync(person.me.user_id, person.me.device_id, since)
        if fate == "lost":
            return
        events = response["to_device"]["events"]
        if fate == "shuffled":
            order.shuffle(events)
        if fate == "doubled":
            response["to_device"]["events"] = events + events[:3]
        self._lives(who, dies, lambda: person.takes(response))
        if fate == "forgotten":
            person.since = since

    @rule(who=people)
    def dies_and_comes_back(self, who: int) -> None:
        self.everybody[who].restarts()

    @rule(ms=st.sampled_from([1_000, 10 * MINUTE_MS, 3 * 60 * MINUTE_MS, -5 * MINUTE_MS]))
    def the_clock_moves(self, ms: int) -> None:
        self.server.now_ms += ms

    @invariant()
    def nothing_is_sent_in_the_clear(self) -> None:
        for person in self.everybody:
            for request in person.sent:
                assert "is a secret" not in str(request.body)

    @invariant()
    def no_one_time_key_is_served_twice(self) -> None:
        assert max(Counter(self.server.claimed_keys).values(), default=1) == 1

    def teardown(self) -> None:
        """The network heals, and everybody goes on."""
        self.late.clear()
        self.server.now_ms += 2 * 60 * MINUTE_MS
        for store in self.stores:
            store.dies = None
        until_quiet(*self.everybody)
        for person in self.everybody:
            assert not person.of(ToDeviceRefused), "no session may break by what a network does"
            missing = [text for text in self.said if text not in person.read()]
            assert not missing, f"{person.me.user_id} cannot read {missing}: {person.unread()}"
        sent = [e for _, _, e in self.server.timeline if e["type"] == "m.room.encrypted"]
        assert len(sent) == len(self.said)

    def _lives(self, who: int, dies: str | None, deed: Any) -> bool:
        """Whether the process survived it; if not, it has come back."""
        self.stores[who].dies = dies
        try:
            deed()
        except PowerCut:
            self.everybody[who].restarts()
            return False
        finally:
            self.stores[who].dies = None
        return True

    def _requests(self, person: Person) -> list[Request]:
        requests = person.machine.requests(self.server.now_ms)
        person.heard += person.machine.take_happenings()
        return requests

    def _answer(self, person: Person, request: Request) -> Any:
        try:
            return self.server.answer(person.me.user_id, person.me.device_id, request)
        except Refusal:
            return None

    def _hears(self, person: Person, request: Request, answer: Any) -> None:
        now_ms = self.server.now_ms
        person.heard += person.machine.receive_response(request.id, answer, now_ms)


TestChaos = Chaos.TestCase
TestChaos.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
