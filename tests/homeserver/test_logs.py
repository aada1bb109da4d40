"""A line of the log is one line, with the request's id, and no stranger can stretch it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from homeserver import logs


@pytest.fixture(autouse=True)
def unchanged_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = raising
    logs.request_id.set("")


def lines(log_format: str, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    logs.configure(level, log_format, stream)
    return stream


def test_a_line_tells_the_request_and_its_facts() -> None:
    stream = lines("text")
    logs.request_id.set("Ab1")

    logs.logger("homeserver.rooms").info("joined a room", extra={"room_id": "!a:b", "members": 3})

    assert stream.getvalue().endswith(
        'info    homeserver.rooms request=Ab1 "joined a room" room_id=!a:b members=3\n'
    )


def test_programs_read_json() -> None:
    stream = lines("json")

    logs.logger("homeserver.rooms").warning("slow", extra={"seconds": 1.5})

    facts = json.loads(stream.getvalue())
    assert facts.pop("time").endswith("Z")
    assert facts == {
        "level": "warning",
        "logger": "homeserver.rooms",
        "message": "slow",
        "seconds": 1.5,
    }


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_what_a_stranger_sends_cannot_begin_a_line(log_format: str) -> None:
    stream = lines(log_format)

    logs.logger("x").info("from %s", "a\n2026-08-01 forged", extra={"agent": "b\r\nforged"})
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logs.logger("x").exception("failed")

    assert stream.getvalue().count("\n") == 2
    assert "\r" not in stream.getvalue()


def test_a_long_value_is_cut() -> None:
    stream = lines("json")

    logs.logger("x").info("y", extra={"agent": "a" * 10_000})

    assert len(stream.getvalue()) < 1000


def test_the_level_can_change() -> None:
    stream = lines("text", "warning")

    logs.logger("x").info("first")
    logs.set_level("debug")
    logs.logger("x").info("second")

    assert "first" not in stream.getvalue()
    assert "second" in stream.getvalue()
