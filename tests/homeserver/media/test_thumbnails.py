"""Thumbnails, where the sandbox is not the real one."""

from pathlib import Path

import pytest

from homeserver.json_values import JsonObject
from homeserver.media.sandbox_process import SandboxFailed
from homeserver.media.thumbnails import RETRY_AFTER_MS
from tests.homeserver.media.clients import files, thumbnail, uploads
from tests.outcomes import outcome
from tests.people import Person, Server


class Sandbox:
    """Makes thumbnails of a hundred bytes, or fails."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails = False

    async def ask(self, task: JsonObject) -> JsonObject:
        self.asked += 1
        if self.fails:
            raise SandboxFailed("died")
        put(str(task["target"]))
        return {"outcome": "made", "content_type": "image/png"}


def put(path: str) -> None:
    Path(path).write_bytes(b"." * 100)


@pytest.fixture
def sandbox(server: Server) -> Sandbox:
    sandbox = Sandbox()
    server.app.media.thumbnails._sandbox = sandbox  # type: ignore[assignment]
    return sandbox


@pytest.fixture
def alice(server: Server) -> Person:
    return server.person("alice")


def test_of_what_breaks_the_sandbox_there_is_no_second_try_for_a_while(
    server: Server, sandbox: Sandbox, alice: Person
) -> None:
    where = uploads(alice, b"bomb")
    sandbox.fails = True

    assert [thumbnail(alice, where, side, side)[0] for side in (32, 96, 32)] == [413, 413, 413]
    assert sandbox.asked == 1
    server.clock.advance(RETRY_AFTER_MS / 1000)
    sandbox.fails = False
    assert thumbnail(alice, where, 32, 32)[0] == 200


def test_thumbnails_that_nobody_asks_for_go_first(
    server: Server, sandbox: Sandbox, alice: Person
) -> None:
    where = [uploads(alice, bytes([number])) for number in range(4)]
    for one in where:
        thumbnail(alice, one, 32, 32)
        server.clock.advance(86_401)
    thumbnail(alice, where[0], 32, 32)
    assert len(files(server, "thumbnails")) == 4

    assert outcome(server.app.media.thumbnails.shrink(1000)) == 0
    freed = outcome(server.app.media.thumbnails.shrink(250))

    assert freed == 200
    assert len(files(server, "thumbnails")) == 2
    asked = sandbox.asked
    thumbnail(alice, where[0], 32, 32)
    assert sandbox.asked == asked, "the one asked for last is still there"
    thumbnail(alice, where[1], 32, 32)
    assert sandbox.asked == asked + 1
