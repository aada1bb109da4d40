"""A bridge as its users start it: a process with a settings file, beside a started homeserver."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from attrs import define, field

from bridges.settings import read
from tests.clients.started_server import free_port, homeserver_settings, started_homeserver

READY_S = 40
STOP_S = 20
ROOT = Path(__file__).resolve().parent.parent.parent


@define(eq=False)
class BridgeProcess:
    """The same settings and database at every start."""

    folder: Path
    network: str
    homeserver: str
    network_settings: dict[str, object] = field(factory=dict)
    port: int = field(factory=free_port)
    more: dict[str, object] = field(factory=dict)
    """Other settings of the file."""
    _process: asyncio.subprocess.Process | None = None

    @property
    def config(self) -> Path:
        return self.folder / "bridge.yaml"

    def prepare(self) -> Path:
        """The registration file, as the commands write it."""
        self._command(
            *("sample", self.network, "--domain", "localhost", "--homeserver", self.homeserver),
            *("--listen", f"127.0.0.1:{self.port}"),
        )
        content: dict[str, Any] = yaml.safe_load(self.config.read_text())
        content |= {
            "database": str(self.folder / "bridge.db"),
            "network_settings": self.network_settings,
            "prefix": "net",
        } | self.more
        self.config.write_text(yaml.safe_dump(content))
        assert read(self.config).network == self.network
        path = self.folder / "registration.yaml"
        path.write_text(self._command("registration"))
        return path

    def configures(self, **network_settings: object) -> None:
        """Of the network; before the bridge starts."""
        content = yaml.safe_load(self.config.read_text())
        content["network_settings"] = network_settings
        self.config.write_text(yaml.safe_dump(content))

    def prepare_puppets(self) -> Path:
        """The second registration, after the first."""
        path = self.folder / "puppets.yaml"
        path.write_text(self._command("registration", "--double-puppets"))
        return path

    def _command(self, *words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "bridges", *words, "--config", str(self.config)],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
        ).stdout

    async def start(self) -> None:
        """Returns once it serves."""
        with (self.folder / "bridge.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bridges", "run", "--config", str(self.config)),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(READY_S):
            line = await self._process.stdout.readline()
        assert b"ready" in line, self.log()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """An orderly end; it must say that all went well."""
        assert await self._end(signal.SIGTERM) == 0, self.log()

    async def _end(self, number: int) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        async with asyncio.timeout(STOP_S):
            return await process.wait()

    def resident_mib(self) -> float:
        """What it holds of the machine's memory."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(it for it in status.splitlines() if it.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def abandon(self) -> None:
        """After a story that failed: nothing stays behind."""
        if self._process is not None and self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGKILL)

    def log(self) -> str:
        return (self.folder / "bridge.log").read_text()[-6000:]


@contextmanager
def beside_a_homeserver(
    folder: Path,
    network: str,
    network_settings: dict[str, object] | None = None,
    with_puppets: bool = False,
    **more: object,
) -> Iterator[tuple[str, BridgeProcess]]:
    """A started homeserver that knows the bridge, which the story starts.

    `more`: other settings of it.
    """
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    bridge = BridgeProcess(folder, network, base_url, network_settings or {}, more=more)
    database = {"engine": "sqlite", "path": str(folder / "homeserver.db")}
    listeners = homeserver_settings(folder, database, port)["listeners"]
    files = [str(bridge.prepare())]
    if with_puppets:
        files.append(str(bridge.prepare_puppets()))
    with started_homeserver(folder, database, listeners=listeners, appservice_config_files=files):
        try:
            yield base_url, bridge
        except BaseException:
            print(bridge.log())
            raise
        finally:
            bridge.abandon()
