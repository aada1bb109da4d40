"""Sessions in memory, so that telling who asks needs no SQL."""

from collections.abc import Hashable

from attrs import define

from homeserver.http.requester import Requester


@define
class Session:
    """What a request with a certain token may do. `expires_ts` is 0 if the token never expires."""

    requester: Requester
    expires_ts: int = 0
    is_locked: bool = False
    seen_ms: int = 0
    seen_ip: str = ""


class KnownSessions:
    """Sessions by the hash of their token.

    Whoever changes an account, or ends a session, makes it forget the user.
    """

    def __init__(self, limit: int = 50_000) -> None:
        self._limit = limit
        self._sessions: dict[Hashable, Session] = {}
        self._keys: dict[str, set[Hashable]] = {}
        self.age = 0
        """Grows with each `forget`: what was read before one may be out of date."""

    def get(self, key: Hashable) -> Session | None:
        return self._sessions.get(key)

    def put(self, key: Hashable, session: Session, age: int) -> None:
        """Remember what was read when this object had the given age."""
        if age != self.age:
            return
        while len(self._sessions) >= self._limit:
            self._drop(next(iter(self._sessions)))
        self._sessions[key] = session
        self._keys.setdefault(session.requester.user_id, set()).add(key)

    def forget(self, user_id: str) -> None:
        self.age += 1
        for key in self._keys.pop(user_id, ()):
            self._sessions.pop(key, None)

    def forget_all(self) -> None:
        self.age += 1
        self._keys.clear()
        self._sessions.clear()

    def __len__(self) -> int:
        return len(self._sessions)

    def _drop(self, key: Hashable) -> None:
        user_id = self._sessions.pop(key).requester.user_id
        keys = self._keys[user_id]
        keys.discard(key)
        if not keys:
            del self._keys[user_id]
