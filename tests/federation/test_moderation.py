"""Who may do what, and who is put out."""

import pytest

from tests.federation.people import Person, shared_room, somebody
from tests.people import Refused
from tests.verbs import JsonObject


def test_who_is_kicked_is_out(alice: Person, bob: Person, room: str) -> None:
    alice.kicks(room, bob)

    bob.waits(lambda gathered: room in gathered.left)
    with pytest.raises(Refused):
        bob.sends(room, "I am still here")


def test_who_was_kicked_may_come_back(alice: Person, bob: Person, room: str) -> None:
    alice.kicks(room, bob)
    bob.waits(lambda gathered: room in gathered.left)

    bob.joins(room, alice.home.name)

    alice.sees_member(room, bob, "join")


def test_who_is_banned_stays_out_until_pardoned(alice: Person, bob: Person, room: str) -> None:
    alice.bans(room, bob)
    bob.waits(lambda gathered: room in gathered.left)
    with pytest.raises(Refused) as refused:
        bob.joins(room, alice.home.name)
    assert refused.value.status == 403

    alice.unbans(room, bob)
    bob.joins(room, alice.home.name)

    alice.sees_member(room, bob, "join")
    bob.sees(room, alice.sends(room, "Be good"))


def test_a_guest_with_power_may_moderate(alice: Person, bob: Person, room: str) -> None:
    mallory = somebody(alice.home, "mallory")
    mallory.joins(room)
    mallory.syncs()
    bob.sees_member(room, mallory, "join")
    with pytest.raises(Refused):
        bob.kicks(room, mallory)

    bob.sees(room, alice.gives_power(room, bob, 50))
    bob.bans(room, mallory)

    alice.sees_member(room, mallory, "ban")
    mallory.waits(lambda gathered: room in gathered.left)


def test_a_server_may_be_kept_out(alice: Person, bob: Person, room: str, version: str) -> None:
    elsewhere = shared_room(alice, bob, version)
    alice.sets(room, "m.room.server_acl", acl(deny=bob))
    unheard = bob.sends(room, "Do you hear me?")
    bob.types(room)
    # What one server sends to another arrives in order.
    alice.sees(elsewhere, bob.sends(elsewhere, "They do not hear me there"))
    assert unheard not in alice.heard(room)
    assert bob.user_id not in alice.syncs().typing.get(room, [])

    alice.sets(room, "m.room.server_acl", acl())

    alice.sees(room, bob.sends(room, "And now?"))


def test_a_server_that_is_kept_out_cannot_join(alice: Person, bob: Person, version: str) -> None:
    rule = {"type": "m.room.server_acl", "state_key": "", "content": acl(deny=bob)}
    room = alice.creates_room(room_version=version, preset="public_chat", initial_state=[rule])

    with pytest.raises(Refused) as refused:
        bob.joins(room, alice.home.name)

    assert refused.value.status == 403


def test_power_levels_are_the_same_on_both_sides(alice: Person, bob: Person, room: str) -> None:
    bob.sees(room, alice.gives_power(room, bob, 50))

    alice.sees(room, bob.sets(room, "m.room.topic", {"topic": "Bob's"}))

    assert alice.state(room, "m.room.topic") == {"topic": "Bob's"}
    assert alice.state(room, "m.room.power_levels") == bob.state(room, "m.room.power_levels")


def acl(deny: Person | None = None) -> JsonObject:
    """Everybody but one server, which is named without its port."""
    denied = [deny.home.site.address] if deny else []
    return {"allow": ["*"], "deny": denied, "allow_ip_literals": True}
