"""Logs for people and for programs."""

import json
import logging

import pytest

from bridges.logs import AsJson


def test_a_line_is_an_object_whatever_it_says() -> None:
    record = logging.LogRecord("bridge", logging.WARNING, "x.py", 1, 'a "b"\n%s', ("ü",), None)
    line = AsJson().format(record)
    assert "\n" not in line
    said = json.loads(line)
    assert (said["level"], said["logger"], said["message"]) == ("warning", "bridge", 'a "b"\nü')


def test_a_mistake_comes_with_its_place() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 / 0
    info = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("bridge", logging.ERROR, "x.py", 1, "oh", (), info)
    assert "ZeroDivisionError" in json.loads(AsJson().format(record))["error"]
