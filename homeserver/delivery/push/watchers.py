"""Who is to be notified, and where: in memory, so an event that concerns nobody costs nothing."""

from collections.abc import Iterable, Mapping
from sys import intern
from urllib.parse import urlsplit

from attrs import frozen

from homeserver.storage import pushers
from homeserver.storage.database import Database
from homeserver.storage.pushers import Pusher
from homeserver.users.pusher_kinds import EMAIL

MAILBOXES = "mail"
"""The one gateway of all mailboxes: our mail server."""


@frozen
class Watch:
    """A pusher that is at work. `gateway` names the machine that is told, shared by many."""

    id: int
    user_id: str
    gateway: str


class Watchers:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._of_users: dict[str, tuple[Watch, ...]] = {}
        self._by_id: dict[int, Watch] = {}
        self._badges: set[int] = set()
        self._changed: set[str] = set()

    async def start(self) -> None:
        for pusher in await self._db.read(pushers.at_work):
            self._add(pusher)

    def changed(self, user_id: str) -> None:
        """The pushers of a user have changed; `refresh` sees how."""
        self._changed.add(user_id)

    async def refresh(self) -> None:
        while self._changed:
            user_id = self._changed.pop()
            found = await self._db.glance(pushers.of_user, user_id)
            for watch in self._of_users.pop(user_id, ()):
                self._by_id.pop(watch.id, None)
                self._badges.discard(watch.id)
            for pusher in found:
                if pusher.is_enabled and pusher.is_activated:
                    self._add(pusher)

    def _add(self, pusher: Pusher) -> None:
        watch = Watch(pusher.id, pusher.user_id, intern(gateway_of(pusher)))
        self._of_users[pusher.user_id] = (*self._of_users.get(pusher.user_id, ()), watch)
        self._by_id[pusher.id] = watch
        if pusher.badge:
            self._badges.add(pusher.id)

    def __bool__(self) -> bool:
        return bool(self._of_users or self._changed)

    def find(self, pusher: int) -> Watch | None:
        return self._by_id.get(pusher)

    def of_user(self, user_id: str) -> tuple[Watch, ...]:
        return self._of_users.get(user_id, ())

    def among(self, members: Mapping[str, object]) -> Iterable[str]:
        """Those members of a room who watch: the smaller crowd is asked."""
        if len(members) < len(self._of_users):
            return [user_id for user_id in members if user_id in self._of_users]
        return [user_id for user_id in self._of_users if user_id in members]

    # -- what they show beside the app

    def note_badge(self, pusher: int, badge: int) -> None:
        """The pusher was told so many unread messages."""
        if badge and pusher in self._by_id:
            self._badges.add(pusher)
        else:
            self._badges.discard(pusher)

    def with_badges(self, user_id: str) -> list[Watch]:
        """Those of the user's that show a number of unread messages."""
        return [watch for watch in self.of_user(user_id) if watch.id in self._badges]


def gateway_of(pusher: Pusher) -> str:
    """What tells it: failures and speed of one machine concern all its pushers."""
    if pusher.kind == EMAIL:
        return MAILBOXES
    parts = urlsplit(str(pusher.data["url"]))
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"
