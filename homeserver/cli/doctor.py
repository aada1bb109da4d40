"""isthmus doctor: looks for what keeps a server from working, and says how to mend it."""

import argparse
from collections.abc import Callable, Iterator

import attrs

from homeserver.cli import (
    companion_checks,
    exit_codes,
    local_checks,
    network_checks,
    sign_in_checks,
)
from homeserver.cli.command import (
    Command,
    Parsers,
    add_config_option,
    add_parser,
    config_path,
    load_settings,
    say,
    say_json,
)
from homeserver.cli.findings import Finding, good, problem
from homeserver.config.document import SettingsError
from homeserver.config.settings import Settings

_EXAMPLES = """\
  isthmus doctor
  isthmus doctor --offline
  isthmus doctor --json

It changes nothing. The exit status is 1 when it finds a problem; warnings do not count.
"""

_SIGNS = {"ok": "ok      ", "warning": "warning ", "problem": "PROBLEM "}

_LOCAL: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    local_checks.database,
    local_checks.disk,
    local_checks.signing_key,
    local_checks.clock,
    local_checks.registration,
    network_checks.listeners,
    companion_checks.push,
)
_REMOTE = (
    network_checks.client_api,
    network_checks.well_known,
    companion_checks.mail,
    companion_checks.appservices,
    sign_in_checks.providers,
    sign_in_checks.directory,
)


def _add(parsers: Parsers) -> argparse.ArgumentParser:
    parser = add_parser(parsers, "doctor", "look for problems and say how to mend them", _EXAMPLES)
    parser.add_argument("--offline", action="store_true", help="ask nobody but this machine")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_config_option(parser)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    findings: list[Finding] = []
    for finding in examine(arguments):
        findings.append(finding)
        if not arguments.json:
            say(_line(finding))
    if arguments.json:
        say_json([attrs.asdict(finding) for finding in findings])
    bad = sum(finding.severity == "problem" for finding in findings)
    if not arguments.json:
        say(f"\n{bad or 'No'} problem{'' if bad == 1 else 's'} found.")
    return exit_codes.FAILED if bad else exit_codes.OK


def examine(arguments: argparse.Namespace) -> Iterator[Finding]:
    try:
        settings = load_settings(arguments).settings
    except SettingsError as error:
        for text in error.problems:
            yield problem("settings", text, "Mend the settings; `isthmus config explain` helps.")
        return
    yield good("settings", f"{config_path(arguments)} is right.")
    for check in _LOCAL if arguments.offline else (*_LOCAL, *_REMOTE):
        yield from check(settings)


def _line(finding: Finding) -> str:
    line = f"{_SIGNS[finding.severity]}{finding.check}: {finding.text}"
    return f"{line}\n        -> {finding.remedy}" if finding.remedy else line


COMMAND = Command(_add, _run)
