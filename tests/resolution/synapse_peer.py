"""Synapse's answers, from an isolated process of its own."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from homeserver.json_values import JsonObject
from scripts.benchmarks import synapse
from tests.homeserver.events.room_of_branches import State
from tests.resolution.forks import Fork

CHILD = Path(__file__).with_name("synapse_child.py")


@frozen
class Synapse:
    _process: subprocess.Popen[str]

    def resolves(self, fork: Fork) -> dict[str, State]:
        """The state when all events are in flight, and when all are stored."""
        answer = self._ask(fork.to_json())
        assert "error" not in answer, f"{fork.name}: {answer['error']}"
        return {
            how: {(type, key): event_id for type, key, event_id in state}
            for how, state in answer.items()
        }

    def _ask(self, question: JsonObject) -> JsonObject:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: JsonObject = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def synapse_running() -> Iterator[Synapse]:
    """Installed, the first time; it sees nothing of this project."""
    synapse.install()
    process = subprocess.Popen(
        [synapse.ENVIRONMENT / "bin/python", "-I", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHILD.parent,
        env={},
    )
    try:
        yield Synapse(process)
    finally:
        process.kill()
        process.communicate()
