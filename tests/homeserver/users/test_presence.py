"""The clock moves on by hand: nobody goes idle or away on his own."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from homeserver.changes import PresenceChanged, ProfileChanged
from homeserver.config.accounts import Presence as PresenceSettings
from homeserver.errors import Forbidden, InvalidParam
from homeserver.notifier import Notifier
from homeserver.storage import memberships, names, profiles
from homeserver.storage.database import Database
from homeserver.storage.dialects.sqlite import SqliteDialect
from homeserver.storage.memberships import Membership
from homeserver.storage.memory import Memory
from homeserver.storage.threads import InlineThreads
from homeserver.storage.transaction import Transaction
from homeserver.sync.presence_news import shares_room
from homeserver.users.presence import Presence
from tests.people import FakeClock

ALICE, BOB, MALLORY = "@alice:test", "@bob:test", "@mallory:test"


class World:
    """Presence on a database of its own. Alice and Bob share a room."""

    def __init__(self, path: Any, *, enabled: bool = True) -> None:
        self.clock = FakeClock()
        self.notifier = Notifier()
        self.heard: list[str] = []
        self.notifier.listen(PresenceChanged, lambda change: self.heard.append(change.user_id))
        self.database = Database(SqliteDialect(path), InlineThreads(), self.notifier, Memory())
        for user_id in (ALICE, BOB):
            self.database.write(_join, user_id)
        self.presence = self.begin(enabled)

    def begin(self, enabled: bool = True) -> Presence:
        settings = PresenceSettings(enabled=enabled)
        presence = Presence(self.database, self.clock, settings, shares_room)
        self.notifier.listen(ProfileChanged, presence.profile_changed)
        result(presence.start())
        return presence

    def syncs(
        self, device: str = "A", set_presence: str = "online"
    ) -> AbstractContextManager[None]:
        return self.presence.syncing(ALICE, device, set_presence)

    def state(self) -> str:
        return str(self.seen()["presence"])

    def seen(self, viewer: str = BOB) -> dict[str, Any]:
        found: dict[str, Any] = result(self.presence.get(viewer, ALICE))
        return found

    def events(self, *user_ids: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = result(
            self.database.read(self.presence.events, list(user_ids))
        )
        return found

    def sets(self, state: str, status_msg: str | None = None, device: str = "A") -> None:
        result(self.presence.set(ALICE, device, state, status_msg))


def _join(txn: Transaction, user_id: str) -> None:
    joined = Membership.by_event("join", txn.next_position(), user_id)
    memberships.save(txn, user_id, "!a:test", names.intern(txn, "!a:test"), joined)


def result(awaitable: Awaitable[Any]) -> Any:
    async def wait() -> Any:
        return await awaitable

    results: list[Any] = []
    errors: list[Any] = []
    Deferred.fromCoroutine(wait()).addCallbacks(results.append, errors.append)
    if errors:
        raise errors[0].value
    return results[0]


@pytest.fixture
def new_world(tmp_path: Any) -> Iterator[Callable[..., World]]:
    worlds: list[World] = []

    def make(**options: Any) -> World:
        worlds.append(World(tmp_path / "presence.db", **options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.database.close()


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    return new_world()


def test_a_sync_makes_online_and_its_end_offline(world: World) -> None:
    assert world.state() == "offline"

    with world.syncs():
        assert world.state() == "online"
        assert world.seen()["currently_active"] is True
        world.clock.advance(60)
        assert world.state() == "online"
    world.clock.advance(20)
    assert world.state() == "online"
    world.clock.advance(20)

    assert world.state() == "offline"
    assert world.heard == [ALICE, ALICE, ALICE]  # online, no longer active, offline


def test_who_does_nothing_for_five_minutes_is_idle(world: World) -> None:
    with world.syncs():
        world.clock.advance(301)
        assert world.state() == "unavailable"
        assert world.seen()["last_active_ago"] == 301_000

        world.presence.active(ALICE, "A")

        assert world.state() == "online"
        assert world.seen()["last_active_ago"] == 0


def test_syncs_of_somebody_who_is_there_are_no_news(world: World) -> None:
    for _ in range(20):
        with world.syncs():
            world.clock.advance(1)

    assert world.heard == [ALICE]


def test_activity_is_told_only_now_and_then(world: World) -> None:
    with world.syncs():
        for _ in range(50):
            world.presence.active(ALICE, "A")
            world.clock.advance(1)

    assert world.heard == [ALICE]


@pytest.mark.parametrize(("set_presence", "state"), [("offline", "offline"), ("unavailable",) * 2])
def test_a_sync_says_how_present_its_user_is(world: World, set_presence: str, state: str) -> None:
    with world.syncs(set_presence=set_presence):
        assert world.state() == state


def test_the_most_present_device_counts(world: World) -> None:
    with world.syncs("A"), world.syncs("B", "unavailable"):
        assert world.state() == "online"
        world.presence.forget_device(ALICE, "A")
        assert world.state() == "unavailable"


def test_a_status_message_stays_when_its_user_goes_and_comes(world: World) -> None:
    world.sets("unavailable", "at lunch")
    assert world.seen() == {"presence": "unavailable", "status_msg": "at lunch"}

    world.clock.advance(60)
    assert world.state() == "offline"
    with world.syncs():
        assert world.seen()["status_msg"] == "at lunch"

    world.sets("online")
    assert "status_msg" not in world.seen()


def test_what_was_said_before_is_no_news(world: World) -> None:
    world.sets("online", "here")
    before = len(world.heard)

    world.sets("online", "here")

    assert len(world.heard) == before


def test_strangers_do_not_see_who_is_online(world: World) -> None:
    with pytest.raises(Forbidden):
        world.seen(MALLORY)
    assert world.seen(ALICE) == {"presence": "offline"}


def test_after_a_restart_those_who_stay_away_go_offline(world: World) -> None:
    with world.syncs():
        pass
    world.presence = world.begin()
    assert world.presence.awake() == [ALICE]
    assert world.state() == "online"

    world.clock.advance(60)

    assert world.state() == "offline"
    assert world.presence.awake() == []


def test_events_tell_name_and_state_and_each_new_name_is_news(world: World) -> None:
    world.database.write(profiles.save, ALICE, {"displayname": "Alice"})
    with world.syncs():
        world.database.write(profiles.save, ALICE, {"displayname": "Queen"})
        (event,) = world.events(ALICE)

    assert (event["type"], event["sender"]) == ("m.presence", ALICE)
    assert event["content"]["presence"] == "online"
    assert event["content"]["displayname"] == "Queen"
    assert world.heard == [ALICE, ALICE]


def test_where_presence_is_off_nobody_is_seen(new_world: Callable[..., World]) -> None:
    world = new_world(enabled=False)

    world.sets("online", "here")
    with world.syncs():
        assert world.seen() == {"presence": "offline"}

    assert world.heard == []


@pytest.mark.parametrize(("state", "status"), [("busy", None), ("online", "x" * 1025)])
def test_a_wrong_state_is_refused(world: World, state: str, status: str | None) -> None:
    with pytest.raises(InvalidParam):
        world.sets(state, status)
