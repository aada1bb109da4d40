"""isthmus bridge list, status and logs: how bridges are, in words."""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from homeserver.cli import bridge_control, exit_codes
from homeserver.cli.bridge_control import NotRunning
from homeserver.cli.command import CommandError, say, say_json
from homeserver.config.settings import Settings
from homeserver.supervision.folders import Folder, folders

FOLLOW_S = 0.3
TAIL_BYTES = 1_000_000


def list_all(settings: Settings, arguments: argparse.Namespace) -> int:
    states = states_of(settings.bridges.directory)
    if arguments.json:
        say_json(states)
    elif not states:
        say("There is no bridge yet. Set one up: isthmus bridge add")
    for state in () if arguments.json else states:
        say(f"{state['name']:<16} {state['state']:<16} {state.get('url') or ''}".rstrip())
    return exit_codes.OK


def status(settings: Settings, arguments: argparse.Namespace) -> int:
    """1 unless all of them run."""
    states = states_of(settings.bridges.directory)
    if arguments.name:
        states = [it for it in states if it["name"] == arguments.name]
        if not states:
            raise CommandError(f"There is no bridge {arguments.name}.")
    if arguments.json:
        say_json(states)
    else:
        say("\n\n".join(described(it, time.time()) for it in states) or "There is no bridge yet.")
    well = ("running", "run by others")
    return exit_codes.OK if all(it["state"] in well for it in states) else exit_codes.FAILED


def states_of(directory: Path) -> list[dict[str, Any]]:
    try:
        return bridge_control.ask(directory, "status")
    except NotRunning:
        return [
            {"name": it.name, "state": "stopped", "last_words": "The server is not running."}
            for it in folders(directory)
        ]


def described(state: dict[str, Any], now_s: float) -> str:
    lines = [f"{state.get('name')}: {state.get('state')}"]
    if state.get("pid"):
        lines.append(f"  process  {state['pid']}, {how_long(now_s - state['since_ms'] / 1000)}")
    if state.get("starts", 0) > 1:
        lines.append(f"  started  {state['starts']} times; it ended by: {state['last_end']}")
    elif state.get("last_end"):
        lines.append(f"  ended    {state['last_end']}")
    if state.get("last_words"):
        lines.append(f"  said     {state['last_words']}")
    if "sessions" in state:
        lines.append(f"  logins   {counted(state['sessions'])}")
    if state.get("unanswered"):
        lines.append(f"  silent   it did not answer {state['unanswered']} times")
    if state.get("url"):
        lines.append(f"  listens  {state['url']}")
    return "\n".join(lines)


def counted(sessions: list[str]) -> str:
    counts = Counter(sessions)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


def how_long(seconds: float) -> str:
    minutes = int(max(0, seconds)) // 60
    if minutes < 1:
        return f"since {int(max(0, seconds))} s"
    return f"since {minutes} min" if minutes < 120 else f"since {minutes // 60} h"


def logs(settings: Settings, arguments: argparse.Namespace) -> int:
    folder = Folder(settings.bridges.directory / arguments.name)
    if not folder.path.is_dir():
        raise CommandError(f"There is no bridge {arguments.name}.")
    if settings.bridges.log_to == "server":
        raise CommandError("Bridges speak in the server's own log (bridges.log_to: server).")
    if not folder.log.exists() and not arguments.follow:
        raise CommandError("It has said nothing yet.")
    for line in last_lines(folder.log, arguments.lines):
        say(line)
    for piece in news(folder.log) if arguments.follow else ():
        print(piece, end="", flush=True)
    return exit_codes.OK


def last_lines(path: Path, count: int) -> list[str]:
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return file.read().decode(errors="replace").splitlines()[-count:] if count else []


def news(path: Path) -> Iterator[str]:
    """What is added from now on, also after the file was put aside for a new one."""
    place = path.stat().st_size if path.exists() else 0
    while True:
        size = path.stat().st_size if path.exists() else 0
        place = 0 if size < place else place
        if size > place:
            with path.open("rb") as file:
                file.seek(place)
                added = file.read()
            place += len(added)
            yield added.decode(errors="replace")
        time.sleep(FOLLOW_S)
