"""People of other servers whom ours meet in rooms, so that searches for people find them.

All that is known of them is their newest member event. It is written down behind the event's
back: whoever is forgotten in a crash is noted with the next event.
"""

from collections.abc import Mapping, Sequence
from itertools import islice

from attrs import define, field
from twisted.internet.defer import Deferred

from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.notifier import Notifier
from homeserver.rooms.timeline import Appended
from homeserver.storage import events, heads, user_directory
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

MEMBER = "m.room.member"
PORTION = 100
MAX_OF_ROOM = 20_000
MAX_WAITING = 10_000

log = logger(__name__)


@define(eq=False)
class Acquaintances:
    _server_name: str
    _db: Database
    _met: dict[str, JsonObject] = field(factory=dict)
    """By user: the content of the newest member event."""
    _is_busy: bool = False

    def listen(self, notifier: Notifier) -> None:
        notifier.listen(Appended, self._appended)

    def _appended(self, change: Appended) -> None:
        event = change.stored.event
        if event.type != MEMBER or event.membership != "join":
            return
        user_id = event.state_key or ""
        if self._is_other(user_id):
            if len(self._met) < MAX_WAITING:
                self._met[user_id] = event.content
            if not self._is_busy:
                self._is_busy = True
                Deferred.fromCoroutine(self._note())
        elif not change.former.extremities:
            # One of ours has entered a room of others.
            Deferred.fromCoroutine(self._meet_all(change.room_id))

    def _is_other(self, user_id: str) -> bool:
        return not user_id.endswith(":" + self._server_name)

    async def _note(self) -> None:
        try:
            while self._met:
                portion = dict(islice(self._met.items(), PORTION))
                for user_id in portion:
                    del self._met[user_id]
                await self._db.write(_save, portion)
        except Exception:
            log.exception("people of other servers could not be noted")
        finally:
            self._is_busy = False

    async def _meet_all(self, room_id: str) -> None:
        try:
            members = await self._db.read(self._others_in, room_id)
            for start in range(0, len(members), PORTION):
                portion = members[start : start + PORTION]
                await self._db.write(_save, await self._db.read(_contents, portion))
        except Exception:
            log.exception("the people of a room could not be noted")

    def _others_in(self, txn: Transaction, room_id: str) -> list[int]:
        """The positions of their member events."""
        head = heads.load(txn, room_id)
        if head is None:
            return []
        others = (user_id for user_id in head.joined() if self._is_other(user_id))
        return [head.state[MEMBER, user_id] for user_id in islice(others, MAX_OF_ROOM)]


def _contents(txn: Transaction, positions: Sequence[int]) -> dict[str, JsonObject]:
    found = events.at_all(txn, positions).values()
    return {stored.event.state_key or "": stored.event.content for stored in found}


def _save(txn: Transaction, met: Mapping[str, JsonObject]) -> None:
    for user_id, content in met.items():
        user_directory.save(txn, user_id, content.get("displayname"), content.get("avatar_url"))
