"""The server as its users start it: a process, killed without a warning."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.clients.started_server import free_port

READY_SECONDS = 60
COMPLAINT = re.compile(r"\b(ERROR|CRITICAL|error|critical)\b|Traceback|Unhandled")


class ServerProcess:
    """The same settings, port and database at every start."""

    def __init__(self, folder: Path, database: Mapping[str, str], **more: object) -> None:
        self.port = free_port()
        self.starts: list[float] = []
        self._settings = folder / "homeserver.yaml"
        self._log = folder / "server.log"
        self._process: asyncio.subprocess.Process | None = None
        settings = {
            "server_name": "localhost",
            "database": dict(database),
            "listeners": [{"port": self.port, "resources": ["client"]}],
            "registration": {"enabled": True},
            "passwords": {"hash_memory": "8M", "hash_passes": 1},
            "rate_limits": {"enabled": False},
            "signing_key_path": str(folder / "signing.key"),
            "media": {"store_path": str(folder / "media")},
            **more,
        }
        self._settings.write_text(json.dumps(settings))

    async def start(self) -> None:
        """Returns once it serves."""
        begun = time.monotonic()
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "homeserver",
                "run",
                "--config",
                str(self._settings),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={k: v for k, v in os.environ.items() if not k.startswith("ISTHMUS_")},
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(READY_SECONDS):
            line = await self._process.stdout.readline()
            while b"ready" not in line:
                assert line, f"the server did not start:\n{self._log.read_text()[-4000:]}"
                line = await self._process.stdout.readline()
        self.starts.append(time.monotonic() - begun)

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """An orderly end; it must say that all went well."""
        assert await self._end(signal.SIGTERM) == 0

    async def _end(self, number: int) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        return await process.wait()

    def complaints(self) -> list[str]:
        """What the server has logged that no healthy run logs."""
        return [line for line in self._log.read_text().splitlines() if COMPLAINT.search(line)]
