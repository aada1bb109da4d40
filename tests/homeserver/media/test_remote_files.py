"""Files of other servers, for local people; and ours, for other servers."""

from typing import Any

import pytest
from attrs import define, evolve, field

from homeserver.app import Application
from homeserver.errors import MatrixError
from homeserver.http.client import Answer, Outgoing
from homeserver.media.remote_files import Doors, RemoteFiles
from homeserver.media.remote_room import RemoteRoom
from homeserver.peers.errors import AnswersTooMuch, PeerUnreachable, RemoteError
from homeserver.storage import media
from tests.homeserver.media.clients import asks, downloads, files, thumbnail, uploads
from tests.homeserver.media.pictures import opened, picture
from tests.linked_servers import LinkedServer, Network
from tests.outcomes import outcome
from tests.people import JsonObject, Person

V1 = "/_matrix/federation/v1/media"
TWO_PARTS = {"content-type": "multipart/mixed; boundary=b"}


@pytest.fixture
def people(pair: list[LinkedServer]) -> tuple[Person, Person]:
    return pair[0].person("alice"), pair[1].person("bob")


def fetches(network: Network) -> list[str]:
    return [line for line in network.asked if "/media/" in line]


# -- between two servers


def test_a_file_comes_once_with_its_type_and_name(
    people: tuple[Person, Person], network: Network
) -> None:
    alice, bob = people
    data = bytes(range(256)) * 100
    where = uploads(alice, data, "text/plain", "ta ble.txt")

    for _ in range(2):
        status, headers, body = downloads(bob, where)
        assert (status, body) == (200, data)
        assert headers["content-type"] == "text/plain"
        assert headers["content-disposition"] == 'inline; filename="ta ble.txt"'
    assert fetches(network) == [f"GET {V1}/download/{where.partition('/')[2]}"]


def test_a_large_file_comes_in_pieces(people: tuple[Person, Person]) -> None:
    alice, bob = people
    data = b"0123456789abcdef" * 20_000

    _, _, body = downloads(bob, uploads(alice, data))

    assert body == data


def test_many_who_ask_at_once_cause_one_fetch(
    people: tuple[Person, Person], network: Network
) -> None:
    alice, bob = people
    where = uploads(alice, b"once")

    with network.stalled("/media/download/"):
        waiting = [asks(bob, "GET", f"/v1/media/download/{where}") for _ in range(5)]
    assert [exchange.raw()[2] for exchange in waiting] == [b"once"] * 5
    assert len(fetches(network)) == 1


def test_thumbnails_of_others_files_are_made_here(
    people: tuple[Person, Person], network: Network
) -> None:
    alice, bob = people
    where = uploads(alice, picture())

    status, _, body = thumbnail(bob, where, 32, 32, method="crop")

    assert status == 200
    assert opened(body).size == (32, 32)
    assert all("thumbnail" not in line for line in fetches(network))


def test_servers_may_ask_for_thumbnails_too(
    pair: list[LinkedServer], people: tuple[Person, Person]
) -> None:
    _, b = pair
    alice, _ = people
    media_id = uploads(alice, picture()).partition("/")[2]

    answer = outcome(
        b.app.peers.peers.fetch(
            "a", f"{V1}/thumbnail/{media_id}", query={"width": "32", "height": "32"}
        )
    )

    assert answer.headers["content-type"].startswith("multipart/mixed; boundary=")
    assert b"filename=thumbnail." in answer.body
    for query in ({}, {"width": "0", "height": "1"}, {"width": "1", "height": "1", "method": "x"}):
        with pytest.raises(RemoteError) as refused:
            outcome(b.app.peers.peers.fetch("a", f"{V1}/thumbnail/{media_id}", query=query))
        assert refused.value.status == 400


def test_what_is_not_there_yet_is_waited_for_and_its_server_not_blamed(
    pair: list[LinkedServer], people: tuple[Person, Person]
) -> None:
    alice, bob = people
    where = alice.post("/_matrix/media/v1/create")["content_uri"].removeprefix("mxc://")

    status, _, body = asks(bob, "GET", f"/v1/media/download/{where}?timeout_ms=0").raw()
    assert status == 504 and b"M_NOT_YET_UPLOADED" in body
    assert pair[1].app.peers.backoff.silence_of("a") is None

    later = asks(bob, "GET", f"/v1/media/download/{where}?timeout_ms=20000")
    asks(alice, "PUT", f"/_matrix/media/v3/upload/{where}", b"here").json()
    assert later.raw()[2] == b"here"


