import os
from collections.abc import Callable
from urllib.parse import quote

import pytest
from attrs import evolve

from homeserver.config.settings import Settings
from tests.homeserver.media.clients import asks, downloads, files, thumbnail, uploads
from tests.homeserver.media.pictures import moving, opened, picture
from tests.outcomes import outcome
from tests.people import Refused, Server

LARGE = os.urandom(300_000)

NO_FILES = (
    "test/nothing",
    "elsewhere.example/abc",
    "test/..%2f..%2fhomeserver.db",
    "test/%2e%2e",
    "..%2f..%2f/etc",
    "test/a%00b",
    "test/a.b",
    "te%20st/abc",
    "test/" + "a" * 300,
    quote("tëst/ä", safe="/"),
)


def test_a_file_is_served_so_that_browsers_can_do_nothing_wrong(server: Server) -> None:
    alice = server.person("alice")

    _, headers, _ = downloads(alice, uploads(alice, b"<script>", "text/html"))

    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["content-disposition"] == "attachment"
    assert headers["cache-control"].startswith("private")


def test_the_path_may_give_another_name(server: Server) -> None:
    alice = server.person("alice")
    where = uploads(alice, b"x", "text/plain", "old.txt")

    _, headers, _ = downloads(alice, f"{where}/new%20name.txt")

    assert headers["content-disposition"] == 'inline; filename="new name.txt"'


@pytest.mark.parametrize("data", [LARGE, LARGE[:1000]], ids=["large", "small"])
def test_parts_of_a_file_can_be_had(server: Server, data: bytes) -> None:
    alice = server.person("alice")
    where = uploads(alice, data, "video/mp4")

    status, headers, body = downloads(alice, where, Range="bytes=100-899")
    assert (status, body) == (206, data[100:900])
    assert headers["content-range"] == f"bytes 100-899/{len(data)}"
    status, _, body = downloads(alice, where, Range="bytes=10-")
    assert (status, body) == (206, data[10:])
    status, headers, _ = downloads(alice, where, Range="bytes=999999-")
    assert (status, headers["content-range"]) == (416, f"bytes */{len(data)}")


def test_who_has_a_file_need_not_load_it_again(server: Server) -> None:
    alice = server.person("alice")
    where = uploads(alice, LARGE)
    _, headers, _ = downloads(alice, where)

    status, headers, body = downloads(alice, where, If_None_Match=headers["etag"])

    assert (status, body) == (304, b"")
    assert "content-length" not in headers


@pytest.mark.parametrize("data", [LARGE, b"small"], ids=["large", "small"])
def test_head_tells_what_get_would(server: Server, data: bytes) -> None:
    alice = server.person("alice")
    where = uploads(alice, data, "video/mp4")

    status, headers, body = asks(alice, "HEAD", f"/v1/media/download/{where}").raw()

    assert (status, headers["content-length"], body) == (200, str(len(data)), b"")


def test_new_files_are_only_for_who_is_logged_in(server: Server) -> None:
    alice = server.person("alice")
    where = uploads(alice, picture())

    for path in ("download", "thumbnail"):
        query = "?width=32&height=32"
        for version in ("v3", "r0", "v1"):
            asked = asks(server.anonymous, "GET", f"/_matrix/media/{version}/{path}/{where}{query}")
            with pytest.raises(Refused) as caught:
                asked.json()
            assert caught.value.errcode == "M_NOT_FOUND"
        with pytest.raises(Refused) as caught:
            asks(server.anonymous, "GET", f"/v1/media/{path}/{where}{query}").json()
        assert caught.value.errcode == "M_MISSING_TOKEN"


def test_files_from_before_the_freeze_stay_open(
    start_server: Callable[..., Server], settings: Settings
) -> None:
    server = start_server(media=evolve(settings.media, freeze_unauthenticated=False))
    old = uploads(server.person("alice"), b"old", "text/plain", "a.txt")
    server = start_server(media=settings.media)
    new = uploads(server.person("bob"), b"old", "text/plain")

    status, headers, body = asks(server.anonymous, "GET", f"/_matrix/media/v3/download/{old}").raw()
    assert (status, body) == (200, b"old")
    assert headers["cache-control"].startswith("public")
    named = asks(server.anonymous, "GET", f"/_matrix/media/r0/download/{old}/b.txt").raw()
    assert named[1]["content-disposition"] == "inline; filename=b.txt"
    assert asks(server.anonymous, "GET", f"/_matrix/media/v3/download/{new}").raw()[0] == 404


def test_what_is_no_file_of_ours_is_not_found(server: Server) -> None:
    alice = server.person("alice")

    for where in NO_FILES:
        for kind in ("download", "thumbnail"):
            path = f"/v1/media/{kind}/{where}?width=32&height=32"
            with pytest.raises(Refused) as caught:
                asks(alice, "GET", path).json()
            assert caught.value.errcode in ("M_NOT_FOUND", "M_INVALID_PARAM")


