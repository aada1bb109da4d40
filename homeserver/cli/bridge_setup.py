"""isthmus bridge add, isthmus bridge remove."""

import argparse
import getpass
import os
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from homeserver.cli import bridge_control, exit_codes
from homeserver.cli.bridge_control import NotRunning
from homeserver.cli.bridge_networks import BridgesProgram, Setting
from homeserver.cli.bridge_report import described
from homeserver.cli.command import CommandError, say
from homeserver.cli.register_user import local_url
from homeserver.config.settings import Settings
from homeserver.supervision.folders import NAME, Folder, folders

FIRST_PORT, PORTS = 29330, 200
READY_S = 40.0
LOOK_S = 0.3


def add(settings: Settings, arguments: argparse.Namespace) -> int:
    program = BridgesProgram.of(settings.bridges.python)
    network = arguments.network or choice_of(program.networks())
    wanted = program.settings_of(network)
    name = arguments.name or network.split(".")[-1].lower()
    port = port_for(settings.bridges.directory, arguments.port)
    folder = new_folder(settings, name)
    answers = {
        "network": network,
        "domain": settings.server_name,
        "homeserver": local_url(settings, "client"),
        "listen": f"127.0.0.1:{port}",
        "prefix": name,
        "database": str(folder.database),
        "network_settings": answers_to(wanted, given(arguments.set), ask=not arguments.yes),
        "permissions": dict.fromkeys(arguments.admin, "admin"),
    }
    created = program.create(folder.config, answers)
    write_private(folder.puppets, created["double_puppets"])
    # The last: with it, the homeserver knows the bridge.
    write_private(folder.registration, created["registration"])
    say(f"The bridge {name} is set up in {folder.path}")
    return begin(settings, folder)


def new_folder(settings: Settings, name: str) -> Folder:
    directory = settings.bridges.directory
    if not NAME.fullmatch(name):
        raise CommandError(
            "A bridge's name is small letters, digits and -, and begins with a letter.",
            exit_codes.USAGE,
        )
    check_owner(settings)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Folder(directory / name)
    if folder.registration.exists() or folder.config.exists():
        raise CommandError(
            f"There is a bridge {name} already. Give this one another name with --name, or: "
            f"isthmus bridge remove {name}"
        )
    folder.path.mkdir(mode=0o700, exist_ok=True)
    return folder


def check_owner(settings: Settings) -> None:
    """What is written here must be the server's own."""
    key = settings.signing_key_path
    if key.exists() and key.stat().st_uid != os.geteuid():
        raise CommandError(
            f"Run this as the server's own user: sudo -u {key.owner()} isthmus bridge ..."
        )


def begin(settings: Settings, folder: Folder) -> int:
    try:
        bridge_control.ask(settings.bridges.directory, "look")
    except NotRunning:
        say("The server is not running: the bridge starts with it.")
        return exit_codes.OK
    if not settings.bridges.supervise:
        say(
            f"The server knows it. Run it with:\n    python -m bridges run --config {folder.config}"
        )
        return exit_codes.OK
    return wait_until_ready(settings, folder)


def wait_until_ready(settings: Settings, folder: Folder) -> int:
    deadline, status = time.monotonic() + READY_S, {}
    while time.monotonic() < deadline:
        status = state_of(settings.bridges.directory, folder.name)
        if status.get("state") in ("running", "broken"):
            break
        # One that cannot run says why at once; another try seldom changes it.
        if status.get("state") == "waiting" and status.get("starts", 0) > 1:
            break
        time.sleep(LOOK_S)
    if status.get("state") != "running":
        raise CommandError(f"The bridge does not run:\n{described(status, time.time())}")
    document = yaml.safe_load(folder.registration.read_text())
    bot = f"@{document['sender_localpart']}:{settings.server_name}"
    say(f"It runs. Begin a conversation with {bot} and say: help")
    return exit_codes.OK


def state_of(directory: Path, name: str) -> dict[str, Any]:
    found = (it for it in bridge_control.ask(directory, "status") if it["name"] == name)
    return next(found, {})


