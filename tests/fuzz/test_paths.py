"""Paths and queries that name nothing, or nothing that could be."""

from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.effort import EFFORT
from tests.fuzz.inputs import ids, objects, texts
from tests.fuzz.operations import OPERATIONS
from tests.fuzz.town import Town

WITH_PARAMETERS = [operation for operation in OPERATIONS if operation.parameters]
WITH_QUERY = [operation for operation in OPERATIONS if operation.queries]

WAITS = "timeout"
"""A query parameter that lets the server take its time: never drawn, but always 0."""


@EFFORT
@given(st.data())
def test_any_name_in_a_path_is_answered(town: Town, data: Any) -> None:
    operation = data.draw(st.sampled_from(WITH_PARAMETERS), label="operation")
    strange = {name: data.draw(ids, label=name) for name in operation.parameters}
    kept = data.draw(st.sets(st.sampled_from(operation.parameters)), label="kept")
    values = town.values(town.mallory)
    values |= {name: value for name, value in strange.items() if name not in kept}
    body = data.draw(objects, label="body") if operation.body is not None else None

    town.mallory.ask(operation.method, operation.path(values), body)


@EFFORT
@given(st.data())
def test_any_query_is_answered(town: Town, data: Any) -> None:
    operation = data.draw(st.sampled_from(WITH_QUERY), label="operation")
    names = [name for name in operation.queries if name != WAITS]
    chosen = data.draw(st.lists(st.sampled_from([*names, "x"]), max_size=4), label="names")
    query = [(name, data.draw(texts | ids, label=name)) for name in chosen]
    path = operation.path(town.values(town.mallory), encoded([*query, (WAITS, "0")]))

    body: object = {} if operation.body is not None else None
    town.mallory.ask(operation.method, path, body)


def test_bytes_that_are_no_utf8_are_refused(town: Town) -> None:
    for operation in WITH_PARAMETERS:
        if operation.method == "GET":
            path = operation.path(dict.fromkeys(operation.parameters, "PLACE"))
            answer = town.alice.ask("GET", path.replace("PLACE", "%ff%fe%c0"))
            assert answer.refused or answer.status == 200, answer


def test_what_does_not_exist_is_unrecognized(town: Town) -> None:
    for path in ["/_matrix/client/v3/nothing", "/_matrix/client/v99/sync", "/_matrix/%00"]:
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH"]:
            answer = town.alice.ask(method, path)
            assert (answer.status, answer.errcode) == (404, "M_UNRECOGNIZED"), answer


def test_a_method_that_a_path_does_not_take_is_unrecognized(town: Town) -> None:
    answer = town.alice.ask("PATCH", "/_matrix/client/v3/createRoom", {})

    assert (answer.status, answer.errcode) == (405, "M_UNRECOGNIZED")


def encoded(query: list[tuple[str, str]]) -> str:
    return "&".join(
        f"{name}={quote(value.encode('utf-8', 'surrogatepass'), safe='')}" for name, value in query
    )
