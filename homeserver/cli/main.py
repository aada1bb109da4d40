"""Reads the command line and runs one subcommand."""

import argparse
from collections.abc import Sequence

from homeserver import __version__
from homeserver.cli import (
    after_restore,
    bridge,
    config,
    doctor,
    exit_codes,
    init,
    register_user,
    run,
    user,
)
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


def main(argv: Sequence[str], build: Build) -> int:
    """Run `isthmus ARGV`; `build` makes the server that `run` starts."""
    commands: dict[str, Command] = {
        "init": init.COMMAND,
        "run": run.command(build),
        "register-user": register_user.COMMAND,
        "bridge": bridge.COMMAND,
        "doctor": doctor.COMMAND,
        "config": config.COMMAND,
        "after-restore": after_restore.COMMAND,
        "user": user.COMMAND,
    }
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
