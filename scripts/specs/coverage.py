"""Writes docs/spec-coverage.md: which endpoints of the specification the code has."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

from scripts.specs.digest import DIGEST
from scripts.specs.routes import Code, called_paths, registered_routes

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "spec-coverage.md"
NOTES = DOCS / "spec-coverage-notes.yaml"

HEADINGS = {
    "cs": ("Client-Server API", "Served to clients."),
    "ss": ("Server-Server API", "Served to other homeservers."),
    "as": ("Application Service API", "Called by the homeserver."),
    "push": ("Push Gateway API", "Called by the homeserver."),
}
CALLED_APIS = ("as", "push")


@frozen
class Row:
    api: str
    method: str
    path: str
    state: str
    note: str

    def __str__(self) -> str:
        return f"| {self.method} | {self.path} | {self.state} | {self.note} |"


def main() -> None:
    page = page_of(rows())
    if sys.argv[1:] == ["--check"]:
        if not PAGE.exists() or PAGE.read_text() != page:
            sys.exit(f"docs/{PAGE.name} is not what the code serves: run scripts/spec-coverage")
    elif sys.argv[1:]:
        sys.exit("Usage: scripts/spec-coverage [--check]")
    else:
        PAGE.write_text(page)


def rows() -> list[Row]:
    digest = json.loads(DIGEST.read_bytes())
    notes = read_notes(NOTES.read_text(), digest["operations"])
    code = Code(registered_routes(), called_paths())
    return [
        _row(name, operation, notes.get(name, {}), code)
        for name, operation in sorted(digest["operations"].items(), key=_by_path)
        if name.split(" ")[0] in HEADINGS
    ]


def read_notes(text: str, operations: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Notes by api, method and path; raises ValueError for an endpoint that nobody knows."""
    notes: dict[str, dict[str, Any]] = yaml.safe_load(text) or {}
    for name, note in notes.items():
        if name not in operations:
            raise ValueError(f"{NOTES.name}: the specification has no {name}")
        if unknown := set(note) - {"note", "partial", "called"}:
            raise ValueError(f"{NOTES.name}: {name}: unknown {sorted(unknown)}")
    return notes


def page_of(rows: list[Row]) -> str:
    version = json.loads(DIGEST.read_bytes())["version"]
    return "\n".join([*_introduction(version, rows), *_sections(rows)]) + "\n"


def _row(name: str, operation: Mapping[str, Any], note: Mapping[str, Any], code: Code) -> Row:
    api, method, path = name.split(" ", 2)
    is_called = api in CALLED_APIS or note.get("called", False)
    if not (code.calls(path) if is_called else code.serves(method, path)):
        state = "no"
    else:
        state = "partial" if note.get("partial") else "yes"
    words = ["deprecated"] if operation.get("deprecated") else []
    words += [note["note"]] if "note" in note else []
    return Row(api, method, path, state, "; ".join(words))


def _by_path(named: tuple[str, Any]) -> tuple[int, str, str]:
    api, method, path = named[0].split(" ", 2)
    return (list(HEADINGS).index(api) if api in HEADINGS else len(HEADINGS), path, method)


def _introduction(version: str, rows: list[Row]) -> Iterator[str]:
    yield "# What of the specification is there"
    yield ""
    yield (
        f"Every endpoint of Matrix {version}, and whether the code has it: served endpoints by the "
        "routes that are registered, called ones by the paths in the code. Written by "
        "`scripts/spec-coverage`; notes come from [spec-coverage-notes.yaml]"
        "(spec-coverage-notes.yaml). The calls of Synapse's admin API have a table of their own, "
        "made alike: [admin-api.md](admin-api.md#calls)."
    )
    yield ""
    yield "| API | yes | partial | no |"
    yield "|---|---|---|---|"
    for api, (heading, _) in HEADINGS.items():
        count = Counter(row.state for row in rows if row.api == api)
        yield f"| {heading} | {count['yes']} | {count['partial']} | {count['no']} |"


def _sections(rows: list[Row]) -> Iterator[str]:
    for api, (heading, explanation) in HEADINGS.items():
        yield f"\n## {heading}\n\n{explanation}\n"
        yield "| method | path | there | note |"
        yield "|---|---|---|---|"
        yield from (str(row) for row in rows if row.api == api)


if __name__ == "__main__":
    main()
