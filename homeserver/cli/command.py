"""What every subcommand has in common: where its settings are, how it speaks and fails."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from attrs import frozen

from homeserver.cli import exit_codes
from homeserver.config.document import SettingsError
from homeserver.config.load import Loaded, load

_USUAL_PLACES = ("homeserver.yaml", "data/homeserver.yaml", "/etc/isthmus/homeserver.yaml")


class Parsers(Protocol):
    """What `add_subparsers` returns."""

    def add_parser(self, name: str, **kwargs: Any) -> argparse.ArgumentParser: ...


@frozen
class Command:
    """A subcommand; `run` returns the exit status."""

    add: Callable[[Parsers], argparse.ArgumentParser]
    run: Callable[[argparse.Namespace], int]


class CommandError(Exception):
    """Ends the command with a sentence and an exit status."""

    def __init__(self, message: str, status: int = exit_codes.FAILED) -> None:
        super().__init__(message)
        self.status = status


class NoSettingsFile(SettingsError):
    """None was named, and there is none in the usual places."""


def add_parser(parsers: Parsers, name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    return parsers.add_parser(
        name,
        help=summary,
        description=summary[:1].upper() + summary[1:] + ".",
        epilog=f"examples:\n{examples}\n{exit_codes.EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_config_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c",
        "--config",
        metavar="FILE",
        type=Path,
        help="the settings; else $ISTHMUS_CONFIG, or the first of " + ", ".join(_USUAL_PLACES),
    )


def config_path(arguments: argparse.Namespace) -> Path:
    given = arguments.config or os.environ.get("ISTHMUS_CONFIG")
    if given:
        return Path(given)
    for place in map(Path, _USUAL_PLACES):
        if place.exists():
            return place
    raise NoSettingsFile(
        "There is no settings file. Name one with --config FILE, or make one: isthmus init"
    )


def load_settings(arguments: argparse.Namespace) -> Loaded:
    return load(config_path(arguments), os.environ)


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def say_json(value: object) -> None:
    say(json.dumps(value, indent=2, default=str))


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
