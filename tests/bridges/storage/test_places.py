"""Portals, ghosts, management rooms and logins are found again."""

from attrs import evolve

from bridges.kit.parts import ChatKey
from bridges.storage import kept, places
from bridges.storage.places import Portal, StoredLogin
from tests.bridges.storage.conftest import Write

CHAT = ChatKey("north", "alice")
PORTAL = Portal(CHAT, "!north", "alice")
ALICE, BOB = "@alice:localhost", "@bob:localhost"
LOGIN = StoredLogin("alice", ALICE, "Alice", {"word": "secret"})


def test_a_portal_is_found_from_both_sides_and_opens_once(write: Write) -> None:
    write(places.add_portal, PORTAL)
    write(places.add_portal, evolve(PORTAL, login_id="bob"))
    assert write(places.portal_of_chat, CHAT) == write(places.portal_of_room, "!north") == PORTAL
    assert write(places.portals_of_login, "alice") == [PORTAL]
    assert write(places.portals_of_login, "bob") == []
    assert not write(places.is_open, CHAT)
    write(places.open_portal, CHAT)
    assert write(places.is_open, CHAT)
    write(places.remove_portal, CHAT)
    assert write(places.portal_of_chat, CHAT) is None


def test_a_room_that_was_there_before_is_open(write: Write) -> None:
    plumbed = evolve(PORTAL, is_plumbed=True)
    write(places.add_portal, plumbed)
    assert write(places.portal_of_room, "!north") == plumbed
    assert write(places.is_open, CHAT)


def test_a_management_room_belongs_to_one(write: Write) -> None:
    write(places.save_management_room, "!a", ALICE)
    write(places.save_management_room, "!a", BOB)
    assert write(places.management_room_of, ALICE) == "!a"
    assert write(places.management_room_of, BOB) is None
    assert write(places.is_management_room, "!a")
    write(places.forget_management_room, "!a")
    assert not write(places.is_management_room, "!a")


def test_a_ghost_goes_by_its_last_name(write: Write) -> None:
    assert write(places.ghost_name, "@net_polly:localhost") is None
    for name in ("Polly", "Polly P."):
        write(places.save_ghost, "@net_polly:localhost", "polly", name)
    assert write(places.ghost_name, "@net_polly:localhost") == "Polly P."


def test_an_account_is_one_persons_login(write: Write) -> None:
    assert write(places.save_login, LOGIN)
    assert not write(places.save_login, evolve(LOGIN, user_id=BOB))
    assert write(places.logins) == [LOGIN]


def test_a_login_that_is_over_comes_back_with_new_secrets(write: Write) -> None:
    write(places.save_login, LOGIN)
    write(places.end_login, "alice")
    assert write(places.logins) == [evolve(LOGIN, is_over=True)]
    renewed = evolve(LOGIN, name="Alice A.", secrets={"word": "new"})
    assert write(places.save_login, renewed)
    assert write(places.logins) == [renewed]


def test_nothing_is_left_of_a_login_that_is_removed(write: Write) -> None:
    write(places.save_login, LOGIN)
    write(kept.keep, "alice", "place", "17")
    write(places.remove_login, "alice")
    assert write(places.logins) == []
    assert write(kept.kept, "alice", "place") is None
