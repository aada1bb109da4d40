"""What a client may ask, read from the digest of the specification."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from attrs import field, frozen

from tests.spec.check import DIGEST

JSON = "application/json"

ENDS_THE_SESSION = {"logout", "logout_all"}
LEADS_ELSEWHERE = {"redirectToSSO", "redirectToIdP"}

Schema = dict[str, Any]


@frozen
class Operation:
    name: str
    method: str
    template: str
    needs_token: bool
    queries: tuple[str, ...]
    body: Schema | None = field(repr=False)
    """The schema of the JSON object that it takes, if it takes one."""

    def path(self, values: Mapping[str, str], query: str = "") -> str:
        """The path with its parameters filled in; `values` are not yet percent-encoded."""

        def fill(parameter: re.Match[str]) -> str:
            return quote(values.get(parameter[1], "x").encode("utf-8", "surrogatepass"), safe="")

        path = re.sub(r"\{(\w+)\}", fill, self.template)
        return f"{path}?{query}" if query else path

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.template)

    @property
    def required(self) -> list[tuple[str, str]]:
        """Name and type of each field that the body must have."""
        if self.body is None:
            return []
        properties = self.body.get("properties", {})
        return [
            (name, properties[name]["type"])
            for name in self.body.get("required", [])
            if isinstance(properties.get(name, {}).get("type"), str)
        ]


def client_operations() -> list[Operation]:
    """Every operation of the client-server API that leaves the session as it is."""
    operations = json.loads(DIGEST.read_bytes())["operations"]
    return [
        operation(name, description)
        for name, description in operations.items()
        if name.startswith("cs ")
        and description["operation_id"] not in ENDS_THE_SESSION | LEADS_ELSEWHERE
    ]


def operation(name: str, description: Mapping[str, Any]) -> Operation:
    _, method, template = name.split(" ", 2)
    request = description.get("request", {})
    takes_json = bool(request) and request.get("types", [JSON]) == [JSON]
    return Operation(
        description["operation_id"],
        method,
        template,
        description["auth"] == "token",
        tuple(one["name"] for one in description["parameters"] if one["in"] == "query"),
        request.get("schema", {}) if takes_json else None,
    )


OPERATIONS = client_operations()
