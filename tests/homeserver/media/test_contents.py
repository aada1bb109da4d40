"""Small files are read at once where that needs no disk."""

from pathlib import Path

import pytest

from homeserver.media import contents
from homeserver.media.contents import AT_HAND_BYTES, at_hand


def test_what_the_kernel_has_is_read_at_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")

    assert at_hand(file, 2, 5) in (b"23456", None), "None where the file system cannot tell"


def test_a_thumbnail_of_usual_size_goes_out_in_one_piece(tmp_path: Path) -> None:
    file = tmp_path / "thumbnail"
    file.write_bytes(bytes(AT_HAND_BYTES))

    data = at_hand(file, 0, AT_HAND_BYTES)

    assert data is None or len(data) == AT_HAND_BYTES, "None where the file system cannot tell"
    assert at_hand(file, 0, AT_HAND_BYTES + 1) is None


def test_nothing_is_made_up(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"short")

    assert at_hand(file, 0, 50) is None
    assert at_hand(tmp_path / "none", 0, 5) is None
    assert at_hand(file, 0, 100_000_000) is None


def test_other_systems_read_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"short")
    monkeypatch.setattr(contents, "NOT_WAITING", None)

    assert at_hand(file, 0, 5) is None
