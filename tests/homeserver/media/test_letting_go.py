"""Files that go by themselves."""

from collections.abc import Callable

import pytest
from attrs import evolve

from homeserver.config.media import MediaRetention
from homeserver.config.settings import Settings
from tests.homeserver.media.clients import downloads, kept, uploads
from tests.outcomes import outcome
from tests.people import Person, Refused, Server

DAY = 86_400


def ends(person: Person, *, erase: bool) -> None:
    auth = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": person.name},
        "password": "correct horse battery",
    }
    person.post("/v3/account/deactivate", {"auth": auth, "erase": erase})


def test_who_is_forgotten_leaves_no_files(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    shared = [uploads(person, b"the same") for person in (alice, bob)]
    for number in range(3):
        uploads(alice, b"only Alice's %d" % number)

    ends(alice, erase=True)

    assert len(kept(server)) == 1
    assert downloads(bob, shared[0])[0] == 404
    assert downloads(bob, shared[1])[2] == b"the same"


def test_who_only_leaves_leaves_files_behind(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    where = uploads(alice, b"picture")

    ends(alice, erase=False)

    assert downloads(bob, where)[2] == b"picture"


def test_what_a_crash_left_of_the_forgotten_goes_later(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = server.person("alice")
    uploads(alice, b"picture")
    letting_go = server.app.media.letting_go

    async def crashes(_: object) -> int:
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(type(letting_go), "of_erased", crashes)
        ends(alice, erase=True)
    assert kept(server)

    assert outcome(letting_go.of_erased()) == len(b"picture")
    assert not kept(server)


def test_what_nobody_asks_for_goes(settings: Settings, start_server: Callable[..., Server]) -> None:
    retention = MediaRetention(local_unused_for=30 * DAY * 1000)
    server = start_server(media=evolve(settings.media, retention=retention))
    alice = server.person("alice")
    asked, forgotten = uploads(alice, b"asked for"), uploads(alice, b"forgotten")
    server.clock.advance(20 * DAY)
    alice = alice.logs_in()
    assert downloads(alice, asked)[0] == 200
    server.clock.advance(20 * DAY)
    alice = alice.logs_in()

    assert outcome(server.app.media.letting_go.unused()) == len(b"forgotten")

    assert downloads(alice, asked)[0] == 200
    assert downloads(alice, forgotten)[0] == 404


def test_nothing_goes_unless_it_is_set(server: Server) -> None:
    alice = server.person("alice")
    uploads(alice, b"picture")
    server.clock.advance(4000 * DAY)

    assert outcome(server.app.media.letting_go.unused()) == 0
    assert kept(server)


def test_all_people_together_have_a_quota(
    settings: Settings, start_server: Callable[..., Server]
) -> None:
    server = start_server(media=evolve(settings.media, max_bytes_of_all_users=100))
    alice, bob = server.people("alice", "bob")
    uploads(alice, b"x" * 60)
    uploads(bob, b"y" * 40)

    with pytest.raises(Refused) as refused:
        uploads(alice, b"z")

    assert (refused.value.status, refused.value.errcode) == (403, "M_RESOURCE_LIMIT_EXCEEDED")
    assert len(kept(server)) == 2
