"""HTTP requests with full control over what goes over the wire."""

import json
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest
from attrs import define, field, frozen

from tests.spec.check import SpecChecker, SpecMismatch

PATIENCE_S = 30
ANSWERS_JSON = ("/_matrix/", "/.well-known/matrix/")


@frozen
class Answer:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, or None if it is something else."""
        try:
            return json.loads(self.raw)
        except ValueError:
            return None

    @property
    def errcode(self) -> str:
        return str(self.json.get("errcode", "")) if isinstance(self.json, dict) else ""

    @property
    def refused(self) -> bool:
        return 400 <= self.status < 500


@define
class Wire:
    """One connection after another; each answer is held against what every answer owes."""

    _base_url: str
    _spec: SpecChecker = field(repr=False)
    _connection: HTTPConnection | None = None

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request; `body` is sent as it is if bytes, else as JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {token}"} if token is not None else {}
        answer = self._exchange(method, path, body, sent | (headers or {}))
        self._check(method, path, answer)
        return answer

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Answer:
        """Try twice: the server may have closed a connection that was idle, or refused a body."""
        try:
            return self._exchange_once(method, path, body, headers)
        except OSError:
            self.close()
            return self._exchange_once(method, path, body, headers)

    def _exchange_once(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Answer:
        if self._connection is None:
            host = urlsplit(self._base_url).netloc
            self._connection = HTTPConnection(host, timeout=PATIENCE_S)
        with suppress(BrokenPipeError):  # A server need not read all of a body that it refuses.
            self._connection.request(method, path, body, headers)
        answer = read(self._connection.getresponse())
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _check(self, method: str, path: str, answer: Answer) -> None:
        said = f"{method} {path[:300]} answered {answer.status} {answer.raw[:300]!r}"
        assert answer.status < 500, said
        if not path.startswith(ANSWERS_JSON):
            return
        assert answer.headers.get("access-control-allow-origin") == "*", f"{said} without CORS"
        if answer.status >= 400:
            self._check_error(method, path, answer)

    def _check_error(self, method: str, path: str, answer: Answer) -> None:
        """The status and errcode are ones that the specification has for this."""
        try:
            self._spec.check(method, path, answer.status, answer.json, answer.headers)
        except SpecMismatch as mismatch:
            why = str(mismatch)
            pytest.fail(why if len(why) < 900 else f"{why[:400]} ... {why[-400:]}", pytrace=False)


def read(response: HTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())
