"""The command: `python -m bridges run|sample|registration|features|networks|describe|create`."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from bridges import app, features, logs, set_up, settings
from bridges.private_files import write_private
from bridges.settings import Answers


def main() -> int:
    logs.set_up("text")
    try:
        return obey(parser().parse_args())
    except settings.WrongSettings as error:
        print(error, file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="isthmus-bridge", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    sample = commands.add_parser("sample", help="write a settings file to begin with")
    sample.add_argument("network")
    sample.add_argument("--domain", required=True, help="the homeserver's name")
    sample.add_argument("--homeserver", default="http://127.0.0.1:8008")
    sample.add_argument("--listen", default="127.0.0.1:29330")
    registration = commands.add_parser("registration", help="print what the homeserver must know")
    registration.add_argument(
        "--double-puppets", action="store_true", help="the second one: to speak for its people"
    )
    run = commands.add_parser("run", help="run the bridge")
    run.add_argument(
        "--supervised", action="store_true", help="stop when the standard input is closed"
    )
    commands.add_parser("networks", help="print their names, as JSON")
    create = commands.add_parser("create", help="set up by answers as JSON on the standard input")
    for one in (sample, registration, run, create):
        one.add_argument("--config", type=Path, required=True)
    for name, help in (
        ("features", "print what a network can do"),
        ("describe", "print what a network wants to know, as JSON"),
    ):
        commands.add_parser(name, help=help).add_argument("network")
    return parser


def obey(given: argparse.Namespace) -> int:
    match given.command:
        case "sample":
            answers = Answers(given.network, given.domain, given.homeserver, given.listen)
            write_private(given.config, settings.sample(answers))
        case "features":
            print(features.table(features.named(given.network)), end="")
        case "networks":
            print(json.dumps(set_up.names()))
        case "describe":
            print(json.dumps(set_up.described(given.network)))
        case "create":
            print(json.dumps(set_up.create(sys.stdin.read(), given.config)))
        case "registration":
            read = settings.read(given.config)
            puppets = given.double_puppets
            shown = read.puppets_registration() if puppets else read.registration()
            print(set_up.in_yaml(shown), end="")
        case "run":
            read = settings.read(given.config)
            logs.set_up(read.log_format)
            asyncio.run(app.run(read, supervised=given.supervised))
    return 0


if __name__ == "__main__":
    sys.exit(main())
