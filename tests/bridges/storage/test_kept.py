"""What sessions keep is theirs alone."""

from bridges.storage import kept
from tests.bridges.storage.conftest import Write


def test_each_login_finds_its_own_and_the_newest(write: Write) -> None:
    write(kept.keep, "alice", "place", "1")
    write(kept.keep, "alice", "place", "2")
    write(kept.keep, "bob", "place", "7")
    assert write(kept.kept, "alice", "place") == "2"
    assert write(kept.kept, "alice", "other") is None
    write(kept.forget, "alice")
    assert write(kept.kept, "alice", "place") is None
    assert write(kept.kept, "bob", "place") == "7"
