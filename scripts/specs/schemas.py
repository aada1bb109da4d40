"""JSON schemas of the specification: references resolved, prose left out."""

from pathlib import Path
from typing import Any

import yaml
from attrs import define, field

JsonObject = dict[str, Any]

PROSE = frozenset(
    {"description", "title", "summary", "example", "examples", "default", "format", "$schema"}
)
MAPS_OF_SCHEMAS = ("properties", "patternProperties")
DEFS = "#/$defs/"


@define
class Schemas:
    """Reads the files below a folder, each once; what is referred to goes among the definitions."""

    _root: Path
    definitions: dict[str, JsonObject] = field(factory=dict)
    _files: dict[Path, Any] = field(factory=dict)

    def load(self, file: Path) -> Any:
        if file not in self._files:
            self._files[file] = yaml.safe_load(file.read_text())
        return self._files[file]

    def resolve(self, value: Any, file: Path) -> tuple[Any, Path]:
        """Follow a reference of OpenAPI to what it names, and the file that holds it."""
        while isinstance(value, dict) and "$ref" in value:
            value, file = self._target(value["$ref"], file)
        return value, file

    def strip(self, schema: Any, file: Path) -> Any:
        """A schema's facts, with references to the definitions."""
        if isinstance(schema, list):
            return [self.strip(item, file) for item in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return {"$ref": DEFS + self._define(schema["$ref"], file)}
        return {
            key: self._strip_keyword(key, value, file)
            for key, value in schema.items()
            if key not in PROSE and not str(key).startswith("x-")
        }

    def _strip_keyword(self, key: str, value: Any, file: Path) -> Any:
        if key in MAPS_OF_SCHEMAS:
            return {name: self.strip(schema, file) for name, schema in value.items()}
        if key == "required" and isinstance(value, list):
            return sorted(value)
        return self.strip(value, file) if key not in ("enum", "const") else value

    def _define(self, reference: str, file: Path) -> str:
        """The name of a definition, which is read when it is first met."""
        path, _, pointer = reference.partition("#")
        target = (file.parent / path).resolve() if path else file
        name = self._name(target, pointer)
        if name not in self.definitions:
            self.definitions[name] = {}  # Definitions may refer to themselves.
            found, found_in = self._target(reference, file)
            self.definitions[name] = self.strip(found, found_in)
        return name

    def _name(self, file: Path, pointer: str) -> str:
        parts = file.relative_to(self._root).with_suffix("").parts
        kept = [part for part in parts if part not in ("api", "definitions", "schema")]
        return ".".join([*kept, *(part for part in pointer.split("/") if part)])

    def _target(self, reference: str, file: Path) -> tuple[Any, Path]:
        path, _, pointer = reference.partition("#")
        target = (file.parent / path).resolve() if path else file
        found = self.load(target)
        for name in pointer.split("/")[1:]:
            found = found[name]
        return found, target
