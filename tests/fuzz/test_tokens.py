"""Requests by nobody, or by somebody who only says so."""

from operator import attrgetter

import pytest

from tests.fuzz.operations import OPERATIONS, Operation
from tests.fuzz.town import Town

WITH_TOKEN = [operation for operation in OPERATIONS if operation.needs_token]
UNSERVED = (404, "M_UNRECOGNIZED")
CREDENTIALS = [
    "Bearer",
    "Bearer ",
    "bearer  two words",
    "Bearer " + "a" * 8000,
    "Bearer \u00e4\u00f6",
    "Bearer '; DROP TABLE access_tokens; --",
    "Basic YWxpY2U6cGFzc3dvcmQ=",
    "X-Matrix origin=a",
]


@pytest.mark.parametrize("operation", WITH_TOKEN, ids=attrgetter("name"))
def test_nobody_may_do_what_needs_a_token(town: Town, operation: Operation) -> None:
    path = operation.path(town.values(town.alice))
    body: object = {} if operation.body is not None else None

    without = town.wire.ask(operation.method, path, body)
    unknown = town.wire.ask(operation.method, path, body, "not_a_token")

    assert (without.status, without.errcode) in [(401, "M_MISSING_TOKEN"), UNSERVED]
    assert (unknown.status, unknown.errcode) in [(401, "M_UNKNOWN_TOKEN"), UNSERVED]


def test_strange_credentials_open_nothing(town: Town) -> None:
    for credentials in CREDENTIALS:
        header = {"Authorization": credentials}
        answer = town.wire.ask("GET", "/_matrix/client/v3/account/whoami", headers=header)
        assert answer.status == 401, f"{credentials[:80]}: {answer}"
