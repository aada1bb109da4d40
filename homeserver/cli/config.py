"""isthmus config: what the settings are, what they mean, whether they are right."""

import argparse
from typing import Any

from homeserver.cli import exit_codes
from homeserver.cli.command import (
    Command,
    CommandError,
    NoSettingsFile,
    Parsers,
    add_config_option,
    add_parser,
    config_path,
    load_settings,
    say,
    say_json,
)
from homeserver.config import sample
from homeserver.config.explain import Entry, entries, present
from homeserver.config.load import Loaded, hint

_EXAMPLES = """\
  isthmus config check
  isthmus config explain
  isthmus config explain registration.enabled
  isthmus config explain media --json
  isthmus config sample > homeserver.yaml
"""


def _add(parsers: Parsers) -> argparse.ArgumentParser:
    parser = add_parser(parsers, "config", "explain, check and print settings", _EXAMPLES)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    explain = actions.add_parser("explain", help="meaning, default, present value and its source")
    explain.add_argument(
        "key", nargs="?", default="", help="a setting or section: media.store_path"
    )
    explain.add_argument("--json", action="store_true", help="for programs")
    check = actions.add_parser("check", help="read the settings and say whether they are right")
    for action in (explain, check):
        add_config_option(action)
    actions.add_parser("sample", help="print a file with every setting and its default")
    actions.add_parser("docs", help="print the documentation of all settings")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    if arguments.action == "sample":
        say(sample.sample().rstrip())
    elif arguments.action == "docs":
        say(sample.docs().rstrip())
    elif arguments.action == "check":
        load_settings(arguments)
        say(f"{config_path(arguments)} is right.")
    else:
        _explain(arguments)
    return exit_codes.OK


def _explain(arguments: argparse.Namespace) -> None:
    """Without a settings file, what could be set."""
    chosen = _chosen(arguments.key)
    try:
        loaded = load_settings(arguments)
    except NoSettingsFile:
        loaded = None
    facts = [_facts(entry, loaded) for entry in chosen if not entry.is_section]
    if arguments.json:
        say_json(facts)
        return
    say("\n\n".join(map(_paragraph, facts)))


def _chosen(key: str) -> list[Entry]:
    everything = list(entries())
    found = [
        entry
        for entry in everything
        if not key or entry.key == key or entry.key.startswith((f"{key}.", f"{key}[]."))
    ]
    if not found:
        near = hint(key, [entry.key for entry in everything], otherwise="")
        raise CommandError(f"There is no setting '{key}'.{near}", exit_codes.USAGE)
    return found


def _facts(entry: Entry, loaded: Loaded | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "key": entry.key,
        "meaning": entry.meaning,
        "form": entry.form,
        "required": entry.required,
        "default": entry.default,
    }
    if loaded and (now := present(loaded, entry)):
        facts |= {"value": now.value, "source": now.source}
    return facts


def _paragraph(facts: dict[str, Any]) -> str:
    default = "must be set" if facts["required"] else sample.inline(facts["default"])
    lines = [facts["key"], f"  {facts['meaning']}", f"  default: {default} ({facts['form']})"]
    if "value" in facts:
        lines.append(f"  now:     {sample.inline(facts['value'])} (from {facts['source']})")
    return "\n".join(lines)


COMMAND = Command(_add, _run)
