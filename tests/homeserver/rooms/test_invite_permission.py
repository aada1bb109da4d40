"""Users who want no invites, or not from everybody."""

from typing import Any

import pytest

from tests.people import Person, Refused, Server

MSC4380 = ("m.invite_permission_config", "org.matrix.msc4380.invite_permission_config")
RULES = "org.matrix.msc4155.invite_permission_config"

VERDICTS: list[tuple[dict[str, Any], str]] = [
    ({"blocked_users": ["@alice:test"]}, "blocked"),
    ({"blocked_users": ["@al*:test"]}, "blocked"),
    ({"blocked_users": ["@bo?:test"]}, "shown"),
    ({"blocked_servers": ["te?t"]}, "blocked"),
    ({"ignored_servers": ["*"]}, "hidden"),
    ({"ignored_users": ["@alice:*"], "blocked_users": ["*"]}, "hidden"),
    ({"allowed_users": ["@alice:test"], "blocked_users": ["*"]}, "shown"),
    ({"allowed_users": ["@alice:test"], "blocked_servers": ["*"]}, "shown"),
    ({"blocked_users": ["@alice:test"], "allowed_servers": ["*"]}, "blocked"),
    ({"blocked_users": ["*"], "enabled": False}, "shown"),
    ({"blocked_users": "*", "blocked_servers": [5, None]}, "shown"),
]


def sets(person: Person, content: dict[str, Any], type: str = RULES) -> None:
    person.put(f"/v3/user/{person.user_id}/account_data/{type}", content)


def refusal(inviter: Person, room: str, guest: Person) -> str | None:
    """The error code of an invite, or None if it went well."""
    try:
        inviter.invites(room, guest)
    except Refused as refused:
        assert refused.status == 403
        return refused.errcode
    return None


@pytest.mark.parametrize("type", MSC4380)
def test_who_blocks_invites_gets_none_and_is_shown_none(server: Server, type: str) -> None:
    alice, bob = server.people("alice", "bob")
    early, late = alice.creates_room(), alice.creates_room()
    alice.invites(early, bob)
    sets(bob, {"default_action": "block"}, type)

    assert refusal(alice, late, bob) == "M_INVITE_BLOCKED"
    assert bob.syncs().invites() == []
    assert bob.syncs(since="", full_state=True).invites() == []
    sets(bob, {}, type)
    assert refusal(alice, late, bob) is None
    assert late in bob.syncs().invites()


def test_rules_by_user_come_before_those_by_server(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    verdicts = {"blocked": (False, True), "hidden": (False, False), "shown": (True, False)}
    for number, (rules, expected) in enumerate(VERDICTS):
        guest = server.person(f"guest{number}")
        sets(guest, rules)
        code = refusal(alice, room, guest)
        shown = guest.syncs().invites() == [room]
        blocked = code == "ORG.MATRIX.MSC4155.M_INVITE_BLOCKED"
        assert (shown, blocked) == verdicts[expected], rules


def test_a_hidden_invite_can_still_be_accepted(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room()
    sets(bob, {"ignored_users": ["*"]})
    alice.invites(room, bob)

    assert alice.state(room, "m.room.member", bob.user_id)["membership"] == "invite"
    bob.joins(room)
    assert bob.syncs().room(room)
