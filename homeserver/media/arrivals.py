"""Those who wait for uploads that were announced but have not come."""

from attrs import define, field
from twisted.internet.defer import Deferred

from homeserver.clock import Clock
from homeserver.media.uploads import MediaUploaded


@define(eq=False)
class Arrival:
    """Leave it when done: it is remembered until then."""

    _arrivals: "Arrivals"
    _media_id: str
    _came: Deferred[None] = field(factory=Deferred)

    async def wait(self, timeout_ms: int) -> None:
        """Until the file is there, or the time is over."""
        timer = self._arrivals.clock.call_later(timeout_ms / 1000, self.came)
        try:
            await self._came
        finally:
            if timer.active():
                timer.cancel()

    def came(self) -> None:
        if not self._came.called:
            self._came.callback(None)

    def __enter__(self) -> "Arrival":
        self._arrivals.waiting.setdefault(self._media_id, set()).add(self)
        return self

    def __exit__(self, *_: object) -> None:
        others = self._arrivals.waiting.get(self._media_id)
        if others is not None:
            others.discard(self)
            if not others:
                del self._arrivals.waiting[self._media_id]


@define(eq=False)
class Arrivals:
    clock: Clock
    waiting: dict[str, set[Arrival]] = field(factory=dict)

    def expect(self, media_id: str) -> Arrival:
        """Before the last look whether it is there, so that none is missed."""
        return Arrival(self, media_id)

    def note(self, change: MediaUploaded) -> None:
        for arrival in self.waiting.pop(change.media_id, ()):
            arrival.came()
