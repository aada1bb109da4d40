"""Where two devices of one person meet to sign one of them in: short notes that each leaves for the
other. What the notes say is encrypted between the two. MSC4108, MSC4388.
"""

from attrs import define

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.errors import MatrixError, NotFound
from homeserver.randomness import Random

LIFETIME_MS = 120_000
MAX_NOTE = 4096
MOST = 2000
"""Meetings at the same time: with all notes that is 8 MiB."""


@define
class Meeting:
    """`tag` changes with every note."""

    id: str
    note: bytes
    tag: str
    changed_ms: int
    expires_ms: int


class TooLargeNote(MatrixError):
    status = 413
    errcode = "M_TOO_LARGE"

    def __init__(self) -> None:
        super().__init__(f"A note may have {MAX_NOTE} bytes.")


class NoRoomToMeet(MatrixError):
    status = 429
    errcode = "M_LIMIT_EXCEEDED"

    def __init__(self) -> None:
        super().__init__("Too many devices are being signed in. Try again in a minute.")
        self.extra["retry_after_ms"] = LIFETIME_MS // 2


class Rendezvous:
    """In memory: after a restart, people show their code again."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._meetings: dict[str, Meeting] = {}

    def begin(self, note: bytes) -> Meeting:
        self._forget_old()
        if len(self._meetings) >= MOST:
            raise NoRoomToMeet()
        now_ms = self._clock.now_ms()
        id = randomness.token(self._random, 32)
        meeting = Meeting(id, checked(note), self._tag(), now_ms, now_ms + LIFETIME_MS)
        self._meetings[id] = meeting
        return meeting

    def find(self, id: str) -> Meeting:
        """Raises NotFound."""
        meeting = self._meetings.get(id)
        if meeting is None or meeting.expires_ms <= self._clock.now_ms():
            raise NotFound("Nobody meets here (any more).")
        return meeting

    def leave(self, id: str, note: bytes, last_tag: str) -> bool:
        """Put a note in the place of the last one; False if that is not the one it answers."""
        meeting = self.find(id)
        if last_tag != meeting.tag:
            return False
        meeting.note, meeting.tag = checked(note), self._tag()
        meeting.changed_ms = self._clock.now_ms()
        return True

    def end(self, id: str) -> None:
        del self._meetings[self.find(id).id]

    def left_ms(self, meeting: Meeting) -> int:
        return max(0, meeting.expires_ms - self._clock.now_ms())

    def _tag(self) -> str:
        return randomness.token(self._random, 16)

    def _forget_old(self) -> None:
        """They stand in the order of their beginning."""
        now_ms, old = self._clock.now_ms(), list[str]()
        for meeting in self._meetings.values():
            if meeting.expires_ms > now_ms:
                break
            old.append(meeting.id)
        for id in old:
            del self._meetings[id]


def checked(note: bytes) -> bytes:
    if len(note) > MAX_NOTE:
        raise TooLargeNote()
    return note
