"""People take along what is kept about them."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from homeserver.cli.main import main
from tests.authenticator import turns_on
from tests.browser import Browser
from tests.homeserver.accounts_web.conftest import browser, server
from tests.homeserver.admin_api.conftest import admin
from tests.homeserver.admin_api.test_media import id_of
from tests.homeserver.cli.fake_server import FakeServer
from tests.homeserver.devices.crypto import Crypto
from tests.homeserver.media.clients import asks, uploads
from tests.homeserver.rooms.test_joining import refusal
from tests.outcomes import outcome
from tests.people import Person, Server

__all__ = ["admin", "browser", "server"]

EXPORT = "/_isthmus/account/export"
USER = "/_isthmus/admin/v1/users/@{}:test"
DAY_S = 24 * 3600


def lines(archive: ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(name).splitlines()]


def about(archive: ZipFile, title: str) -> list[dict[str, Any]]:
    return lines(archive, f"about/{title}.jsonl")


def fetched(admin: Person, name: str) -> ZipFile:
    """Asked for by an administrator."""
    export_id = admin.post(f"{USER.format(name)}/export")["export_id"]
    status = admin.get(f"{USER.format(name)}/export/{export_id}")
    assert status["status"] == "complete"
    path = f"{USER.format(name)}/export/{export_id}/archive"
    code, headers, body = asks(admin, "GET", path).raw()
    assert (code, headers["content-type"], len(body)) == (200, "application/zip", status["bytes"])
    archive = ZipFile(io.BytesIO(body))
    assert archive.testzip() is None
    return archive


def lives(server: Server) -> tuple[Person, str, str]:
    """Somebody who has used everything; a room, and a file."""
    alice = server.person("alice")
    room = alice.creates_room()
    said = alice.sends(room, "a word")
    alice.post(f"/v3/rooms/{room}/receipt/m.read/{said}")
    alice.put(f"/v3/user/{alice.user_id}/account_data/org.example", {"kept": "for me"})
    Crypto(alice).settles(one_time_keys=2)
    return alice, room, id_of(uploads(alice, b"picture" * 20_000))


def test_an_archive_holds_what_is_kept(server: Server, admin: Person) -> None:
    alice, room, media_id = lives(server)
    outcome(server.app.accounts.devices.last_seen.write())

    archive = fetched(admin, "alice")

    assert archive.read("README.txt").startswith(b"What test keeps about @alice:test.")
    assert archive.read(f"media/{media_id}") == b"picture" * 20_000
    said = [it["pdu"]["content"].get("body") for it in lines(archive, f"events/{safe(room)}.jsonl")]
    assert said[-1] == "a word"
    (device,) = about(archive, "devices")
    assert (device["device_id"], device["last_seen_ip"]) == (alice.device_id, "203.0.113.7")
    assert json.loads(about(archive, "profiles")[0]["fields"]) == {"displayname": "alice"}
    kept = {it["type"]: it["content"] for it in about(archive, "account_data")}
    assert json.loads(kept["org.example"]) == {"kept": "for me"}
    assert about(archive, "memberships")[0]["room"] == room
    assert about(archive, "receipts")[0]["room"] == room
    assert [it["count"] for it in about(archive, "one_time_key_batches")] == [2]
    assert about(archive, "one_time_key_batches")[0]["keys"].startswith('{"signed_curve25519:')
    assert about(archive, "device_keys")[0]["device_id"] == alice.device_id
    assert about(archive, "media")[0]["media_id"] == media_id
    assert [it["method"] for it in about(archive, "admin_actions")] == ["POST"]
    assert "password_hash" not in about(archive, "accounts")[0]


def safe(room: str) -> str:
    return room.replace("/", "_")


def test_nothing_of_others_is_in_it(server: Server, admin: Person) -> None:
    alice, room, _ = lives(server)
    bob = server.person("bob")
    alice.invites(room, bob)
    bob.joins(room)
    bob.sends(room, "bob's secret")

    archive = fetched(admin, "alice")

    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"bob's secret" not in everything
    assert b"@admin:test" in everything, "who asked for it is told"


def test_much_is_written_page_by_page(server: Server, admin: Person) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    for number in range(1100):
        alice.put(f"/v3/user/{alice.user_id}/account_data/org.example.{number}", {})
    sent = [alice.sends(room, str(number)) for number in range(600)]

    archive = fetched(admin, "alice")

    assert len({it["type"] for it in about(archive, "account_data")}) == 1100
    events = [it["event_id"] for it in lines(archive, f"events/{safe(room)}.jsonl")]
    assert events[-600:] == sent and len(set(events)) == len(events)


def test_an_archive_can_be_fetched_for_a_day_by_administrators_only(
    server: Server, admin: Person
) -> None:
    alice, bob = server.people("alice", "bob")
    export_id = admin.post(f"{USER.format('alice')}/export")["export_id"]
    path = f"{USER.format('alice')}/export/{export_id}/archive"

    assert refusal(alice, "POST", f"{USER.format('alice')}/export") == (403, "M_FORBIDDEN")
    assert refusal(alice, "GET", path) == (403, "M_FORBIDDEN")
    of_bob = path.replace("alice", "bob")
    assert refusal(admin, "GET", of_bob) == (404, "M_NOT_FOUND")
    assert refusal(admin, "POST", f"{USER.format('nobody')}/export") == (404, "M_NOT_FOUND")
    server.clock.advance(DAY_S)
    assert refusal(admin, "GET", path) == (404, "M_NOT_FOUND")
    assert bob.token


def test_users_fetch_their_own_once_they_have_shown_who_they_are(browser: Browser) -> None:
    phone = turns_on(browser)
    password = "correct horse battery"

    page = browser.fills(browser.opens(EXPORT), password=password, code="000000", decision="begin")
    assert (page.status, "This code is wrong" in page.text) == (403, True)
    page = browser.fills(page, password="wrong", code=phone.code(), decision="begin")
    assert (page.status, "The password is wrong" in page.text) == (403, True)
    page = browser.fills(page, password=password, code=phone.code(), decision="begin")
    assert page.location == EXPORT
    page = browser.opens(EXPORT)
    assert "The archive is ready" in page.text
    page = browser.fills(page, password=password, decision="fetch")
    assert page.status == 403, "a file is not handed out to an open browser either"

    wish = {"password": password, "code": phone.code(), "decision": "fetch"}
    fields = {**browser.opens(EXPORT).form[1], **wish}
    fetched = browser.bytes_of("POST", EXPORT, fields)

    archive = ZipFile(io.BytesIO(fetched))
    assert about(archive, "accounts")[0]["user_id"] == "@alice:test"
    assert about(archive, "totp_secrets") == [{"is_confirmed": 1}]
    browser.server.clock.advance(DAY_S)
    assert "The archive is ready" not in browser.opens(EXPORT).text


def test_archives_go_with_their_account(server: Server, admin: Person) -> None:
    server.person("alice")
    admin.post(f"{USER.format('alice')}/export")
    folder = server.settings.media.store_path / "exports"
    assert len(list(folder.iterdir())) == 1

    admin.post("/_synapse/admin/v1/deactivate/@alice:test", {"erase": True})

    assert list(folder.iterdir()) == []


def test_an_archive_begun_before_a_restart_is_made_after_it(server: Server, admin: Person) -> None:
    server.person("alice")
    jobs = server.app.administration.jobs
    job = outcome(jobs.begin("user_export", "@alice:test", {}))
    path = f"{USER.format('alice')}/export/{job.id}"
    assert admin.get(path)["status"] == "scheduled"

    outcome(jobs.start())

    assert admin.get(path)["status"] == "complete"


def test_the_command_reads_beside_a_running_server(
    start_server: Callable[..., Server],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = start_server()
    if server.app.database.dialect.name != "sqlite":
        pytest.skip("the file of settings names a file")
    alice, _, media_id = lives(server)
    database = server.settings.database.path  # type: ignore[union-attr]
    config, target = tmp_path / "homeserver.yaml", tmp_path / "alice.zip"
    config.write_text(
        f"server_name: test\ndatabase: {{path: {database}}}\n"
        f"media: {{store_path: {server.settings.media.store_path}}}\n"
    )
    command = ["user", "export", "--config", str(config), "-o", str(target)]

    assert main([*command, alice.user_id], FakeServer) == 0

    archive = ZipFile(target)
    assert archive.read(f"media/{media_id}") == b"picture" * 20_000
    assert about(archive, "devices")[0]["device_id"] == alice.device_id
    assert main([*command, alice.user_id], FakeServer) != 0
    assert "is there already" in capsys.readouterr().err
    target.unlink()
    assert main([*command, "@nobody:test"], FakeServer) != 0
    assert "There is no account @nobody:test" in capsys.readouterr().err
    assert not target.exists()
