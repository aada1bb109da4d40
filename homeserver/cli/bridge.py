"""isthmus bridge: bridges to other networks, set up without copying tokens."""

import argparse
from collections.abc import Callable

from homeserver.cli import bridge_control, bridge_report, bridge_setup, exit_codes
from homeserver.cli.command import (
    Command,
    Parsers,
    add_config_option,
    add_parser,
    load_settings,
    say,
)
from homeserver.config.settings import Settings

_EXAMPLES = """\
  isthmus bridge add                         asks which network, and what it wants to know
  isthmus bridge add irc --set host=irc.libera.chat --yes
  isthmus bridge status
  isthmus bridge logs irc --follow
  isthmus bridge remove irc

`add` registers the bridge with this server, also while it runs, and the server starts it.
"""

Act = Callable[[Settings, argparse.Namespace], int]


def _add(parsers: Parsers) -> argparse.ArgumentParser:
    parser = add_parser(parsers, "bridge", "set up and watch bridges to other networks", _EXAMPLES)
    acts = parser.add_subparsers(dest="act", metavar="WHAT", required=True)
    _add_options(acts.add_parser("add", help="set one up, and start it"))
    one = acts.add_parser("list", help="all of them")
    one.add_argument("--json", action="store_true")
    one = acts.add_parser("status", help="how they are; fails unless all run")
    one.add_argument("name", nargs="?")
    one.add_argument("--json", action="store_true")
    one = acts.add_parser("logs", help="what one says")
    one.add_argument("name")
    one.add_argument("-n", "--lines", type=int, default=50)
    one.add_argument("-f", "--follow", action="store_true", help="and what it says from now on")
    acts.add_parser("restart", help="after its settings have changed").add_argument("name")
    one = acts.add_parser("remove", help="stop it, and forget its registration")
    one.add_argument("name")
    one.add_argument("--data", action="store_true", help="remove its database, too")
    one.add_argument("-y", "--yes", action="store_true", help="do not ask")
    for act in acts.choices.values():
        add_config_option(act)
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", nargs="?")
    parser.add_argument("--name", help="its own name, and how its users' ids begin")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a setting of the network; VALUE may be @FILE",
    )
    parser.add_argument(
        "--admin", metavar="USER_ID", action="append", default=[], help="who may do everything"
    )
    parser.add_argument("--port", type=int, help="where it listens on 127.0.0.1")
    parser.add_argument("-y", "--yes", action="store_true", help="take the defaults, ask nothing")


def _run(arguments: argparse.Namespace) -> int:
    acts: dict[str, Act] = {
        "add": bridge_setup.add,
        "list": bridge_report.list_all,
        "status": bridge_report.status,
        "logs": bridge_report.logs,
        "restart": _restart,
        "remove": bridge_setup.remove,
    }
    return acts[arguments.act](load_settings(arguments).settings, arguments)


def _restart(settings: Settings, arguments: argparse.Namespace) -> int:
    bridge_control.ask(settings.bridges.directory, "restart", name=arguments.name)
    say(f"{arguments.name} is started anew.")
    return exit_codes.OK


COMMAND = Command(_add, _run)
