"""Asks the running server for its bridges, over the socket in their directory."""

import json
import os
import socket
from pathlib import Path
from typing import Any

from homeserver.cli.command import CommandError
from homeserver.supervision.folders import CONTROL

PATIENCE_S = 30
MAX_ANSWER = 10_000_000


class NotRunning(CommandError):
    """No server listens there."""

    def __init__(self) -> None:
        super().__init__("The server is not running.")


def ask(directory: Path, do: str, **more: str) -> list[dict[str, Any]]:
    """The state of all bridges after that; raises NotRunning, or CommandError in its words."""
    question = json.dumps({"do": do, **more}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(PATIENCE_S)
        try:
            line.connect(os.fspath(directory / CONTROL))
            line.sendall(question)
            answer = json.loads(answer_on(line))
        except (FileNotFoundError, ConnectionError):
            raise NotRunning() from None
        except (OSError, ValueError) as error:
            raise CommandError(f"The server does not answer as it should: {error}.") from None
    if "error" in answer:
        raise CommandError(str(answer["error"]))
    bridges: list[dict[str, Any]] = answer["bridges"]
    return bridges


def answer_on(line: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\n") and len(answer) < MAX_ANSWER:
        if not (piece := line.recv(65536)):
            raise ConnectionResetError
        answer += piece
    return answer
