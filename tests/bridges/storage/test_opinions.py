"""Who does not want to be spoken for is not."""

from bridges.storage import opinions
from tests.bridges.storage.conftest import Write

ALICE = "@alice:localhost"


def test_an_opinion_may_be_said_twice_and_changed(write: Write) -> None:
    assert not write(opinions.wants_no_puppet, ALICE)
    for _ in range(2):
        write(opinions.set_puppet, ALICE, False)
        assert write(opinions.wants_no_puppet, ALICE)
    for _ in range(2):
        write(opinions.set_puppet, ALICE, True)
        assert not write(opinions.wants_no_puppet, ALICE)
