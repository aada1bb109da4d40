"""Holds an answer of the server against the specification."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from attrs import define, field
from jsonschema import Draft202012Validator

from tests.spec.paths import PathTemplates
from tests.spec.slips import EXTRA_ERRCODES, NOT_ERRCODES, correct

JsonObject = dict[str, Any]

DIGEST = Path(__file__).with_name("digest.json")
JSON = "application/json"
CHECKED_APIS = ("cs ", "ss ", "as ", "push ")
JSON_PATHS = ("/_matrix/", "/_synapse/", "/.well-known/matrix/")

GENERAL_STATUSES = frozenset({400, 401, 403, 404, 405, 413, 429})
"""Errors that any endpoint may answer with: Client-Server API, "Standard error response"."""

FILE_STATUSES = frozenset({206, 304})
"""What HTTP itself has for files: a range of one, and one that the client has already."""

STATUSES_OF_ERRCODES = {
    "M_BAD_JSON": {400, 405},
    "M_NOT_JSON": {400},
    "M_MISSING_TOKEN": {401},
    "M_UNKNOWN_TOKEN": {401},
    "M_TOO_LARGE": {413, 502},
    "M_LIMIT_EXCEEDED": {429},
    "M_UNRECOGNIZED": {404, 405},
}


class SpecMismatch(AssertionError):
    """An answer that the specification does not allow."""


@define
class SpecChecker:
    """Reads the digest once; keep one for the whole run."""

    _operations: Mapping[str, JsonObject]
    """By method and path template."""
    _definitions: Mapping[str, JsonObject]
    _errcodes: frozenset[str]
    _templates: PathTemplates = field(factory=PathTemplates)
    _validators: dict[tuple[str, str], Draft202012Validator] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for name in self._operations:
            self._templates.add(name.partition(" ")[2])

    @classmethod
    def load(cls) -> "SpecChecker":
        digest = json.loads(DIGEST.read_bytes())
        correct(digest)
        operations = {
            name.partition(" ")[2]: operation
            for name, operation in digest["operations"].items()
            if name.startswith(CHECKED_APIS)
        }
        errcodes = frozenset(digest["errcodes"]) - NOT_ERRCODES | EXTRA_ERRCODES
        return cls(operations, digest["definitions"], errcodes)

    def check(
        self,
        method: str,
        path: str,
        status: int,
        body: Any,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Raise SpecMismatch unless the specification allows the answer.

        The path is as sent, with percent-encoding, its query or not. The body is the JSON value,
        or None if the answer is not JSON.
        """
        if method == "OPTIONS" or not path.startswith(JSON_PATHS):
            return
        template = self._templates.find(path)
        name = f"{'GET' if method == 'HEAD' else method} {template}"
        said = f"{method} {path} answered {status}"
        answer = _Exchange(said, body, status, headers or {})
        operation = self._operations.get(name)
        if status >= 400:
            self._check_error(answer, name, operation)
        elif operation is not None:
            self._check_success(answer, name, operation, method != "HEAD")
        elif template is not None:
            answer.fail("but the specification has no such method for this path")

    def check_request(self, method: str, path: str, body: Any) -> None:
        """Raise SpecMismatch unless the specification allows a request that the server sends."""
        name = f"{method} {self._templates.find(path)}"
        operation = self._operations.get(name)
        if operation is None:
            raise SpecMismatch(f"{method} {path} is not in the specification")
        request = operation.get("request", {})
        self._check_schema(_Exchange(f"{method} {path} was sent", body), name, "request", request)

    def _check_success(
        self, answer: "_Exchange", name: str, operation: JsonObject, has_body: bool
    ) -> None:
        documented = _documented(operation, answer.status)
        if documented is None and answer.status in FILE_STATUSES and _answers_file(operation):
            return
        if documented is None:
            answer.fail(f"but the specification knows only {sorted(operation['responses'])}")
        response = operation["responses"][documented]
        if has_body and response.get("types") == [JSON]:
            if not answer.content_type.startswith(JSON):
                answer.fail(f"with Content-Type {answer.content_type!r} instead of JSON")
            self._check_schema(answer, name, documented, response)

    def _check_error(self, answer: "_Exchange", name: str, operation: JsonObject | None) -> None:
        body = answer.body
        if not isinstance(body, dict):
            answer.fail("without a JSON object that tells the error")
        asks_to_authenticate = answer.status == 401 and "flows" in body
        if not asks_to_authenticate:
            self._check_errcode(answer, body)
        elif operation is None or not operation.get("uia"):
            answer.fail("with flows, but takes no user-interactive authentication")
        if operation is not None:
            self._check_documented_error(answer, name, operation)

    def _check_errcode(self, answer: "_Exchange", body: JsonObject) -> None:
        errcode, error = body.get("errcode"), body.get("error")
        if not isinstance(errcode, str) or not isinstance(error, str) or not error:
            answer.fail("without strings `errcode` and `error`")
        if errcode not in self._errcodes and not _is_of_proposal(errcode):
            answer.fail(f"with errcode {errcode}, which the specification does not know")
        if answer.status not in STATUSES_OF_ERRCODES.get(errcode, {answer.status}):
            answer.fail(f"but {errcode} goes with {STATUSES_OF_ERRCODES[errcode]}")

    def _check_documented_error(
        self, answer: "_Exchange", name: str, operation: JsonObject
    ) -> None:
        errcode = answer.body.get("errcode", "")
        documented = _documented(operation, answer.status)
        if documented is None:
            is_plain_failure = answer.status >= 500 and errcode == "M_UNKNOWN"
            is_general = answer.status in GENERAL_STATUSES or _is_of_proposal(errcode)
            if not (is_general or is_plain_failure):
                answer.fail(f"with {errcode}, and the specification does not know this status here")
        elif not (answer.status == 401 and operation.get("uia") and "flows" not in answer.body):
            self._check_schema(answer, name, documented, operation["responses"][documented])

    def _check_schema(
        self, answer: "_Exchange", name: str, documented: str, response: JsonObject
    ) -> None:
        if "schema" not in response:
            return
        key = (name, documented)
        if key not in self._validators:
            schema = {"$defs": self._definitions, "allOf": [response["schema"]]}
            self._validators[key] = Draft202012Validator(schema)
        for error in self._validators[key].iter_errors(answer.body):
            answer.fail(f"and {error.json_path}: {error.message[:500]}")


@define
class _Exchange:
    """One request or answer, and how to complain of it."""

    _said: str
    body: Any
    status: int = 0
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def content_type(self) -> str:
        """Taken as JSON when the caller gives no headers."""
        if not self.headers:
            return JSON
        named = {name.lower(): value for name, value in self.headers.items()}
        return named.get("content-type", "")

    def fail(self, reason: str) -> NoReturn:
        raise SpecMismatch(f"{self._said} {reason}")


def _answers_file(operation: JsonObject) -> bool:
    success: JsonObject = operation["responses"].get("200", {})
    return bool(success.get("types", [JSON]) != [JSON])


def _is_of_proposal(errcode: str) -> bool:
    """Such codes carry a prefix like ORG.EXAMPLE."""
    return "." in errcode or "_MSC" in errcode


def _documented(operation: JsonObject, status: int) -> str | None:
    """The name under which the operation documents a status: "200", "4XX"."""
    responses = operation.get("responses", {})
    for name in (str(status), f"{status // 100}XX"):
        if name in responses:
            return name
    return None
