"""Each login has a space, and a room may stand in several."""

from bridges.storage import spaces
from tests.bridges.storage.conftest import Write


def test_a_space_is_found_again(write: Write) -> None:
    assert write(spaces.space_of, "alice") is None
    write(spaces.save_space, "alice", "!old")
    write(spaces.save_space, "alice", "!new")
    assert write(spaces.space_of, "alice") == "!new"


def test_a_room_is_taken_out_of_all_its_spaces(write: Write) -> None:
    for login in ("alice", "bob", "alice"):
        write(spaces.add_child, login, "!room")
    assert write(spaces.has_child, "alice", "!room")
    assert sorted(write(spaces.take_child, "!room")) == ["alice", "bob"]
    assert not write(spaces.has_child, "alice", "!room")
    assert write(spaces.take_child, "!room") == []
