"""Large files on a real socket, through a server process whose memory is watched."""

import hashlib
import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.started_server import free_port

MEBI = 1024 * 1024
PIECES = 30
"""Of a mebibyte each."""

ALLOWED = 12 * MEBI
"""How much more memory the server may ever have needed for it."""


class RunningServer:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        settings = {
            "server_name": "localhost",
            "database": {"engine": "sqlite", "path": str(folder / "homeserver.db")},
            "listeners": [{"port": self.port, "resources": ["client", "media"]}],
            "registration": {"enabled": True},
            "rate_limits": {"enabled": False},
            "passwords": {"hash_memory": "8M", "hash_passes": 1},
            "signing_key_path": str(folder / "signing.key"),
            "media": {"store_path": str(folder / "media"), "keep_free": "1M"},
        }
        path = folder / "homeserver.yaml"
        path.write_text(json.dumps(settings))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "homeserver", "run", "--config", str(path)],
            stdout=subprocess.PIPE,
            stderr=(folder / "log").open("wb"),
        )
        assert self.process.stdout is not None
        while b"ready" not in (line := self.process.stdout.readline()):
            assert line, (folder / "log").read_text()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def peak(self) -> int:
        """The most memory that it has ever had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s*(\d+) kB", status)
        assert found
        return int(found[1]) * 1024

    def register(self) -> str:
        connection = self.connect()
        body = {"username": "alice", "password": "a long one", "auth": {"type": "m.login.dummy"}}
        connection.request("POST", "/_matrix/client/v3/register", json.dumps(body))
        return str(json.load(connection.getresponse())["access_token"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("large"))
    yield running
    running.process.terminate()
    running.process.wait()


def test_a_large_file_comes_and_goes_without_staying_in_memory(server: RunningServer) -> None:
    headers = {"Authorization": f"Bearer {server.register()}", "Content-Type": "video/mp4"}
    pieces = [hashlib.sha256(b"%d" % number).digest() * (MEBI // 32) for number in range(PIECES)]
    before = server.peak()

    connection = server.connect()
    length = str(PIECES * MEBI)
    connection.request(
        "POST", "/_matrix/media/v3/upload", iter(pieces), {**headers, "Content-Length": length}
    )
    uri = json.load(connection.getresponse())["content_uri"]
    path = f"/_matrix/client/v1/media/download/{uri.removeprefix('mxc://')}"
    # One who asks and never reads, one who reads a part, one who reads all.
    idle = server.connect()
    idle.request("GET", path, headers=headers)
    connection.request("GET", path, headers={**headers, "Range": f"bytes={MEBI}-{2 * MEBI - 1}"})
    assert connection.getresponse().read() == pieces[1]
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    got = hashlib.sha256()
    while data := answer.read(65_536):
        got.update(data)

    assert got.digest() == hashlib.sha256(b"".join(pieces)).digest()
    assert server.peak() - before < ALLOWED
    idle.close()


def test_who_may_not_upload_is_told_before_sending_it_all(server: RunningServer) -> None:
    connection = server.connect()
    connection.putrequest("POST", "/_matrix/media/v3/upload")
    connection.putheader("Content-Length", str(PIECES * MEBI))
    connection.endheaders()
    connection.send(bytes(1000))

    answer = connection.getresponse()

    assert (answer.status, json.load(answer)["errcode"]) == (401, "M_MISSING_TOKEN")
    connection.close()
