"""The queue of one server: positions of what it has yet to get, never the things themselves."""

from collections import deque
from collections.abc import Iterable

from attrs import define, field

from homeserver.storage.outgoing import Kind, News

MAX_PDUS = 50
"""In a transaction. Spec: Server-Server API, "Transactions"."""
MAX_EDUS = 100
MAX_OTHER_NEWS = 50
MAX_MESSAGES = 30
"""To devices, in a transaction. Each makes an EDU, as do updates of devices and who types."""
MAX_WAITING = 500
"""News in memory; a server that is behind by more reads on from the database."""
MAX_EPHEMERAL = 15


@define
class Load:
    """What one transaction is to carry."""

    news: list[News] = field(factory=list)
    messages: int = 0
    """The most messages to devices."""
    typing: dict[tuple[str, str], bool] = field(factory=dict)
    presence: set[str] = field(factory=set)


@define(eq=False)
class Destination:
    """A server for which something is to be done; one that lacks nothing has no such object.

    `news` wait in memory. While a server catches up, `plan` holds what it lacked up to the place
    `planned_upto`, and what is new meanwhile is left to the database.
    """

    name: str
    news: deque[News] = field(factory=deque)
    has_messages: bool = False
    typing: dict[tuple[str, str], bool] = field(factory=dict)
    presence: set[str] = field(factory=set)
    is_catching_up: bool = False
    plan: deque[News] | None = None
    planned_upto: int = 0
    load: Load | None = None
    """What is under way."""
    width: int = MAX_PDUS
    """News in a transaction: fewer after one was refused, to find out what was wrong with it."""
    skipped: int = 0
    """What was left out since something was accepted."""
    is_queued: bool = False

    def add(self, news: News) -> bool:
        """False if it is too much to remember."""
        if self.is_catching_up:
            return True
        if len(self.news) >= MAX_WAITING:
            return False
        self.news.append(news)
        return True

    def add_typing(self, room_id: str, user_id: str, typing: bool) -> None:
        if not self.is_catching_up:
            self.typing[room_id, user_id] = typing
            if len(self.typing) > MAX_EPHEMERAL:
                del self.typing[next(iter(self.typing))]

    def add_presence(self, user_ids: Iterable[str]) -> None:
        if not self.is_catching_up:
            self.presence.update(user_ids)

    @property
    def has_work(self) -> bool:
        return bool(self.news or self.plan or self.has_messages or self.typing or self.presence)

    def first_position(self) -> int | None:
        """Of the oldest news that the server lacks."""
        under_way = self.load.news if self.load else []
        return min((news.position for news in (*under_way, *self.news)), default=None)

    def take(self) -> Load:
        """What goes into the next transaction."""
        load = self.load = Load(news=_take(self._queue(), self.width))
        if self.width < MAX_PDUS:
            # Something was refused, and it is to be found out what: one kind of thing at a time.
            load.messages = 0 if load.news else self.width * self.has_messages
        else:
            load.messages = MAX_MESSAGES * self.has_messages
            load.typing, self.typing = self.typing, {}
            load.presence, self.presence = self.presence, set()
        if load.messages:
            self.has_messages = False
        return load

    def put_back(self) -> None:
        """Nothing of what was taken has arrived; what is fleeting is lost."""
        if self.load is not None:
            self._queue().extendleft(reversed(self.load.news))
            self.has_messages = self.has_messages or self.load.messages > 0
            self.load = None

    def _queue(self) -> deque[News]:
        return self.news if self.plan is None else self.plan


def _take(queue: deque[News], width: int) -> list[News]:
    """From the front, as many as fit; order is kept among events, and among the rest."""
    taken: list[News] = []
    events = others = 0
    while queue and len(taken) < 2 * width:
        if queue[0].kind == Kind.EVENT:
            events += 1
            if events > width:
                break
        else:
            others += 1
            if others > min(width, MAX_OTHER_NEWS):
                break
        taken.append(queue.popleft())
        if width == 1:
            break
    return taken
