"""Who may see an event, by the room's history visibility."""

import pytest

from homeserver.events.event import Event
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.events.visibility import (
    HistoryVisibility,
    Moment,
    ServerView,
    Shown,
    UserView,
    may_see,
    show,
)
from homeserver.json_values import JsonObject
from tests.homeserver.events.room_of_branches import MEMBER, RoomOfBranches, user

WORLD_READABLE = HistoryVisibility.WORLD_READABLE
SHARED = HistoryVisibility.SHARED
INVITED = HistoryVisibility.INVITED
JOINED = HistoryVisibility.JOINED

HERE = 100
"""The position of the event that is looked at."""


class Talk(RoomOfBranches):
    def says(self, type: str, content: JsonObject, state_key: str | None = None) -> Event:
        """An event of alice's, which nobody has to allow."""
        return self.builds(user("alice"), type, content, state_key, [], {}, 0)


@pytest.fixture
def talk() -> Talk:
    return Talk(ROOM_VERSIONS["10"])


@pytest.fixture
def message(talk: Talk) -> Event:
    return talk.says("m.room.message", {"body": "hello"})


def bob(*joins: int) -> UserView:
    return UserView(user("bob"), joins)


@pytest.mark.parametrize(
    ("membership", "joins", "seen_under"),
    [
        ("leave", (), {WORLD_READABLE}),
        ("knock", (), {WORLD_READABLE}),
        ("ban", (), {WORLD_READABLE}),
        ("invite", (), {WORLD_READABLE, INVITED}),
        ("join", (HERE - 1,), {WORLD_READABLE, SHARED, INVITED, JOINED}),
        ("leave", (HERE - 1,), {WORLD_READABLE}),
        ("leave", (HERE + 1,), {WORLD_READABLE, SHARED}),
        ("invite", (HERE + 1,), {WORLD_READABLE, SHARED, INVITED}),
        ("ban", (HERE - 1, HERE + 1), {WORLD_READABLE, SHARED}),
    ],
)
def test_membership_at_the_event_and_joins_after_it_decide(
    message: Event, membership: str, joins: tuple[int, ...], seen_under: set[HistoryVisibility]
) -> None:
    for visibility in HistoryVisibility:
        seen = may_see(bob(*joins), message, HERE, Moment(visibility, [membership]))
        assert seen == (visibility in seen_under), visibility


@pytest.mark.parametrize("value", [None, "secret", 5, ["joined"], {}])
def test_a_visibility_that_says_nothing_known_is_shared(talk: Talk, value: object) -> None:
    content = {"history_visibility": value}

    assert HistoryVisibility.of(talk.says("m.room.history_visibility", content, "")) is SHARED
    assert HistoryVisibility.of(None) is SHARED


@pytest.mark.parametrize(
    ("old", "new"), [(WORLD_READABLE, JOINED), (JOINED, WORLD_READABLE), (INVITED, WORLD_READABLE)]
)
def test_who_sees_either_side_of_a_change_of_visibility_sees_the_change(
    talk: Talk, old: HistoryVisibility, new: HistoryVisibility
) -> None:
    change = talk.says("m.room.history_visibility", {"history_visibility": new.value}, "")

    assert may_see(bob(), change, HERE, Moment(old, ["leave"]))


def test_a_change_of_visibility_under_another_state_key_means_nothing(talk: Talk) -> None:
    content: JsonObject = {"history_visibility": "world_readable"}
    change = talk.says("m.room.history_visibility", content, "elsewhere")

    assert not may_see(bob(), change, HERE, Moment(JOINED, ["leave"]))


@pytest.mark.parametrize(
    ("old", "new", "visibility", "seen"),
    [
        ("leave", "join", JOINED, True),
        ("join", "leave", JOINED, True),
        ("join", "ban", JOINED, True),
        ("leave", "invite", INVITED, True),
        ("invite", "leave", INVITED, True),
        ("leave", "invite", JOINED, False),
        ("leave", "ban", INVITED, False),
    ],
)
def test_users_see_their_own_membership_change_if_either_side_allows_it(
    talk: Talk, old: str, new: str, visibility: HistoryVisibility, seen: bool
) -> None:
    change = talk.says(MEMBER, {"membership": new}, user("bob"))

    assert may_see(bob(), change, HERE, Moment(visibility, [old])) == seen


def test_the_join_of_somebody_else_opens_nothing(talk: Talk) -> None:
    change = talk.says(MEMBER, {"membership": "join"}, user("carol"))

    assert not may_see(bob(), change, HERE, Moment(JOINED, ["leave"]))


def test_a_server_sees_what_any_of_its_users_may(talk: Talk, message: Event) -> None:
    server = ServerView("example.org", (HERE + 1,))
    joining = talk.says(MEMBER, {"membership": "join"}, user("carol"))
    from_afar = talk.says(MEMBER, {"membership": "join"}, "@dave:far.example")

    assert may_see(server, message, HERE, Moment(SHARED, []))
    assert may_see(server, message, HERE, Moment(JOINED, ["leave", "join"]))
    assert may_see(server, message, HERE, Moment(INVITED, ["ban", "invite"]))
    assert may_see(server, joining, HERE, Moment(JOINED, []))
    assert not may_see(server, message, HERE, Moment(JOINED, ["leave", "invite"]))
    assert not may_see(server, from_afar, HERE, Moment(JOINED, []))


ERASED = HERE + 50


@pytest.mark.parametrize(
    ("visibility", "membership", "joins", "shown"),
    [
        (SHARED, "join", (HERE - 1,), Shown.WHOLE),
        (SHARED, "leave", (ERASED - 1,), Shown.WHOLE),
        (SHARED, "leave", (ERASED + 1,), Shown.REDACTED),
        (SHARED, "leave", (HERE - 1, ERASED + 1), Shown.REDACTED),
        (SHARED, "leave", (), Shown.HIDDEN),
        (INVITED, "invite", (), Shown.WHOLE),
        (WORLD_READABLE, "leave", (), Shown.REDACTED),
        (WORLD_READABLE, "leave", (HERE - 1,), Shown.WHOLE),
        (WORLD_READABLE, "leave", (ERASED + 1,), Shown.REDACTED),
        (JOINED, "leave", (ERASED + 1,), Shown.HIDDEN),
    ],
)
def test_who_comes_after_an_erasure_gets_redacted_copies(
    message: Event,
    visibility: HistoryVisibility,
    membership: str,
    joins: tuple[int, ...],
    shown: Shown,
) -> None:
    before = Moment(visibility, [membership])

    assert show(bob(*joins), message, HERE, before, erased_at=ERASED) == shown


def test_events_of_those_who_were_not_erased_are_shown_whole(message: Event) -> None:
    before = Moment(WORLD_READABLE, ["leave"])

    assert show(bob(), message, HERE, before) is Shown.WHOLE