# -- questions


def choice_of(networks: list[str]) -> str:
    if not sys.stdin.isatty():
        raise CommandError(f"Name a network: {', '.join(networks)}.", exit_codes.USAGE)
    say("There are bridges to: " + ", ".join(networks))
    return prompt("Which one?", "")


def given(pairs: list[str]) -> dict[str, str]:
    """`KEY=VALUE`; a value `@FILE` is read from the file, as befits secrets."""
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise CommandError(f"Write --set KEY=VALUE, not {pair!r}.", exit_codes.USAGE)
        if value.startswith("@"):
            try:
                value = Path(value[1:]).read_text().strip()
            except OSError as error:
                raise CommandError(f"{value[1:]} cannot be read: {error.strerror}.") from None
        found[key] = value
    return found


def answers_to(wanted: list[Setting], known: dict[str, str], *, ask: bool) -> dict[str, str]:
    answers = dict(known)
    for setting in wanted:
        if setting.name in answers:
            continue
        if ask and setting.is_asked and sys.stdin.isatty():
            answers |= answered(setting)
        elif setting.default is None:
            raise CommandError(
                f"{setting.question} Give it with --set {setting.name}=...", exit_codes.USAGE
            )
    return answers


def answered(setting: Setting) -> dict[str, str]:
    while True:
        answer = prompt(setting.question, shown(setting.default), secret=setting.is_secret)
        if answer:
            return {setting.name: answer}
        if setting.default is not None:
            return {}


def shown(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "" if default is None else str(default)


def prompt(question: str, default: str, *, secret: bool = False) -> str:
    words = f"{question} [{default}] " if default else f"{question} "
    return (getpass.getpass(words) if secret else input(words)).strip()


def port_for(directory: Path, wanted: int | None) -> int:
    if wanted is None:
        return free_port(directory)
    if not is_free(wanted):
        raise CommandError(
            f"Something else listens at port {wanted}. Name another with --port, or leave it out."
        )
    return wanted


def free_port(directory: Path) -> int:
    taken = {port_of(folder) for folder in folders(directory)}
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        if port not in taken and is_free(port):
            return port
    raise CommandError("No port is free for the bridge; name one with --port.")


def port_of(folder: Folder) -> int | None:
    document = yaml.safe_load(folder.registration.read_text())
    return urlsplit(str(document.get("url"))).port if isinstance(document, dict) else None


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


# -- and back


def remove(settings: Settings, arguments: argparse.Namespace) -> int:
    folder = Folder(settings.bridges.directory / arguments.name)
    if not NAME.fullmatch(arguments.name) or not folder.path.is_dir():
        raise CommandError(f"There is no bridge {arguments.name}.")
    check_owner(settings)
    what = f"the bridge {arguments.name}" + (" and all its data" if arguments.data else "")
    if not arguments.yes and not agrees(f"Remove {what}? [no] "):
        say("It stays.")
        return exit_codes.FAILED
    for path in (folder.registration, folder.puppets):
        path.unlink(missing_ok=True)
    try:
        bridge_control.ask(settings.bridges.directory, "look")
    except NotRunning:
        say("The server is not running, and will not know the bridge when it starts.")
    folder.config.unlink(missing_ok=True)
    for path in folder.path.glob(f"{folder.log.name}*"):
        path.unlink()
    if arguments.data:
        shutil.rmtree(folder.path)
    say(f"Removed: {what}." + ("" if arguments.data else left_behind(folder)))
    return exit_codes.OK


def left_behind(folder: Folder) -> str:
    """An empty folder says nothing to anybody."""
    if any(folder.path.iterdir()):
        return f" Its database stays in {folder.path}; --data removes it, too."
    folder.path.rmdir()
    return ""


def agrees(question: str) -> bool:
    if not sys.stdin.isatty():
        raise CommandError("Say --yes to remove it without being asked.", exit_codes.USAGE)
    return input(question).strip().lower() in ("y", "yes")
