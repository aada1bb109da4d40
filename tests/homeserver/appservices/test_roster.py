"""Services that come, change and go while the server runs."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from homeserver.users.appservices import BadRegistration, read
from tests.homeserver.appservices.bridge import REGISTRATION, Bridge, World
from tests.outcomes import outcome
from tests.people import Refused


@pytest.fixture
def alone(world: World) -> Iterator[World]:
    """A homeserver without bridges."""
    world.starts()
    yield world


def take(world: World, bridge: Bridge, **changes: Any) -> None:
    roster = world.server.app.appservices.roster
    bridge.registration = {**bridge.registration, **changes}
    outcome(roster.take(read(bridge.registration, "test")))
    roster.begin(bridge.registration["id"])


def test_a_service_that_comes_while_the_server_runs_is_told_and_may_ask(alone: World) -> None:
    alice = alone.server.person("alice")
    bridge = alone.adds()

    take(alone, bridge)

    ghost = alone.ghost(bridge, "_irc_bob")
    room = alice.creates_room(preset="public_chat")
    alice.sends(room, "before the ghost is there")
    ghost.joins(room)
    alice.sends(room, "hello")
    alone.settles()
    assert bridge.texts() == ["hello"]


def test_a_service_that_is_dropped_may_ask_nothing_and_is_told_nothing(alone: World) -> None:
    alice, bridge = alone.server.person("alice"), alone.adds()
    take(alone, bridge)
    ghost = alone.ghost(bridge, "_irc_bob")
    room = alice.creates_room(preset="public_chat")
    ghost.joins(room)
    alone.settles()
    bridge.tried.clear()

    outcome(alone.server.app.appservices.roster.drop("irc"))

    alice.sends(room, "is anybody there")
    alone.settles()
    assert bridge.tried == []
    with pytest.raises(Refused) as refused:
        ghost.sends(room, "still here")
    assert refused.value.errcode == "M_UNKNOWN_TOKEN"
    metrics = alone.server.app.ground.metrics.exposition().decode()
    assert 'isthmus_appservice_backlog_seconds{service="irc"}' not in metrics


def test_a_service_that_changes_speaks_only_for_whom_it_names_now(alone: World) -> None:
    bridge = alone.adds()
    take(alone, bridge)
    ghost = alone.ghost(bridge, "_irc_bob")
    assert ghost.get("/v3/account/whoami")["user_id"] == "@_irc_bob:test"

    take(alone, bridge, namespaces={"users": [{"exclusive": True, "regex": "@_other_.*"}]})

    with pytest.raises(Refused) as refused:
        ghost.get("/v3/account/whoami")
    assert refused.value.errcode == "M_FORBIDDEN"


def test_a_service_with_the_token_of_another_is_refused_and_changes_nothing(alone: World) -> None:
    bridge = alone.adds()
    take(alone, bridge)

    with pytest.raises(BadRegistration, match="the same `as_token`"):
        outcome(
            alone.server.app.appservices.roster.take(
                read({**REGISTRATION, "id": "another"}, "test")
            )
        )

    assert alone.bot(bridge).get("/v3/account/whoami")["user_id"] == "@_irc_bot:test"


def test_who_speaks_for_everybody_and_is_told_nothing_makes_nobody_exist(alone: World) -> None:
    everybody = {"users": [{"exclusive": False, "regex": "@.*:test"}]}
    puppets = alone.adds(id="puppets", url=None, namespaces=everybody)
    take(alone, puppets)
    alice = alone.server.person("alice")
    room = alice.creates_room()

    as_alice = {"user_id": alice.user_id}
    assert alone.bot(puppets).get("/v3/joined_rooms", **as_alice)["joined_rooms"] == [room]
    with pytest.raises(Refused) as refused:
        alice.post(f"/v3/rooms/{quote(room)}/invite", {"user_id": "@nobody:test"})
    assert refused.value.errcode == "M_NOT_FOUND"
