import json
from pathlib import Path

import pytest

from scripts.specs.digest import digest_of, to_text

OPENAPI = r"""
paths:
  "/rooms/{roomId}/things ":
    get:
      summary: prose
      description: prose
      operationId: getThings
      parameters:
        - {in: path, name: roomId, required: true, schema: {type: string, example: "!a"}}
      responses:
        200:
          description: prose
          content:
            application/json:
              schema:
                type: object
                description: prose
                required: [title, description]
                properties:
                  description: {type: string, description: prose, format: uri}
                  title: {$ref: definitions/thing.yaml}
                  kind: {enum: [example, title], x-addedInMatrixVersion: "1.7"}
        404:
          description: none
          content:
            application/json:
              schema: {$ref: definitions/error.yaml}
              examples: {response: {value: {errcode: M_NOT_FOUND}}}
servers: [{variables: {basePath: {default: /_matrix/client/v3}}}]
"""
THING = "{title: Thing, type: object, properties: {inner: {$ref: thing.yaml}}}"
ERROR = "{type: object, required: [errcode], example: {errcode: M_OTHER}}"
EVENT = "{type: object, properties: {type: {enum: [m.thing]}, content: {type: object}}}"
ENDPOINTS = (
    "api\tmethod\tpath\tauth\tuia\trate_limited\tguest\tdeprecated\tadded\n"
    "cs\tGET\t/_matrix/client/v3/rooms/{roomId}/things\ttoken\tno\tyes\tno\tno\t1.5\n"
)


@pytest.fixture
def specification(tmp_path: Path) -> Path:
    files = {
        "api/client-server/things.yaml": OPENAPI,
        "api/client-server/definitions/thing.yaml": THING,
        "api/client-server/definitions/error.yaml": ERROR,
        "event-schemas/schema/m.thing.yaml": EVENT,
        "content/appendix.md": "The code `M_STRANGE_THING` is used when M_* fails.",
        "endpoints.tsv": ENDPOINTS,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_an_operation_is_reduced_to_facts(specification: Path) -> None:
    operations = digest_of(specification)["operations"]

    assert operations == {
        "cs GET /_matrix/client/v3/rooms/{roomId}/things": {
            "operation_id": "getThings",
            "auth": "token",
            "added": "1.5",
            "rate_limited": True,
            "parameters": [
                {"name": "roomId", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "responses": {
                "200": {
                    "types": ["application/json"],
                    "schema": {
                        "type": "object",
                        "required": ["description", "title"],
                        "properties": {
                            "description": {"type": "string"},
                            "title": {"$ref": "#/$defs/client-server.thing"},
                            "kind": {"enum": ["example", "title"]},
                        },
                    },
                },
                "404": {
                    "types": ["application/json"],
                    "schema": {"$ref": "#/$defs/client-server.error"},
                    "errcodes": ["M_NOT_FOUND"],
                },
            },
        }
    }


def test_shared_definitions_are_kept_once_and_may_be_recursive(specification: Path) -> None:
    definitions = digest_of(specification)["definitions"]

    assert definitions["client-server.thing"] == {
        "type": "object",
        "properties": {"inner": {"$ref": "#/$defs/client-server.thing"}},
    }
    assert definitions["client-server.error"] == {"type": "object", "required": ["errcode"]}


def test_events_codes_and_version_are_found(specification: Path) -> None:
    digest = digest_of(specification)

    assert digest["events"] == {"m.thing": ["event-schemas.m.thing"]}
    assert digest["errcodes"] == ["M_NOT_FOUND", "M_OTHER", "M_STRANGE_THING"]
    assert digest["version"] == "1.7"


def test_the_text_has_a_line_for_each_entry(specification: Path) -> None:
    digest = digest_of(specification)
    text = to_text(digest)

    assert json.loads(text) == digest
    assert sum(line.startswith('"client-server.') for line in text.splitlines()) == 2
