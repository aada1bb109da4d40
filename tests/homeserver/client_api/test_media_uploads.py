import os
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from homeserver.config.limits import Limit, RateLimits
from homeserver.config.media import Media
from homeserver.config.settings import Settings
from tests.homeserver.media.clients import (
    asks,
    downloads,
    files,
    kept,
    uploads,
    uploads_slowly,
)
from tests.outcomes import outcome
from tests.people import Person, Refused, Server

CREATE = "/_matrix/media/v1/create"


def creates(person: Person) -> str:
    return str(person.post(CREATE)["content_uri"]).removeprefix("mxc://")


def puts(person: Person, where: str, data: bytes = b"data") -> None:
    asks(person, "PUT", f"/_matrix/media/v3/upload/{where}", data, Content_Type="text/plain").json()


def refused(call: Callable[[], object]) -> tuple[int, str | None]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.status, caught.value.errcode


def test_what_was_uploaded_comes_back_with_its_type_and_name(server: Server) -> None:
    alice, bob = server.people("alice", "bob")

    where = uploads(alice, b"hello", "text/plain; charset=utf-8", "greeting.txt")

    status, headers, body = downloads(bob, where)
    assert (status, body) == (200, b"hello")
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["content-disposition"] == "inline; filename=greeting.txt"


@pytest.mark.parametrize("type", ["audio/ogg", "model/gltf-binary", "image/webp", "video/mp4"])
def test_any_type_passes(server: Server, type: str) -> None:
    alice = server.person("alice")

    assert downloads(alice, uploads(alice, b"x", type))[1]["content-type"] == type


def test_an_empty_file_is_a_file(server: Server) -> None:
    alice = server.person("alice")

    status, headers, body = downloads(alice, uploads(alice, b""))

    assert (status, headers["content-length"], body) == (200, "0", b"")


def test_a_large_upload_passes_through_a_file(server: Server) -> None:
    alice = server.person("alice")
    piece = os.urandom(50_000)

    answer = uploads_slowly(alice, (piece for _ in range(100)), 100 * len(piece))

    _, _, body = downloads(alice, answer["content_uri"].removeprefix("mxc://"))
    assert body == 100 * piece
    assert files(server, "incoming") == []


def test_nobody_uploads_without_an_account(server: Server) -> None:
    nobody = server.anonymous

    assert refused(lambda: uploads(nobody, b"x"))[1] == "M_MISSING_TOKEN"
    assert refused(lambda: uploads_slowly(nobody, iter([b""]), 1_000_000))[0] == 401
    assert refused(lambda: nobody.post(CREATE))[1] == "M_MISSING_TOKEN"
    assert files(server, "incoming") == []


def test_suspended_people_do_not_upload(server: Server) -> None:
    alice = server.person("alice")
    outcome(server.app.accounts.accounts.suspend(alice.user_id, True))

    assert refused(lambda: uploads(alice, b"x")) == (403, "M_USER_SUSPENDED")
    assert refused(lambda: alice.post(CREATE)) == (403, "M_USER_SUSPENDED")


def test_what_is_too_large_is_refused_before_it_comes(
    start_server: Callable[..., Server], settings: Settings
) -> None:
    server = start_server(media=small(settings, max_upload_bytes=1000))
    alice = server.person("alice")

    uploads(alice, bytes(1000))
    assert refused(lambda: uploads(alice, bytes(1001))) == (413, "M_TOO_LARGE")
    assert refused(lambda: uploads_slowly(alice, iter([]), 10_000_000))[1] == "M_TOO_LARGE"
    assert alice.get("/v1/media/config") == {"m.upload.size": 1000}
    assert alice.get("/_matrix/media/v3/config") == {"m.upload.size": 1000}


def test_nobody_uploads_more_than_the_quota(
    start_server: Callable[..., Server], settings: Settings
) -> None:
    server = start_server(media=small(settings, max_bytes_per_user=100))
    alice, bob = server.people("alice", "bob")
    uploads(alice, bytes(60))

    assert refused(lambda: uploads(alice, b"1" * 60)) == (403, "M_FORBIDDEN")
    assert len(kept(server)) == 1
    uploads(bob, bytes(60))
    uploads(alice, bytes(40))


def test_uploads_stop_before_the_disk_is_full(
    start_server: Callable[..., Server], settings: Settings
) -> None:
    server = start_server(media=small(settings, keep_free=2**60))
    alice = server.person("alice")

    assert refused(lambda: uploads(alice, b"x")) == (403, "M_RESOURCE_LIMIT_EXCEEDED")
    assert refused(lambda: uploads_slowly(alice, iter([]), 10**6))[0] == 403
    assert files(server, "incoming") == []


def test_uploads_have_a_rate_limit(start_server: Callable[..., Server]) -> None:
    server = start_server(rate_limits=RateLimits(upload=Limit(1.0, 2)))
    alice = server.person("alice")
    uploads(alice, b"1")
    alice.post(CREATE)

    assert refused(lambda: uploads(alice, b"2")) == (429, "M_LIMIT_EXCEEDED")


