"""Writes tests/spec/digest.json from a folder that holds the specification's own files."""

import json
import re
import sys
from pathlib import Path

from scripts.specs.operations import ERRCODE, Operations
from scripts.specs.schemas import DEFS, JsonObject, Schemas

DIGEST = Path(__file__).parents[2] / "tests" / "spec" / "digest.json"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Usage: scripts/spec-digest SPEC_FOLDER (with api/, event-schemas/, content/)")
    digest = digest_of(Path(sys.argv[1]).resolve())
    DIGEST.write_text(to_text(digest))
    print(f"{DIGEST.name}: {len(digest['operations'])} operations, {DIGEST.stat().st_size} bytes")


def digest_of(spec: Path) -> JsonObject:
    schemas = Schemas(spec)
    return {
        "version": _version(spec),
        "errcodes": _errcodes(spec),
        "operations": Operations(spec, schemas).all(),
        "events": _events(spec, schemas),
        "definitions": schemas.definitions,
    }


def to_text(digest: JsonObject) -> str:
    """JSON with one line an entry, so that a change of the specification shows as few lines."""
    parts = (f"{json.dumps(name)}: {_lines(digest[name])}" for name in sorted(digest))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(part: object) -> str:
    if not isinstance(part, dict):
        return _compact(part)
    return (
        "{\n"
        + ",\n".join(f"{_compact(key)}: {_compact(part[key])}" for key in sorted(part))
        + "\n}"
    )


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _events(spec: Path, schemas: Schemas) -> JsonObject:
    """By event type, a reference to the event's schema."""
    events: JsonObject = {}
    for file in sorted((spec / "event-schemas" / "schema").glob("*.yaml")):
        reference = schemas.strip({"$ref": file.name}, file.parent / "_")
        name = reference["$ref"].removeprefix(DEFS)
        for event_type in _event_types(schemas.definitions[name]):
            events.setdefault(event_type, []).append(name)
    return events


def _event_types(schema: JsonObject) -> list[str]:
    """An event type is an enumeration of one."""
    type_schema = schema.get("properties", {}).get("type", {})
    return list(type_schema.get("enum", []))


def _errcodes(spec: Path) -> list[str]:
    texts = (
        file.read_text()
        for folder, pattern in (("api", "*.yaml"), ("content", "*.md"))
        for file in (spec / folder).rglob(pattern)
    )
    return sorted({errcode for text in texts for errcode in ERRCODE.findall(text)})


def _version(spec: Path) -> str:
    """The newest version that anything says it was added in."""
    added = re.compile(r"x-addedInMatrixVersion: \"?1\.(\d+)")
    minors = (
        int(minor)
        for file in (spec / "api").rglob("*.yaml")
        for minor in added.findall(file.read_text())
    )
    return f"1.{max(minors)}"


if __name__ == "__main__":
    main()
