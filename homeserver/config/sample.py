"""The commented sample file and the page of the documentation, both made from the settings."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

import yaml

from homeserver.config.explain import Entry, entries

_WIDTH = 96

_HEAD = """\
# Every setting of the homeserver, with its meaning and its default. A line that is commented out
# shows the default, or an example where the default is nothing. Only server_name must be set.
#
# Relative paths start at the folder of this file. Durations are written 30s, 5m, 12h or 7d, and
# sizes 512K or 50M. A secret NAME can stand in a file of its own: NAME_path. Environment variables
# go before this file: ISTHMUS_DATABASE__PATH is `path` in `database`.
# `isthmus config explain` tells what holds, and why.
# This file is generated: isthmus config sample > config/homeserver.yaml
"""

_DOCS_HEAD = """\
# Settings

One YAML file; [`config/homeserver.yaml`](../config/homeserver.yaml) shows all of it with comments.
Only `server_name` has no default. What is unknown or wrong stops the start with the key, the line
and the nearest right name.

* Relative paths start at the folder of the file.
* Durations are `30s`, `5m`, `12h`, `7d`; sizes `512K`, `50M`.
* A secret `NAME` can stand in a file of its own: `NAME_path`.
* Environment variables go before the file: `ISTHMUS_DATABASE__PATH` is `path` in `database`.
  Their values are YAML, so lists are `[a, b]`.
* `isthmus config check` reads the file; `isthmus config explain KEY` tells what a setting is and
  where its value came from.

This page is generated: `isthmus config docs > docs/settings.md`.
"""


def sample() -> str:
    """config/homeserver.yaml"""
    return _HEAD + "".join(_yaml_lines(entries()))


def docs() -> str:
    """docs/settings.md"""
    return _DOCS_HEAD + "".join(_sections(entries()))


def _yaml_lines(all_entries: Iterable[Entry]) -> Iterator[str]:
    for entry in all_entries:
        indent = "  " * entry.depth
        if entry.depth == 0:
            yield "\n"
        lead = f"#{indent} " if "[]" in entry.key else f"{indent}# "
        for line in wrap(_meaning(entry), _WIDTH - len(lead)):
            yield f"{lead}{line}\n"
        if entry.is_section:
            yield f"{indent}{entry.name}:\n"
        elif entry.required and entry.depth == 0:
            yield f"{entry.name}: localhost\n"
        elif "[]" not in entry.key:
            yield _commented(entry, indent)


def _meaning(entry: Entry) -> str:
    name = f"`{entry.name}`: " if "[]" in entry.key else ""
    if "[]" not in entry.key or entry.required:
        return name + entry.meaning
    return f"{name}{entry.meaning} Default: {inline(entry.default)}."


def _commented(entry: Entry, indent: str) -> str:
    value = entry.default if entry.default not in (None, [], {}) else entry.example
    text = inline(value) if value is not None else ""
    return f"{indent}#{entry.name}: {text}".rstrip() + "\n"


def _sections(all_entries: Iterable[Entry]) -> Iterator[str]:
    for entry in all_entries:
        if entry.depth == 0:
            heading = f"\n## `{entry.name}`\n\n{entry.meaning}\n"
            yield heading if entry.is_section else heading + f"\n{_facts(entry)}\n"
        if entry.is_section and entry.depth == 0:
            yield "\n| setting | meaning | form | default |\n|---|---|---|---|\n"
        elif entry.depth:
            yield _row(entry)


def _facts(entry: Entry) -> str:
    facts = f"Form: {entry.form}. " + (
        "Must be set." if entry.required else f"Default: {_code(entry.default)}."
    )
    if entry.form.startswith("list of section"):
        facts += "\n\n| in each | meaning | form | default |\n|---|---|---|---|"
    return facts


def _row(entry: Entry) -> str:
    default = "must be set" if entry.required else _code(entry.default)
    if entry.is_section:
        default = "as below"
    name = entry.key.partition("[].")[2] or entry.key
    return f"| `{name}` | {entry.meaning} | {entry.form} | {default} |\n"


def _code(value: Any) -> str:
    return "none" if value is None else f"`{inline(value)}`"


def inline(value: Any) -> str:
    """YAML in one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
    return text.removesuffix("...\n").strip()
