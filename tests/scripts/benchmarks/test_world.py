from pathlib import Path

from scripts.benchmarks.people import Person
from scripts.benchmarks.world import FULL, QUICK, World


def test_a_world_is_the_same_after_it_was_saved(tmp_path: Path) -> None:
    world = World(
        senders=[Person("@a:localhost", "token", "0")],
        sender_rooms=["!r"],
        speaker=Person("@s:localhost", "other", "1"),
        square="!square",
    )

    world.save(tmp_path / "world.json")

    assert World.load(tmp_path / "world.json") == world


def test_worlds_of_different_sizes_have_different_labels() -> None:
    assert FULL.label != QUICK.label
