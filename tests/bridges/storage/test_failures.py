"""What the network refused can be tried again for a week."""

from attrs import evolve

from bridges.storage import failures
from bridges.storage.failures import KEPT_MS, Failure
from tests.bridges.storage.conftest import Write

FAILED = Failure("$said", "!room", "@alice:localhost", "$why", 1_000)


def test_it_is_found_by_the_message_and_by_what_was_said_about_it(write: Write) -> None:
    write(failures.add, FAILED)
    assert write(failures.find, "$said") == write(failures.find, "$why") == FAILED
    assert write(failures.find, "$other") is None


def test_what_fails_again_is_known_by_its_new_notice(write: Write) -> None:
    write(failures.add, FAILED)
    write(failures.add, evolve(FAILED, notice_id="$again"))
    assert write(failures.find, "$again").event_id == "$said"
    assert write(failures.find, "$why") is None


def test_it_is_taken_once(write: Write) -> None:
    write(failures.add, FAILED)
    assert write(failures.take, "$said") == FAILED
    assert write(failures.take, "$said") is None


def test_after_a_week_it_is_forgotten(write: Write) -> None:
    write(failures.add, FAILED)
    write(failures.add, Failure("$next", "!room", "@alice:localhost", "$w", KEPT_MS + 1_001))
    assert write(failures.find, "$said") is None
    assert write(failures.find, "$next") is not None
