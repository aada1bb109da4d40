"""Who is online. Spec: Client-Server API, "Presence"."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from twisted.internet.defer import Deferred

from homeserver.changes import AccountErased, ProfileChanged
from homeserver.clock import Clock
from homeserver.config.accounts import Presence as PresenceSettings
from homeserver.errors import Forbidden, InvalidParam
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.storage import presence, profiles
from homeserver.storage.database import Database
from homeserver.storage.presence import KeptPresence
from homeserver.storage.transaction import Transaction
from homeserver.users.presence_states import STATES, DevicePresence, State, UserPresence

MAX_STATUS = 1024
TELL_EVERY_MS = 30_000
"""News about a user whose state stays the same is told at most so often."""
LOOK_AROUND_S = 10.0
TOLD_FOR_MS = 3_600_000
"""So long somebody of another server counts as there without being heard of again."""

SharesRoom = Callable[[Transaction, str, str], bool]
"""Whether two users have joined the same room; everybody shares with himself."""

log = logger(__name__)


class Presence:
    """Kept in memory for those who are not offline. A sync changes a few numbers, no more.

    While anybody is there, a timer looks every few seconds for those who went idle or away.
    """

    def __init__(
        self, db: Database, clock: Clock, settings: PresenceSettings, shares_room: SharesRoom
    ) -> None:
        self._db = db
        self._clock = clock
        self.enabled = settings.enabled
        self._users: dict[str, UserPresence] = {}
        self._shares_room = shares_room
        self._looking = False

    async def start(self) -> None:
        """Take up who was there when the server stopped; those who stay away go offline."""
        if self.enabled:
            for kept in await self._db.read(presence.not_offline):
                self._revive(kept)

    # -- what users do

    @contextmanager
    def syncing(self, user_id: str, device_id: str, set_presence: str = "online") -> Iterator[None]:
        """Around each sync of a device: `set_presence` is what the request says."""
        wanted = STATES.get(set_presence, State.ONLINE)
        if not self.enabled or wanted is State.OFFLINE:
            yield
            return
        device = self._arrive(user_id, device_id, wanted)
        device.syncs += 1
        try:
            yield
        finally:
            device.syncs -= 1
            device.seen_ms = self._clock.now_ms()

    def active(self, user_id: str, device_id: str) -> None:
        """Somebody did something: sent a message, read one, typed."""
        user = self._users.get(user_id)
        if user is None or not self.enabled:
            return
        user.active_ms = now_ms = self._clock.now_ms()
        if device := user.devices.get(device_id):
            device.active_ms = now_ms
            device.wanted = State.ONLINE
        self._reckon(user_id, user)

    async def set(self, user_id: str, device_id: str, state: str, status_msg: str | None) -> None:
        """A server without presence takes it and forgets it: clients set it unasked."""
        if state not in STATES:
            raise InvalidParam(f"'presence' must be one of {', '.join(STATES)}.")
        if status_msg is not None and (len(status_msg) > MAX_STATUS or "\0" in status_msg):
            raise InvalidParam(f"'status_msg' may have {MAX_STATUS} characters, without NUL.")
        if not self.enabled:
            return
        device = self._arrive(user_id, device_id, STATES[state])
        now_ms = device.active_ms = self._clock.now_ms()
        user = self._users[user_id]
        if device.wanted is State.ONLINE:
            user.active_ms = now_ms
        user.reckon(now_ms)
        user.told_ms, user.told_active = now_ms, user.is_active(now_ms)
        await self._db.write(_set, user_id, user.state.word, status_msg, user.active_ms)

    async def told(
        self, user_id: str, state: str, status_msg: str | None, last_active_ago: int
    ) -> None:
        """What another server tells of its user; it holds until the server tells more."""
        if not self.enabled or state not in STATES:
            return
        now_ms = self._clock.now_ms()
        user = self._users.get(user_id)
        if user is None:
            user = self._users[user_id] = UserPresence()
            self._look_around_later()
        later_ms = now_ms + TOLD_FOR_MS
        user.devices = {"": DevicePresence(STATES[state], later_ms, later_ms)}
        user.active_ms = now_ms - min(max(last_active_ago, 0), now_ms)
        user.reckon(now_ms)
        await self._db.write(_set, user_id, user.state.word, status_msg, user.active_ms)

    def forget_device(self, user_id: str, device_id: str) -> None:
        """A device that logged out is gone at once."""
        user = self._users.get(user_id)
        if user is not None and device_id in user.devices:
            del user.devices[device_id]
            self._reckon(user_id, user)

    def account_erased(self, change: AccountErased) -> None:
        """When somebody was there last is forgotten, too."""
        self._users.pop(change.user_id, None)
        self._db.write(presence.delete, change.user_id).addErrback(
            lambda failure: log.warning("the presence of an erased user stays: %s", failure.value)
        )

    # -- what others see

    async def get(self, viewer: str, user_id: str) -> JsonObject:
        """The answer of GET /presence; raises Forbidden for those who share no room."""
        if not await self._db.glance(self._shares_room, viewer, user_id):
            raise Forbidden("You share no room with this user, so you cannot see who is online.")
        if not self.enabled:
            return {"presence": State.OFFLINE.word}
        return self._shown(await self._db.glance(presence.find, user_id))

    def events(self, txn: Transaction, user_ids: Collection[str]) -> list[JsonObject]:
        """The m.presence event of each user, as of now."""
        if not self.enabled or not user_ids:
            return []
        found = _profiles_and_kept(txn, [*user_ids])
        return [
            {
                "type": "m.presence",
                "sender": user_id,
                "content": {**profile, **self._shown(kept)},
            }
            for user_id, (profile, kept) in zip(user_ids, found, strict=True)
        ]

    def awake(self) -> list[str]:
        """The users who are not offline: for a first sync."""
        # The copy is made in one go: another thread may ask while somebody comes or goes.
        users = list(self._users.items())
        return [user_id for user_id, user in users if user.state is not State.OFFLINE]

    def profile_changed(self, change: ProfileChanged) -> None:
        """Presence events repeat names and pictures."""
        if user := self._users.get(change.user_id):
            self._tell_soon(change.user_id, user)

    def _shown(self, kept: KeptPresence) -> JsonObject:
        now_ms = self._clock.now_ms()
        user = self._users.get(kept.user_id) or UserPresence(kept.last_active_ms)
        shown: JsonObject = {"presence": user.state.word}
        if user.active_ms:
            shown["last_active_ago"] = max(0, now_ms - user.active_ms)
        if user.state is State.ONLINE:
            shown["currently_active"] = user.is_active(now_ms)
        if kept.status_msg:
            shown["status_msg"] = kept.status_msg
        return shown

    # -- inside

    def _arrive(self, user_id: str, device_id: str, wanted: State) -> DevicePresence:
        now_ms = self._clock.now_ms()
        user = self._users.get(user_id)
        if user is None:
            user = self._users[user_id] = UserPresence()
            self._look_around_later()
        device = user.devices.get(device_id)
        if device is None:
            device = user.devices[device_id] = DevicePresence(wanted, now_ms, now_ms)
            user.active_ms = now_ms if wanted is State.ONLINE else user.active_ms
        elif wanted is not device.wanted:
            device.wanted, device.active_ms = wanted, now_ms
        device.seen_ms = now_ms
        self._reckon(user_id, user)
        return device

    def _reckon(self, user_id: str, user: UserPresence) -> None:
        """Tell of a new state at once; that somebody is (no more) active, only now and then."""
        now_ms = self._clock.now_ms()
        changed = user.reckon(now_ms)
        stale = user.is_active(now_ms) is not user.told_active
        if changed or (stale and now_ms - user.told_ms >= TELL_EVERY_MS):
            self._tell_soon(user_id, user)

    def _tell_soon(self, user_id: str, user: UserPresence) -> None:
        self._tell(user_id, user).addErrback(
            lambda failure: log.error("presence was not stored: %s", failure.value)
        )

    def _tell(self, user_id: str, user: UserPresence) -> Deferred[int]:
        user.told_ms = now_ms = self._clock.now_ms()
        user.told_active = user.is_active(now_ms)
        return self._db.write(presence.save, user_id, user.state.word, user.active_ms)

    def _revive(self, kept: KeptPresence) -> None:
        now_ms = self._clock.now_ms()
        state = STATES.get(kept.state, State.OFFLINE)
        user = self._users[kept.user_id] = UserPresence(kept.last_active_ms, state)
        user.devices[""] = DevicePresence(user.state, now_ms, kept.last_active_ms)
        self._look_around_later()

    def _look_around_later(self) -> None:
        if not self._looking:
            self._looking = True
            self._clock.call_later(LOOK_AROUND_S, self._look_around)

    def _look_around(self) -> None:
        self._looking = False
        now_ms = self._clock.now_ms()
        for user_id, user in list(self._users.items()):
            user.forget_gone(now_ms)
            self._reckon(user_id, user)
            if not user.devices:
                del self._users[user_id]
        if self._users:
            self._look_around_later()


def _set(
    txn: Transaction, user_id: str, state: str, status_msg: str | None, active_ms: int
) -> None:
    """What is no news is not told again."""
    kept = presence.find(txn, user_id)
    if (kept.state, kept.status_msg) != (state, status_msg):
        presence.save(txn, user_id, state, active_ms)
        presence.save_status(txn, user_id, status_msg)


def _profiles_and_kept(
    txn: Transaction, user_ids: list[str]
) -> list[tuple[dict[str, str], KeptPresence]]:
    return [
        (profiles.for_member_event(txn, user_id), presence.find(txn, user_id))
        for user_id in user_ids
    ]
