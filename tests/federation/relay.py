"""All federation passes through relays of the test, where it can be cut.

A server's name is the address of its relay. A relay knows who calls by asking the kernel whose
process is at the other end, so that a cut can be between two servers and leave a third alone.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from attrs import define, field

T = TypeVar("T")

Address = tuple[str, int]

Find = Callable[[], int | None]
"""The process of a server, while it runs."""


@define(eq=False)
class Relays:
    """One for each server, in a thread of their own."""

    _loop: asyncio.AbstractEventLoop = field(factory=asyncio.new_event_loop, init=False)
    _processes: dict[str, Find] = field(factory=dict, init=False)
    _cuts: set[frozenset[str]] = field(factory=set, init=False)
    _open: dict[asyncio.StreamWriter, frozenset[str]] = field(factory=dict, init=False)
    _tasks: set[asyncio.Task[None]] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        Thread(target=self._loop.run_forever, daemon=True).start()

    def add(self, name: str, process: Find, here: Address, there: Address) -> None:
        """Pass on what comes `here` for the server with this name."""
        self._processes[name] = process

        async def serve() -> None:
            async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await self._pass_on(name, there, reader, writer)

            await asyncio.start_server(pass_on, *here)

        self._run(serve())

    @contextmanager
    def cut(self, one: str, *others: str) -> Iterator[None]:
        """For a while nothing passes between one server and the others, in either direction."""
        pairs = {frozenset((one, other)) for other in others}
        self._cuts |= pairs
        self._run(self._drop(pairs))
        try:
            yield
        finally:
            self._cuts -= pairs

    async def _drop(self, pairs: set[frozenset[str]]) -> None:
        for writer, pair in list(self._open.items()):
            if pair in pairs:
                writer.transport.abort()

    async def _pass_on(
        self,
        name: str,
        there: Address,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        ends = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
        pair = frozenset((name, self._caller(*ends)))
        if pair in self._cuts:
            writer.transport.abort()
            return
        self._open[writer] = pair
        try:
            far_reader, far_writer = await asyncio.open_connection(*there)
            await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
        except OSError:
            writer.transport.abort()
        finally:
            del self._open[writer]

    def _caller(self, peer: Address, here: Address) -> str:
        """The name of the server whose process has that end of a connection, if it is one."""
        inode = _inode_of(peer, here)
        for name, find in self._processes.items():
            if (pid := find()) is not None and _holds(pid, inode):
                return name
        return ""

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def _inode_of(end: Address, other: Address) -> str:
    """Linux tells it in /proc/net/tcp; one end alone can belong to several connections."""
    ends = [_written(end), _written(other)]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1:3] == ends:
            return fields[9]
    return ""


def _written(address: Address) -> str:
    """As the kernel writes it: in the machine's byte order."""
    octets = bytes(int(part) for part in address[0].split("."))
    return f"{int.from_bytes(octets, sys.byteorder):08X}:{address[1]:04X}"


def _holds(pid: int, inode: str) -> bool:
    folder = f"/proc/{pid}/fd"
    for number in os.listdir(folder):
        with suppress(OSError):
            if os.readlink(f"{folder}/{number}") == f"socket:[{inode}]":
                return True
    return False
