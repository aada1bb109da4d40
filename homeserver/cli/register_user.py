"""isthmus register-user: an account on a running server, by its shared secret."""

import argparse
import getpass
import hashlib
import hmac
import json
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from homeserver.cli import exit_codes
from homeserver.cli.command import (
    Command,
    CommandError,
    Parsers,
    add_config_option,
    add_parser,
    load_settings,
    say,
    say_json,
)
from homeserver.cli.run import addresses_of
from homeserver.config.settings import Settings

_EXAMPLES = """\
  isthmus register-user
  isthmus register-user -u alice --admin
  isthmus register-user -u alice --no-admin --password-file alice.txt --json
  isthmus register-user -u alice --shared-secret-file secret https://matrix.example.org

A password given with -p can be seen by others on this machine while the command runs.
"""

_PATH = "/_synapse/admin/v1/register"
_TIMEOUT_SECONDS = 30
_MAX_ANSWER_BYTES = 64 * 1024


def _add(parsers: Parsers) -> argparse.ArgumentParser:
    parser = add_parser(parsers, "register-user", "make an account", _EXAMPLES)
    parser.add_argument("-u", "--user", metavar="NAME", help="alice, of @alice:example.org")
    password = parser.add_mutually_exclusive_group()
    password.add_argument("-p", "--password", metavar="TEXT")
    password.add_argument(
        "--password-file", metavar="FILE", help="a file that holds it; - is the standard input"
    )
    parser.add_argument(
        "-a",
        "--admin",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="whether the account is an administrator",
    )
    parser.add_argument("--shared-secret-file", metavar="FILE", type=Path)
    parser.add_argument("--json", action="store_true", help="print the answer, with access token")
    parser.add_argument("server_url", nargs="?", help="else the server of the settings")
    add_config_option(parser)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    needs_settings = not (arguments.shared_secret_file and arguments.server_url)
    settings = load_settings(arguments).settings if needs_settings else None
    secret = _secret(arguments, settings)
    url = arguments.server_url.rstrip("/") if arguments.server_url else local_url(settings)
    user = arguments.user or _prompt("User name")
    password = _password(arguments)
    admin = arguments.admin
    if admin is None:
        admin = sys.stdin.isatty() and _prompt("Administrator? [no]").lower() in ("y", "yes")
    answer = register(url, secret, user, password, admin=admin)
    if arguments.json:
        say_json(answer)
    else:
        say(f"{answer['user_id']} exists now{', an administrator' if admin else ''}.")
    return exit_codes.OK


def _secret(arguments: argparse.Namespace, settings: Settings | None) -> str:
    if arguments.shared_secret_file:
        return _first_line(arguments.shared_secret_file)
    if settings is None or settings.registration.shared_secret is None:
        raise CommandError(
            "The settings name no registration.shared_secret; set one, or use --shared-secret-file",
            exit_codes.CONFIGURATION,
        )
    return settings.registration.shared_secret


def local_url(settings: Settings | None, resource: str = "admin") -> str:
    """Where the server itself listens for administrators; its public address otherwise."""
    assert settings is not None, "without settings the address was given"
    for listener in settings.listeners:
        if resource in listener.resources and listener.bind_addresses and not listener.tls:
            address = addresses_of(listener)[0]
            return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    return settings.baseurl


def _password(arguments: argparse.Namespace) -> str:
    if arguments.password is not None:
        return str(arguments.password)
    if arguments.password_file == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if arguments.password_file:
        return _first_line(Path(arguments.password_file))
    if not sys.stdin.isatty():
        raise CommandError("Give a password with --password-file FILE", exit_codes.USAGE)
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Again: "):
        raise CommandError("The two passwords differ.")
    return password


def _prompt(question: str) -> str:
    if not sys.stdin.isatty():
        raise CommandError("Give a user name with --user NAME", exit_codes.USAGE)
    return input(f"{question}: ").strip()


def _first_line(path: Path) -> str:
    try:
        return path.read_text().split("\n")[0].rstrip("\r")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None


def register(url: str, secret: str, user: str, password: str, *, admin: bool) -> dict[str, Any]:
    """The shared-secret registration that Synapse introduced; raises CommandError."""
    nonce = _ask(Request(url + _PATH))["nonce"]
    body = {
        "nonce": nonce,
        "username": user,
        "password": password,
        "admin": admin,
        "mac": mac(secret, nonce, user, password, admin=admin),
    }
    headers = {"Content-Type": "application/json"}
    return _ask(Request(url + _PATH, json.dumps(body).encode(), headers))


def mac(secret: str, nonce: str, user: str, password: str, *, admin: bool) -> str:
    parts = (nonce, user, password, "admin" if admin else "notadmin")
    return hmac.new(secret.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()


def _ask(request: Request) -> dict[str, Any]:
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
            answer = json.loads(response.read(_MAX_ANSWER_BYTES))
    except HTTPError as error:
        raise CommandError(f"The server refused: {_reason(error)}") from None
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise CommandError(
            f"No server answers at {request.full_url} ({reason}). Is it running?"
        ) from None
    except ValueError:
        raise CommandError(f"What answers at {request.full_url} is no homeserver.") from None
    if not isinstance(answer, dict):
        raise CommandError(f"What answers at {request.full_url} is no homeserver.")
    return answer


def _reason(error: HTTPError) -> str:
    try:
        answer = json.loads(error.read(_MAX_ANSWER_BYTES))
        return f"{answer['error']} ({answer['errcode']})"
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {error.code}"


COMMAND = Command(_add, _run)
