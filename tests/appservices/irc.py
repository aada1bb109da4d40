"""An IRC server (ngircd, from the distribution), and somebody who talks there."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from attrs import define

from tests.clients.started_server import free_port

PATIENCE_S = 20


@contextmanager
def irc_server(folder: Path) -> Iterator[int]:
    """The port at which it listens."""
    port = free_port()
    settings = folder / "ngircd.conf"
    settings.write_text(
        "[Global]\nName = irc.test\nInfo = test\nMotdPhrase = welcome to the test\n"
        f"Listen = 127.0.0.1\nPorts = {port}\n"
        "[Limits]\nMaxConnectionsIP = 0\nMaxPenaltyTime = 0\n"
        "[Options]\nDNS = no\nIdent = no\nPAM = no\nChrootDir =\nPredefChannelsOnly = no\n"
    )
    with (folder / "ngircd.log").open("wb") as log:
        process = subprocess.Popen(
            ["ngircd", "--nodaemon", "--config", settings], stdout=log, stderr=log
        )
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


@define(eq=False)
class Chatter:
    """Somebody on IRC."""

    connected: ClassVar[list["Chatter"]] = []

    nick: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    def all_leave(cls) -> None:
        for one in cls.connected:
            # Those of earlier stories went with their loop.
            with suppress(RuntimeError):
                one.writer.close()
        cls.connected.clear()

    @classmethod
    async def connects(cls, port: int, nick: str) -> "Chatter":
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    break
                except ConnectionRefusedError:
                    await asyncio.sleep(0.05)
        chatter = cls(nick, reader, writer)
        cls.connected.append(chatter)
        chatter.writes(f"NICK {nick}")
        chatter.writes(f"USER {nick} 0 * :{nick}")
        await chatter.hears(" 001 ")
        return chatter

    def writes(self, line: str) -> None:
        self.writer.write(line.encode() + b"\r\n")

    async def joins(self, channel: str) -> None:
        self.writes(f"JOIN {channel}")
        await self.hears(" 366 ")

    def says(self, where: str, text: str) -> None:
        self.writes(f"PRIVMSG {where} :{text}")

    async def hears(self, text: str) -> str:
        """The next line that holds the text."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                line = (await self.reader.readline()).decode()
                assert line, f"the server hung up on {self.nick}"
                if line.startswith("PING"):
                    self.writes("PONG" + line[4:].rstrip())
                if text in line:
                    return line.rstrip()
