"""isthmus init: a settings file, a signing key, secrets, and what to do next."""

import argparse
import os
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

from homeserver import signing_key
from homeserver.cli import exit_codes
from homeserver.cli.command import Command, CommandError, Parsers, add_parser, say, say_json
from homeserver.cli.next_steps import next_steps
from homeserver.config.document import SettingsError
from homeserver.config.load import load_text
from homeserver.config.settings import Settings
from homeserver.randomness import system_random, token

_EXAMPLES = """\
  isthmus init
  isthmus init --server-name example.org --data-dir /var/lib/isthmus \\
      --public-baseurl https://matrix.example.org
  isthmus init --server-name example.org --database postgresql://isthmus:SECRET@localhost/isthmus
  isthmus init --server-name localhost --registration open

It asks for what is not given when it runs in a terminal. It never overwrites anything.
"""

_HEAD = """\
# The settings of {server_name}. All others have defaults:
# `isthmus config explain` tells them, and `isthmus config sample` prints them all.
"""

REGISTRATION: dict[str, dict[str, Any]] = {
    "closed": {"enabled": False},
    "token": {"enabled": True, "needs": "token"},
    "open": {"enabled": True},
}


@frozen
class Answers:
    """What the settings file will say."""

    server_name: str
    public_baseurl: str
    database: str
    registration: str
    bind_address: str
    port: int


def _add(parsers: Parsers) -> argparse.ArgumentParser:
    parser = add_parser(parsers, "init", "write settings and keys for a new server", _EXAMPLES)
    parser.add_argument(
        "--server-name", metavar="NAME", help="what stands behind the colon of @alice:example.org"
    )
    parser.add_argument(
        "--data-dir", metavar="DIR", type=Path, default=Path("data"), help="default: ./data"
    )
    parser.add_argument(
        "--database", metavar="sqlite|DSN", help="sqlite (the default), or postgresql://..."
    )
    parser.add_argument("--public-baseurl", metavar="URL", help="where clients reach the server")
    parser.add_argument(
        "--registration",
        choices=REGISTRATION,
        help="who may make an account: nobody, those with a token (the default), or anybody",
    )
    parser.add_argument("--bind-address", metavar="IP", default="127.0.0.1", help="%(default)s")
    parser.add_argument("--port", metavar="N", type=int, default=8008, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print what was made, for programs")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    answers = _answers(arguments)
    text = settings_text(answers)
    path: Path = arguments.data_dir.absolute() / "homeserver.yaml"
    settings = _write(path, text)
    if arguments.json:
        say_json(_made(path, settings))
    else:
        say(f"Wrote {path}, and the server's keys beside it.\n\n{next_steps(path, settings)}")
    return exit_codes.OK


def _write(path: Path, text: str) -> Settings:
    """All files, or none: the settings come last, after they were read as the server will."""
    folder = path.parent
    secrets = {folder / "registration_secret": 48, folder / "first_admin_token": 24}
    _refuse_to_overwrite(path, folder / "signing.key", *secrets)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for secret, length in secrets.items():
        write_private(secret, token(system_random, length) + "\n")
    try:
        settings = load_text(text, "the new settings", folder, {}).settings
    except SettingsError:
        for secret in secrets:
            secret.unlink()
        raise
    signing_key.make(settings.signing_key_path, system_random)
    write_private(path, text)
    return settings


def _answers(arguments: argparse.Namespace) -> Answers:
    name = arguments.server_name or _ask(
        "The name of the server, which stands behind the colon of @alice:example.org", ""
    )
    if not name:
        raise CommandError("Name the server: --server-name example.org", exit_codes.USAGE)
    default_url = f"http://{name}:{arguments.port}" if is_local(name) else f"https://{name}"
    return Answers(
        server_name=name,
        public_baseurl=arguments.public_baseurl
        or _ask("The address at which clients reach it", default_url),
        database=arguments.database or _ask("The database: sqlite or postgresql://...", "sqlite"),
        registration=arguments.registration
        or _ask("Who may make an account: closed, token or open", "token"),
        bind_address=arguments.bind_address,
        port=arguments.port,
    )


def _ask(question: str, default: str) -> str:
    """Ask in a terminal; elsewhere, the default."""
    if not sys.stdin.isatty():
        return default
    answer = input(f"{question}{f' [{default}]' if default else ''}: ").strip()
    return answer or default


def is_local(server_name: str) -> bool:
    """Whether the name means something on this machine only."""
    host = server_name.rpartition(":")[0] if ":" in server_name else server_name
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def settings_text(answers: Answers) -> str:
    if answers.registration not in REGISTRATION:
        raise CommandError("Registration is closed, token or open.", exit_codes.USAGE)
    return _HEAD.format(server_name=answers.server_name) + "".join(
        "\n" + yaml.safe_dump(part, sort_keys=False)
        for part in (
            {"server_name": answers.server_name, "public_baseurl": answers.public_baseurl},
            {"database": _database(answers.database)},
            {"signing_key_path": "signing.key", "media": {"store_path": "media"}},
            {"listeners": [_listener(answers)]},
            {"registration": _registration(answers)},
        )
    )


def _database(answer: str) -> dict[str, str]:
    if answer == "sqlite":
        return {"engine": "sqlite", "path": "homeserver.db"}
    if answer.startswith(("postgresql://", "postgres://")) or "=" in answer:
        return {"engine": "postgresql", "dsn": answer}
    raise CommandError("The database is sqlite or postgresql://...", exit_codes.USAGE)


def _listener(answers: Answers) -> dict[str, Any]:
    return {
        "port": answers.port,
        "bind_addresses": [answers.bind_address],
        "resources": ["client", "federation", "keys", "media", "admin"],
        # The reverse proxy on this machine tells the addresses of clients.
        "trusted_proxies": ["127.0.0.1/32", "::1/128"],
    }


def _registration(answers: Answers) -> dict[str, Any]:
    return {
        **REGISTRATION[answers.registration],
        "shared_secret_path": "registration_secret",
        "first_admin_token_path": "first_admin_token",
    }


def _refuse_to_overwrite(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            raise CommandError(f"{path} exists. Use another --data-dir, or remove it yourself.")


def write_private(path: Path, text: str) -> None:
    """A new file that only its owner can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _made(path: Path, settings: Settings) -> dict[str, str]:
    return {
        "config": str(path),
        "server_name": settings.server_name,
        "public_baseurl": settings.baseurl,
        "first_admin_token_path": str(settings.registration.first_admin_token_path),
    }


COMMAND = Command(_add, _run)
