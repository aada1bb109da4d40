"""The process that looks inside files of strangers: started when needed, ended when it fails."""

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from attrs import frozen

import homeserver
from homeserver.json_values import JsonObject
from homeserver.logs import logger

MAX_ANSWER_BYTES = 1024 * 1024
MODULE = "homeserver.media.sandbox"

log = logger(__name__)


class SandboxFailed(Exception):
    """The process died or took too long over a task."""


@frozen(kw_only=True)
class SandboxLimits:
    """For each task, but for `memory_bytes`, which is address space of the whole process."""

    max_pixels: int
    memory_bytes: int = 768 * 1024 * 1024
    cpu_seconds: int = 10
    seconds: float = 20.0
    tasks: int = 500
    """After so many a new process takes over, so that nothing piles up."""


class SandboxProcess:
    """Everything here blocks: call it aside, one at a time."""

    def __init__(self, limits: SandboxLimits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._tasks = 0

    @property
    def pid(self) -> int | None:
        """While it runs."""
        return None if self._process is None else self._process.pid

    def ask(self, task: JsonObject) -> JsonObject:
        """What the process makes of a task; raises SandboxFailed."""
        process = self._process or self._start()
        try:
            answer = self._exchange(process, json.dumps(task).encode() + b"\n")
        except (OSError, ValueError, SandboxFailed) as error:
            self.close()
            log.warning("the sandbox failed: %s", error)
            raise SandboxFailed(str(error)) from None
        self._tasks += 1
        if self._tasks >= self._limits.tasks:
            self.close()
        return answer

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        limits = {
            "memory_bytes": self._limits.memory_bytes,
            "cpu_seconds": self._limits.cpu_seconds,
            "max_pixels": self._limits.max_pixels,
        }
        root = str(Path(homeserver.__file__).resolve().parent.parent)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE, json.dumps(limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            # No secrets of the server's environment.
            env={"PYTHONPATH": root, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        self._tasks = 0
        return self._process

    def _exchange(self, process: "subprocess.Popen[bytes]", line: bytes) -> JsonObject:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(line)
        answer: Any = json.loads(self._read_line(process.stdout.fileno()))
        if not isinstance(answer, dict):
            raise SandboxFailed("an answer that is no object")
        return answer

    def _read_line(self, descriptor: int) -> bytes:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        deadline = time.monotonic() + self._limits.seconds
        read = b""
        while not read.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise SandboxFailed("a task took too long")
            piece = os.read(descriptor, 65_536)
            if not piece:
                raise SandboxFailed("the process has died")
            read += piece
            if len(read) > MAX_ANSWER_BYTES:
                raise SandboxFailed("an answer without end")
        return read
