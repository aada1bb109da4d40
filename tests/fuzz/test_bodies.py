"""Bodies of requests that are no JSON, or not the JSON that was asked for."""

from operator import attrgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.effort import EFFORT
from tests.fuzz.inputs import NOT_JSON_OBJECTS, fields_for
from tests.fuzz.operations import OPERATIONS, Operation
from tests.fuzz.town import Town

WITH_BODY = [operation for operation in OPERATIONS if operation.body is not None]
WITH_REQUIRED_FIELDS = [operation for operation in WITH_BODY if operation.required]

OF_THE_TYPE = {
    "string": "x",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "object": {},
    "array": [],
}

OF_ANOTHER_TYPE: dict[str, list[Any]] = {
    "string": [None, 1, True, [], {}],
    "integer": [None, "1", 1.5, [], {}],
    "number": [None, "1", [], {}],
    "boolean": [None, "true", 1, [], {}],
    "object": [None, "x", 1, True, []],
    "array": [None, "x", 1, True, {}],
}

MEGABYTES = 1_000_000


@pytest.mark.parametrize("flaw", NOT_JSON_OBJECTS)
def test_what_is_no_json_object_is_refused_everywhere(town: Town, flaw: str) -> None:
    for operation in WITH_BODY:
        path = operation.path(town.values(town.alice))
        answer = town.alice.ask(operation.method, path, NOT_JSON_OBJECTS[flaw])
        assert answer.refused, f"{operation.method} {path} took {flaw}: {answer}"


@pytest.mark.parametrize("operation", WITH_REQUIRED_FIELDS, ids=attrgetter("name"))
def test_a_required_field_that_lacks_or_has_the_wrong_type_is_refused(
    town: Town, operation: Operation
) -> None:
    right = {name: OF_THE_TYPE[type] for name, type in operation.required}

    for name, type in operation.required:
        path = operation.path(town.values(town.alice))
        lacking = {other: value for other, value in right.items() if other != name}
        for body in [lacking, *({**right, name: wrong} for wrong in OF_ANOTHER_TYPE[type])]:
            answer = town.alice.ask(operation.method, path, body)
            assert answer.refused, f"{operation.method} {path} took {body}: {answer}"


@EFFORT
@given(st.data())
def test_any_json_is_answered(town: Town, data: Any) -> None:
    operation = data.draw(st.sampled_from(WITH_BODY), label="operation")
    known = list((operation.body or {}).get("properties", {}))
    body = data.draw(fields_for(known), label="body")

    town.mallory.ask(operation.method, operation.path(town.values(town.mallory)), body)


def test_huge_bodies_are_refused(town: Town) -> None:
    for operation in WITH_BODY:
        path = operation.path(town.values(town.alice))
        body = b'{"a": "' + b"a" * 4 * MEGABYTES + b'"}'
        answer = town.alice.ask(operation.method, path, body)
        assert answer.refused, f"{operation.method} {path} took 4 MB: {answer}"
