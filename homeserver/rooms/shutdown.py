"""Administrators end a room: our users are put out, and all that is kept of it goes."""

from attrs import frozen
from twisted.internet.defer import Deferred

from homeserver.clock import Clock
from homeserver.errors import InvalidParam, MatrixError
from homeserver.events.building import Draft
from homeserver.events.ids import is_room_id
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.json_values import JsonObject
from homeserver.rooms import timeline
from homeserver.rooms.creation import NewRoom, initial_state
from homeserver.rooms.jobs import Job, Jobs
from homeserver.rooms.opening import Opening
from homeserver.storage import accounts, aliases, blocked_rooms, heads, room_removal
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.search import Index
from homeserver.storage.transaction import Transaction

KIND = "room_shutdown"
AT_ONCE = 25
"""Members in one transaction: others get their turn."""
EVENTS_AT_ONCE = 200
PAUSE_S = 2
"""Between the last leave and the end, so that clients that wait for news hear of it."""
VERSION = ROOM_VERSIONS["12"]
READERS_ONLY = -10


@frozen(eq=False)
class Shutdown:
    """`wish` may hold: by, new_room_user_id, room_name, message, block, purge, force_purge."""

    _db: Database
    _clock: Clock
    _jobs: Jobs
    _opening: Opening
    _index: Index

    async def begin(self, room_id: str, wish: JsonObject) -> Job:
        if not is_room_id(room_id):
            raise InvalidParam("This is not the id of a room.")
        await self._db.read(self._check, wish)
        return await self._jobs.begin(KIND, room_id, wish)

    async def work(self, job: Job) -> Job:
        if "kicked_users" not in job.progress:
            job = await self._jobs.step_through(job, self._close)
        job = await self._jobs.step_through(job, self._put_out)
        if not job.wish["purge"]:
            return job
        if job.progress["failed_to_kick_users"] and not job.wish["force_purge"]:
            raise MatrixError("Some users of ours are still in the room.")
        await self._pause()
        return await self._jobs.step_through(job, self._purge)

    async def _pause(self) -> None:
        over: Deferred[None] = Deferred()
        self._clock.call_later(PAUSE_S, lambda: over.callback(None))
        await over

    def _check(self, txn: Transaction, wish: JsonObject) -> None:
        host = wish["new_room_user_id"]
        if host is None:
            return
        account = accounts.find(txn, host) if "\0" not in host else None
        if account is None or account.is_deactivated:
            raise InvalidParam("'new_room_user_id' must be a user of this server.")

    def _close(self, txn: Transaction, job: Job) -> tuple[JsonObject, bool]:
        room_id, wish = job.subject, job.wish
        if wish["block"]:
            blocked_rooms.block(txn, room_id, wish["by"], self._clock.now_ms())
        new = self._make_room(txn, wish) if wish["new_room_user_id"] else None
        names = aliases.of_room(txn, room_id)
        if new is None:
            for alias in names:
                aliases.delete(txn, alias)
        else:
            aliases.move(txn, room_id, new.room_id)
        progress: JsonObject = {
            "kicked_users": [],
            "failed_to_kick_users": [],
            "local_aliases": names,
            "new_room_id": new.room_id if new else None,
        }
        return progress, False

    def _make_room(self, txn: Transaction, wish: JsonObject) -> Head:
        host = wish["new_room_user_id"]
        room = NewRoom(
            version=VERSION,
            preset="private_chat",
            name=wish["room_name"],
            creation_content={},
            power_level_override={"users_default": READERS_ONLY},
        )
        head = self._opening.open(txn, VERSION, host, {})
        for draft in initial_state(room, host, "none"):
            head = self._opening.set(txn, head, host, draft)
        content = {"msgtype": "m.text", "body": wish["message"]}
        return self._opening.set(txn, head, host, Draft("m.room.message", content))

    def _put_out(self, txn: Transaction, job: Job) -> tuple[JsonObject, bool]:
        progress = job.progress
        head = timeline.head(txn, job.subject)
        if head is None:
            return progress, False
        done = {*progress["kicked_users"], *progress["failed_to_kick_users"]}
        members = self._opening.members
        left = [it for it in head.members if members.is_ours(it) and it not in done]
        for user_id in left[:AT_ONCE]:
            try:
                head = members.append(txn, head, user_id, user_id, {"membership": "leave"})
                progress["kicked_users"].append(user_id)
            except MatrixError:
                progress["failed_to_kick_users"].append(user_id)
                continue
            self._lead_over(txn, job, user_id)
        return progress, len(left) > AT_ONCE

    def _lead_over(self, txn: Transaction, job: Job, user_id: str) -> None:
        """Who was put out finds himself in the new room, if there is one."""
        new_room_id, host = job.progress["new_room_id"], job.wish["new_room_user_id"]
        new = heads.load(txn, new_room_id) if new_room_id else None
        if new is None or user_id == host:
            return
        members = self._opening.members
        new = members.append(txn, new, host, user_id, {"membership": "invite"})
        members.append(txn, new, user_id, user_id, {"membership": "join"})

    def _purge(self, txn: Transaction, job: Job) -> tuple[JsonObject, bool]:
        progress = job.progress
        if "upto" not in progress:
            room_removal.unlink(txn, job.subject)
            return {**progress, "upto": txn.position}, True
        count = room_removal.delete_events(
            txn, job.subject, progress["upto"], self._index, EVENTS_AT_ONCE
        )
        return progress, count == EVENTS_AT_ONCE