def test_what_is_not_there_or_not_within_reach_is_said_so(
    people: tuple[Person, Person], network: Network
) -> None:
    alice, bob = people
    where = uploads(alice, b"x")

    status, _, body = downloads(bob, "a/nothing")
    assert status == 404 and b"M_NOT_FOUND" in body
    with network.cut("a", "b"):
        assert downloads(bob, where)[0] == 502
    assert downloads(bob, "nowhere/abc")[0] == 502


def test_nothing_is_fetched_for_who_may_not_see_it(
    people: tuple[Person, Person], network: Network
) -> None:
    alice, bob = people
    where = uploads(alice, b"x")
    path = f"/_matrix/media/v3/download/{where}"

    assert asks(bob, "GET", path).raw()[0] == 404
    assert asks(bob, "GET", f"{path}?allow_remote=false").raw()[0] == 404
    assert fetches(network) == []


def test_a_server_is_told_only_of_what_our_users_sent(
    pair: list[LinkedServer], people: tuple[Person, Person]
) -> None:
    a, _ = pair
    alice, bob = people
    where = uploads(alice, b"x")
    downloads(bob, where)
    media_id = where.partition("/")[2]

    with pytest.raises(RemoteError) as refused:
        outcome(a.app.peers.peers.fetch("b", f"{V1}/download/{media_id}"))

    assert (refused.value.status, refused.value.errcode) == (404, "M_NOT_FOUND")


# -- what others might answer


@define(eq=False)
class Elsewhere:
    """In the place of peers and of the door: answers by path, or by URL."""

    answers: dict[str, Any]
    asked: list[tuple[str, bool]] = field(factory=list)

    async def fetch(self, server: str, path: str, **more: Any) -> Answer:
        self.asked.append((path, more.get("signed", True)))
        return self._answer(path, more["sink"])

    async def request(self, outgoing: Outgoing, limits: Any) -> Answer:
        self.asked.append((outgoing.url, False))
        return self._answer(outgoing.url, outgoing.sink)

    def _answer(self, key: str, sink: Any) -> Answer:
        found = next(answer for part, answer in self.answers.items() if part in key)
        if isinstance(found, Exception):
            raise found
        headers, body = found
        sink(headers).write(body)
        return Answer(200, headers, b"", key)


@pytest.fixture
def b(pair: list[LinkedServer]) -> LinkedServer:
    return pair[1]


def fetching(b: LinkedServer, answers: dict[str, Any]) -> tuple[RemoteFiles, Elsewhere]:
    downloads = b.app.media.downloads
    real = downloads._remote
    assert isinstance(real, RemoteFiles)
    elsewhere = Elsewhere(answers)
    doors = Doors(elsewhere, elsewhere)  # type: ignore[arg-type]
    return evolve(real, doors=doors), elsewhere


def brings(b: LinkedServer, answers: dict[str, Any]) -> tuple[media.Media, Elsewhere]:
    remote, elsewhere = fetching(b, answers)
    outcome(remote.fetch("old", "abc", 0))
    found = outcome(b.database.read(media.find, "old", "abc"))
    assert found is not None
    return found, elsewhere


def parts(head: bytes, body: bytes = b"") -> tuple[JsonObject, bytes]:
    return TWO_PARTS, b"--b\r\n\r\n{}\r\n--b\r\n" + head + b"\r\n\r\n" + body + b"\r\n--b--"


def test_a_file_that_lies_elsewhere_is_fetched_there(b: LinkedServer) -> None:
    found, elsewhere = brings(
        b,
        {
            "/v1/media/": parts(b"Location: https://cdn.example/file"),
            "https://cdn": ({"content-type": "image/png"}, b"abc"),
        },
    )

    assert (found.size, found.content_type) == (3, "image/png")
    assert elsewhere.asked[-1] == ("https://cdn.example/file", False)


def test_an_old_server_is_asked_in_the_old_way(b: LinkedServer) -> None:
    for error in (RemoteError("old", 404, "M_UNRECOGNIZED"), RemoteError("old", 404)):
        found, elsewhere = brings(
            b,
            {
                "/v1/media/": error,
                "/v3/": ({"content-type": "a/b", "content-disposition": "x; filename=f"}, b"abc"),
            },
        )
        assert (found.size, found.content_type, found.file_name) == (3, "a/b", "f")
        assert elsewhere.asked[-1] == ("/_matrix/media/v3/download/old/abc", False)
        outcome(b.app.media.keeping.delete(found))


