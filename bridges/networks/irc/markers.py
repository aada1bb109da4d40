"""How far was read: servers mark it by the time of a message (draft/read-marker)."""

from collections import OrderedDict, defaultdict

from attrs import define, field

MAX_KNOWN = 1_000
TIMESTAMP = "timestamp="


@define(eq=False)
class Markers:
    """`_times`: of the last messages of a chat, by id; times of IRCv3 can be compared as texts."""

    _times: "defaultdict[str, OrderedDict[str, str]]" = field(
        factory=lambda: defaultdict(OrderedDict)
    )
    _marked: dict[str, str] = field(factory=dict)

    def note(self, chat: str, id: str, time: str) -> None:
        if not id or not time:
            return
        known = self._times[chat]
        known[id] = time
        while len(known) > MAX_KNOWN:
            known.popitem(last=False)

    def mark(self, chat: str, id: str) -> str | None:
        """What the server is told; None where it is known, or we do not know when that was."""
        time = self._times[chat].get(id)
        if time is None or time <= self._marked.get(chat, ""):
            return None
        self._marked[chat] = time
        return f"{TIMESTAMP}{time}"

    def marked(self, chat: str, told: str) -> str | None:
        """The last message that was read on another device of ours, if that is news."""
        time = told.removeprefix(TIMESTAMP)
        if not told.startswith(TIMESTAMP) or time <= self._marked.get(chat, ""):
            return None
        self._marked[chat] = time
        return max(
            (id for id, at in self._times[chat].items() if at <= time),
            key=self._times[chat].__getitem__,
            default=None,
        )
