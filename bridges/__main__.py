"""The command: `python -m bridges sample|registration|run|features`."""

import argparse
import asyncio
import importlib
import logging
import os
import sys
from pathlib import Path

import yaml

from bridges import app, features, settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="isthmus-bridge", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    sample = commands.add_parser("sample", help="write a settings file to begin with")
    sample.add_argument("network")
    sample.add_argument("--domain", required=True, help="the homeserver's name")
    sample.add_argument("--homeserver", default="http://127.0.0.1:8008")
    sample.add_argument("--listen", default="127.0.0.1:29330")
    sample.add_argument("--config", type=Path, required=True)
    for name, help in (
        ("registration", "print what the homeserver must know"),
        ("run", "run the bridge"),
    ):
        commands.add_parser(name, help=help).add_argument("--config", type=Path, required=True)
    shown = commands.add_parser("features", help="print what a network can do")
    shown.add_argument("network")
    given = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        return obey(given)
    except settings.WrongSettings as error:
        print(error, file=sys.stderr)
        return 1


def obey(given: argparse.Namespace) -> int:
    if given.command == "sample":
        text = settings.sample(given.network, given.domain, given.homeserver, given.listen)
        write_private(given.config, text)
        return 0
    if given.command == "features":
        package = importlib.import_module(f"bridges.networks.{given.network}.network")
        print(features.table(getattr(package, given.network.capitalize())), end="")
        return 0
    read = settings.read(given.config)
    if given.command == "registration":
        print(yaml.safe_dump(read.registration(), sort_keys=False), end="")
        return 0
    asyncio.run(app.run(read))
    return 0


def write_private(path: Path, text: str) -> None:
    """Only for its owner, and never in the place of a file that is there."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except FileExistsError as error:
        raise settings.WrongSettings(f"{path} is there already.") from error


if __name__ == "__main__":
    sys.exit(main())