@pytest.mark.parametrize(
    ("answer", "status", "errcode"),
    [
        (RemoteError("old", 404, "M_NOT_FOUND"), 404, "M_NOT_FOUND"),
        (RemoteError("old", 403, "M_FORBIDDEN"), 404, "M_NOT_FOUND"),
        (RemoteError("old", 502, "M_TOO_LARGE"), 502, "M_TOO_LARGE"),
        (RemoteError("old", 504, "M_NOT_YET_UPLOADED"), 504, "M_NOT_YET_UPLOADED"),
        (RemoteError("old", 500, "M_UNKNOWN"), 502, "M_UNKNOWN"),
        (PeerUnreachable("old"), 502, "M_UNKNOWN"),
        (AnswersTooMuch("old"), 502, "M_TOO_LARGE"),
        (parts(b"Content-Type: a/b", b"x" * 2000), 502, "M_TOO_LARGE"),
        (({"content-type": "text/html"}, b"x"), 502, "M_UNKNOWN"),
        ((TWO_PARTS, b"--b\r\n\r\n{}\r\n--b\r\n\r\nhalf a file"), 502, "M_UNKNOWN"),
        (parts(b"Location: http://cdn.example/"), 502, "M_UNKNOWN"),
        (parts(b"Location: file:///etc/passwd"), 502, "M_UNKNOWN"),
    ],
)
def test_what_goes_wrong_is_told_and_leaves_nothing_behind(
    b: LinkedServer, answer: Any, status: int, errcode: str
) -> None:
    remote, _ = fetching(b, {"/v1/media/": answer})
    settings = evolve(remote._rules.settings, max_remote_bytes=1000)
    remote = evolve(remote, rules=evolve(remote._rules, settings=settings))

    with pytest.raises(MatrixError) as refused:
        outcome(remote.fetch("old", "abc", 0))

    assert (refused.value.status, refused.value.errcode) == (status, errcode)
    assert files(b, "incoming") == files(b) == []


def test_what_is_quarantined_does_not_come_back(b: LinkedServer) -> None:
    answers = {"/v1/media/": parts(b"Content-Type: a/b", b"bad")}
    brings(b, answers)
    moderation = b.app.media.moderation
    outcome(moderation.quarantine("old", "abc", by="@admin:test"))
    outcome(moderation.delete("old", "abc"))

    remote, _ = fetching(b, answers)
    with pytest.raises(MatrixError) as refused:
        outcome(remote.fetch("old", "abc", 0))

    assert refused.value.status == 404


# -- making room


def test_files_that_nobody_asks_for_go_first(
    b: LinkedServer, people: tuple[Person, Person]
) -> None:
    alice, bob = people
    first, second, third = (uploads(alice, bytes([n]) * 1000) for n in range(3))
    own = uploads(bob, b"mine" * 1000)
    for where in (first, second, third):
        downloads(bob, where)
        b.clock.advance(60)
    b.clock.advance(2 * 86_400)
    downloads(bob, first)
    room = RemoteRoom(b.database, b.app.media.keeping, "b", max_bytes=2000)

    assert outcome(room.shrink()) == 1000
    assert outcome(room.shrink()) == 0

    kept = {where for where in (first, second, third, own) if _is_here(b.app, where)}
    assert kept == {first, third, own}
    assert downloads(bob, second)[0] == 200


def test_a_full_disk_is_relieved_of_them_first(
    b: LinkedServer, people: tuple[Person, Person]
) -> None:
    alice, bob = people
    first, second = (uploads(alice, bytes([n]) * 1000) for n in range(2))
    own = uploads(bob, b"mine" * 1000)
    for where in (first, second):
        downloads(bob, where)
        b.clock.advance(60)
    keeping = b.app.media.keeping
    room = RemoteRoom(b.database, keeping, "b", max_bytes=2**40, lacking=lambda: 500)

    assert outcome(room.shrink()) == 1000
    assert [where for where in (first, second, own) if _is_here(b.app, where)] == [second, own]
    full = RemoteRoom(b.database, keeping, "b", max_bytes=2**40, lacking=lambda: 10**6)
    assert outcome(full.shrink()) == 1000
    assert _is_here(b.app, own)


def _is_here(app: Application, where: str) -> bool:
    origin, media_id = where.split("/")
    return outcome(app.database.read(media.find, origin, media_id)) is not None


def test_room_is_made_while_much_comes(b: LinkedServer, people: tuple[Person, Person]) -> None:
    alice, bob = people
    remote = b.app.media.downloads._remote
    assert isinstance(remote, RemoteFiles)
    remote._room.max_bytes = 2500

    wheres = [uploads(alice, bytes([n]) * 1000) for n in range(5)]
    for where in wheres:
        downloads(bob, where)
        b.clock.advance(60)

    assert [where for where in wheres if _is_here(b.app, where)] == wheres[-2:]