def small(settings: Settings, **changes: Any) -> Media:
    return evolve(settings.media, **changes)


# -- the same content


def test_the_same_content_is_stored_once_and_goes_with_its_last_use(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    first, second = uploads(alice, b"same"), uploads(bob, b"same")
    assert first != second
    assert len(kept(server)) == 1

    deletes = server.app.media.moderation.delete
    assert outcome(deletes(*first.split("/"))) == 0
    assert downloads(alice, first)[0] == 404
    assert downloads(alice, second)[2] == b"same"
    assert outcome(deletes(*second.split("/"))) == 4
    assert kept(server) == []


def test_what_was_uploaded_survives_a_restart(start_server: Callable[..., Server]) -> None:
    server = start_server()
    alice = server.person("alice")
    where = uploads(alice, b"kept")
    pending = creates(alice)

    again = Person(start_server(), "alice", alice.token)
    assert downloads(again, where)[2] == b"kept"
    puts(again, pending)
    assert downloads(again, pending)[2] == b"data"


# -- announced uploads


def test_an_upload_can_be_announced_and_come_later(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    answer = alice.post(CREATE)
    where = answer["content_uri"].removeprefix("mxc://")
    assert answer["unused_expires_at"] == server.clock.now_ms() + 86_400_000

    waiting = asks(bob, "GET", f"/v1/media/download/{where}?timeout_ms=5000")
    assert not waiting.is_answered
    puts(alice, where)

    assert waiting.raw()[2] == b"data"
    assert refused(lambda: puts(alice, where)) == (409, "M_CANNOT_OVERWRITE_MEDIA")


def test_who_waits_too_long_is_told_that_nothing_has_come(server: Server) -> None:
    alice = server.person("alice")
    where = creates(alice)
    path = f"/v1/media/download/{where}"

    assert refused(lambda: alice.get(path, timeout_ms=0)) == (504, "M_NOT_YET_UPLOADED")
    waiting = [alice.ask("GET", path, timeout_ms=wait) for wait in (3000, 10**9)]
    server.clock.advance(3)
    assert [it.is_answered for it in waiting] == [True, False]
    assert refused(waiting[0].json) == (504, "M_NOT_YET_UPLOADED")
    server.clock.advance(57)
    assert refused(waiting[1].json) == (504, "M_NOT_YET_UPLOADED")


def test_who_hangs_up_waits_no_more(server: Server) -> None:
    alice = server.person("alice")
    where = creates(alice)
    waiting = alice.ask("GET", f"/v1/media/download/{where}")

    waiting.hang_up()

    assert server.app.media.arrivals.waiting == {}
    puts(alice, where)


def test_an_address_works_for_who_made_it_and_not_for_ever(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    where = creates(alice)

    assert refused(lambda: puts(mallory, where)) == (403, "M_FORBIDDEN")
    assert refused(lambda: puts(alice, "test/never-made")) == (404, "M_NOT_FOUND")
    assert refused(lambda: puts(alice, where.replace("test", "elsewhere"))) == (404, "M_NOT_FOUND")
    server.clock.advance(86_401)
    assert refused(lambda: puts(alice, where)) == (404, "M_NOT_FOUND")
    assert refused(lambda: alice.get(f"/v1/media/download/{where}")) == (404, "M_NOT_FOUND")
    assert kept(server) == []


def test_only_so_many_uploads_can_be_announced(
    start_server: Callable[..., Server], settings: Settings
) -> None:
    server = start_server(media=small(settings, max_pending=2))
    alice, bob = server.people("alice", "bob")
    first = creates(alice)
    creates(alice)

    assert refused(lambda: creates(alice)) == (429, "M_LIMIT_EXCEEDED")
    creates(bob)
    puts(alice, first)
    creates(alice)
    server.clock.advance(86_401)
    creates(alice)


def test_older_names_of_the_endpoints_work(server: Server) -> None:
    alice = server.person("alice")

    for version in ("r0", "v1"):
        answer = asks(alice, "POST", f"/_matrix/media/{version}/upload", b"x").json()
        assert answer["content_uri"].startswith("mxc://test/")
    answer = alice.post("/_matrix/media/unstable/fi.mau.msc2246/create")
    where = answer["content_uri"].removeprefix("mxc://")
    asks(alice, "PUT", f"/_matrix/media/unstable/fi.mau.msc2246/upload/{where}", b"x").json()


# -- what people call their files


def test_neither_name_nor_type_can_smuggle_a_header(server: Server) -> None:
    alice = server.person("alice")
    where = uploads(alice, b"x", "text/html\tx", "a\r\nSet-Cookie: x=1")

    _, headers, _ = downloads(alice, where)
    assert headers["content-disposition"] == 'attachment; filename="aset-cookie: x=1"'
    assert headers["content-type"] == "application/octet-stream"

    _, headers, _ = downloads(alice, f"{where}/b%0d%0aSet-Cookie:%20y=1")
    assert headers["content-disposition"] == 'attachment; filename="bset-cookie: y=1"'
    assert "set-cookie" not in headers
