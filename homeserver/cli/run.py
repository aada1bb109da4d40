"""isthmus run: the server, in the foreground."""

import argparse
import os
from functools import partial

from twisted.internet import reactor

from homeserver import __version__, logs
from homeserver.cli import exit_codes
from homeserver.cli.command import (
    Command,
    Parsers,
    add_config_option,
    add_parser,
    complain,
    load_settings,
    say,
)
from homeserver.cli.service import Build, Service
from homeserver.config.listeners import Listener
from homeserver.config.settings import Settings
from homeserver.errors import CannotStart

_EXAMPLES = """\
  isthmus run --config /etc/isthmus/homeserver.yaml
  ISTHMUS_LOG_LEVEL=debug isthmus run

SIGTERM and SIGINT stop it cleanly, a second one at once; SIGHUP reads log_level again.
"""


def command(build: Build) -> Command:
    return Command(_add, partial(_run, build))


def _add(parsers: Parsers) -> argparse.ArgumentParser:
    parser = add_parser(parsers, "run", "start the server", _EXAMPLES)
    add_config_option(parser)
    return parser


def _run(build: Build, arguments: argparse.Namespace) -> int:
    settings = load_settings(arguments).settings
    # What the server writes (the database, media, a key) is for nobody else on the machine.
    os.umask(0o077)
    logs.configure(settings.log_level, settings.log_format)
    logs.begin_twisted()
    try:
        server = build(settings, reactor)
    except (CannotStart, OSError) as error:
        complain(f"The server cannot start: {error}")
        return exit_codes.FAILED
    service = Service(
        server,
        reactor,
        announce=partial(announce, settings),
        reload=lambda: load_settings(arguments).settings,
    )
    return service.run()


def announce(settings: Settings) -> None:
    """Say in plain words that the server serves, where, and how the first account is made."""
    addresses = ", ".join(
        address for listener in settings.listeners for address in addresses_of(listener)
    )
    say(f"Isthmus {__version__} is ready: {settings.server_name} at {addresses}")
    say(f"Point a Matrix client at {settings.baseurl}")
    if token := _first_admin_token(settings):
        say(
            f"While there is no administrator, the first account that registers with the token\n"
            f"    {token}\nbecomes one."
        )


def addresses_of(listener: Listener) -> list[str]:
    scheme = "https" if listener.tls else "http"
    return [
        f"{scheme}://{f'[{address}]' if ':' in address else address}:{listener.port}"
        for address in listener.bind_addresses
    ]


def _first_admin_token(settings: Settings) -> str:
    path = settings.registration.first_admin_token_path
    try:
        return path.read_text().strip() if path else ""
    except OSError:
        return ""