def test_quarantined_content_is_shown_under_no_address(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    first, second = uploads(mallory, b"bad"), uploads(alice, b"bad")
    moderation = server.app.media.moderation

    outcome(moderation.quarantine(*first.split("/"), by="@admin:test"))
    assert [downloads(alice, where)[0] for where in (first, second)] == [404, 404]
    with pytest.raises(Refused) as caught:
        uploads(mallory, b"bad")
    assert caught.value.errcode == "M_FORBIDDEN"

    assert outcome(moderation.delete_of_user(mallory.user_id)) == 0
    assert outcome(moderation.delete(*second.split("/"))) == 3
    with pytest.raises(Refused):
        uploads(mallory, b"bad")
    assert files(server) == []


def test_quarantine_can_be_lifted(server: Server) -> None:
    alice = server.person("alice")
    where = uploads(alice, b"good")
    moderation = server.app.media.moderation
    outcome(moderation.quarantine(*where.split("/"), by="@admin:test"))

    outcome(moderation.quarantine(*where.split("/"), by=None))

    assert downloads(alice, where)[2] == b"good"


def test_a_file_that_the_disk_has_lost_is_not_found(server: Server) -> None:
    alice = server.person("alice")
    where = uploads(alice, LARGE)
    files(server)[0].unlink()

    assert downloads(alice, where)[0] == 404


def test_unstable_paths_lead_to_the_same(server: Server) -> None:
    alice = server.person("alice")
    where = uploads(alice, b"x")

    unstable = f"/unstable/org.matrix.msc3916/media/download/{where}"
    assert asks(alice, "GET", unstable).raw()[2] == b"x"


# -- thumbnails


def test_thumbnails_are_made_once_and_kept(server: Server) -> None:
    alice = server.person("alice")
    where = uploads(alice, picture("JPEG", (400, 200)))

    status, headers, body = thumbnail(alice, where, 96, 96, method="crop")
    assert (status, opened(body).size) == (200, (96, 96))
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-disposition"] == "inline; filename=thumbnail.jpeg"
    (path,) = files(server, "thumbnails")
    made = path.stat().st_mtime_ns

    assert thumbnail(alice, where, 90, 90, method="crop")[2] == body
    assert path.stat().st_mtime_ns == made
    path.write_bytes(b"lost in a power failure")
    assert thumbnail(alice, where, 90, 90, method="crop")[2] == body
    assert files(server, "incoming") == []

    outcome(server.app.media.stop())


def test_small_pictures_are_their_own_thumbnails_unless_they_move(server: Server) -> None:
    alice = server.person("alice")
    still, moves = picture("PNG", (40, 20)), moving("GIF", (40, 20))

    status, headers, body = thumbnail(alice, uploads(alice, still, "text/html"), 320, 240)
    assert (status, headers["content-type"], body) == (200, "image/png", still)
    where = uploads(alice, moves, "image/gif")
    assert thumbnail(alice, where, 320, 240, animated="true")[2] == moves
    assert opened(thumbnail(alice, where, 320, 240)[2]).format == "JPEG"

    outcome(server.app.media.stop())


def test_what_is_no_picture_has_no_thumbnail(server: Server) -> None:
    alice = server.person("alice")
    where = uploads(alice, b"<svg onload='alert(1)'/>", "image/png")

    for _ in range(2):
        with pytest.raises(Refused) as caught:
            thumbnail_asked = f"/v1/media/thumbnail/{where}?width=32&height=32"
            asks(alice, "GET", thumbnail_asked).json()
        assert (caught.value.status, caught.value.errcode) == (400, "M_UNKNOWN")

    outcome(server.app.media.stop())


def test_a_thumbnail_needs_a_size(server: Server) -> None:
    alice = server.person("alice")

    for query in ("width=32", "width=a&height=32", "width=0&height=1", "width=-1&height=1"):
        with pytest.raises(Refused) as caught:
            asks(alice, "GET", f"/v1/media/thumbnail/test/abc?{query}").json()
        assert caught.value.status == 400


def test_thumbnails_go_with_their_file(server: Server) -> None:
    alice = server.person("alice")
    where = uploads(alice, picture())
    thumbnail(alice, where, 96, 96)

    freed = outcome(server.app.media.moderation.delete(*where.split("/")))

    assert freed > len(picture())
    assert files(server) == files(server, "thumbnails") == []
    outcome(server.app.media.stop())


@pytest.mark.parametrize(
    ("content_type", "shown"),
    [
        ("model/gltf-binary", "attachment"),
        ("audio/ogg; codecs=opus", "inline"),
        ("image/webp", "inline"),
        ("application/vnd.lottie+json", "attachment"),
        ("image/svg+xml", "attachment"),
        ("text/html", "attachment"),
    ],
)
def test_models_voices_and_stickers_pass_with_their_types(
    server: Server, content_type: str, shown: str
) -> None:
    alice = server.person("alice")

    _, headers, body = downloads(alice, uploads(alice, b"glTF....", content_type))

    assert headers["content-type"] == content_type.lower()
    assert headers["content-disposition"] == shown
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox;")
    assert body == b"glTF...."
