"""Reads the command line and runs one subcommand."""

import argparse
from collections.abc import Sequence
from importlib import import_module

from homeserver import __version__
from homeserver.cli import exit_codes, run
from homeserver.cli.command import Command, CommandError, complain
from homeserver.cli.service import Build
from homeserver.config.document import SettingsError

_EPILOG = f"""\
examples:
  isthmus init --server-name example.org --data-dir /var/lib/isthmus
  isthmus run --config /var/lib/isthmus/homeserver.yaml
  isthmus register-user -u alice --admin
  isthmus doctor
  isthmus config explain registration

{exit_codes.EPILOG}"""

_COMMANDS = ("init", "run", "register-user", "bridge", "doctor", "config", "after-restore", "user")


def main(argv: Sequence[str], build: Build) -> int:
    """Run `isthmus ARGV`; `build` makes the server that `run` starts."""
    asked = [argv[0]] if argv and argv[0] in _COMMANDS else _COMMANDS
    commands = {name: _command(name, build) for name in asked}
    arguments = _parser(commands).parse_args(argv)
    try:
        return commands[arguments.command].run(arguments)
    except SettingsError as error:
        complain("\n".join(error.problems))
        return exit_codes.CONFIGURATION
    except CommandError as error:
        complain(str(error))
        return error.status
    except KeyboardInterrupt:
        complain("Stopped.")
        return exit_codes.FAILED
    except BrokenPipeError:
        return exit_codes.FAILED


def _command(name: str, build: Build) -> Command:
    """From its file, which is loaded for nobody else: a server that runs holds no other command."""
    if name == "run":
        return run.command(build)
    command: Command = import_module(f"homeserver.cli.{name.replace('-', '_')}").COMMAND
    return command


def _parser(commands: dict[str, Command]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="isthmus",
        description="A Matrix homeserver.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"isthmus {__version__}")
    parsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in commands.values():
        command.add(parsers)
    return parser
