import logging

import pytest

from homeserver.logs import logger
from homeserver.tasks import in_background


def test_what_nobody_waits_for_is_done_and_its_failure_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[str] = []

    async def work(fails: bool) -> None:
        done.append("work")
        if fails:
            raise ValueError("too late")

    with caplog.at_level(logging.ERROR):
        in_background(work(False), logger("test"), "the mail was not carried")
        assert caplog.messages == []
        in_background(work(True), logger("test"), "the mail was not carried")

    assert done == ["work", "work"]
    assert caplog.messages == ["the mail was not carried: too late"]
