"""Operations of the OpenAPI files, as facts."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from scripts.specs.schemas import JsonObject, Schemas

APIS = {
    "cs": "client-server",
    "ss": "server-server",
    "as": "application-service",
    "push": "push-gateway",
    "is": "identity",
}
ERRCODE = re.compile(r"\bM_[A-Z0-9]+(?:_[A-Z0-9]+)*\b")
YES_OR_NO = {"uia", "rate_limited", "deprecated"}


@frozen
class Operations:
    _spec: Path
    _schemas: Schemas

    def all(self) -> dict[str, JsonObject]:
        """By api, method and full path."""
        listed = self._listed()
        found: dict[str, JsonObject] = {}
        for key, operation in self._read():
            known = found.setdefault(key, {**operation, **listed.get(key, {})})
            if known["operation_id"] != operation["operation_id"]:
                _merge(known, operation)
        return found

    def _listed(self) -> dict[str, JsonObject]:
        """What endpoints.tsv says of each."""
        with (self._spec / "endpoints.tsv").open(newline="") as lines:
            return {
                f"{row['api']} {row['method']} {row['path']}": _listed_facts(row)
                for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            }

    def _read(self) -> Iterator[tuple[str, JsonObject]]:
        for api, folder in APIS.items():
            for file in sorted((self._spec / "api" / folder).glob("*.yaml")):
                document = self._schemas.load(file)
                base = document["servers"][0]["variables"]["basePath"]["default"]
                for path, methods in document.get("paths", {}).items():
                    for method, operation in methods.items():
                        # Two paths end in a space, to be told from others in OpenAPI's eyes.
                        key = f"{api} {method.upper()} {base}{path.strip()}"
                        yield key, self._operation(operation, file)

    def _operation(self, operation: JsonObject, file: Path) -> JsonObject:
        facts: JsonObject = {
            "operation_id": operation["operationId"],
            "parameters": [
                self._parameter(*self._schemas.resolve(parameter, file))
                for parameter in operation.get("parameters", [])
            ],
            "responses": {
                str(status): self._response(*self._schemas.resolve(response, file))
                for status, response in operation["responses"].items()
            },
        }
        if "requestBody" in operation:
            body, body_file = self._schemas.resolve(operation["requestBody"], file)
            facts["request"] = {
                "required": body.get("required", False),
                **self._content(body, body_file),
            }
        return facts

    def _parameter(self, parameter: JsonObject, file: Path) -> JsonObject:
        return {
            "name": parameter["name"],
            "in": parameter["in"],
            "required": parameter.get("required", False),
            "schema": self._schemas.strip(parameter.get("schema", {}), file),
        }

    def _response(self, response: JsonObject, file: Path) -> JsonObject:
        facts = self._content(response, file)
        if errcodes := sorted(set(ERRCODE.findall(str(self._with_targets(response, file))))):
            facts["errcodes"] = errcodes
        return facts

    def _content(self, body: JsonObject, file: Path) -> JsonObject:
        content = body.get("content", {})
        facts: JsonObject = {}
        if content:
            facts["types"] = sorted(content)
        if "application/json" in content:
            facts["schema"] = self._schemas.strip(content["application/json"]["schema"], file)
        return facts

    def _with_targets(self, value: Any, file: Path) -> Any:
        """A response with its examples at hand; the shared schemas' own would say nothing of it."""
        if isinstance(value, dict) and "$ref" in value:
            return self._schemas.resolve(value, file)[0]
        if isinstance(value, dict):
            return {
                key: self._with_targets(item, file)
                for key, item in value.items()
                if not (key == "schema" and "$ref" in item)
            }
        return value


def _listed_facts(row: dict[str, str]) -> JsonObject:
    facts: JsonObject = {"auth": row["auth"], "added": row["added"]}
    facts |= {name: True for name in YES_OR_NO if row[name] == "yes"}
    if row["guest"] == "yes":
        facts["guest"] = True
    return {name: fact for name, fact in facts.items() if fact}


def _merge(known: JsonObject, other: JsonObject) -> None:
    """Join the two operations that one path has: their requests are alternatives."""
    known["operation_id"] += "," + other["operation_id"]
    if "request" in known and "request" in other:
        alternatives = [known["request"]["schema"], other["request"]["schema"]]
        known["request"]["schema"] = {"anyOf": alternatives}
    names = {parameter["name"] for parameter in known["parameters"]}
    known["parameters"] += [new for new in other["parameters"] if new["name"] not in names]
    known["responses"] = {**other["responses"], **known["responses"]}
