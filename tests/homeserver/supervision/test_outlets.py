"""What bridges say is kept, line by line, within bounds."""

import stat
from pathlib import Path

import pytest

from homeserver.supervision import outlets
from homeserver.supervision.outlets import MAX_LINE, Lines, into_file


def test_lines_come_whole_however_they_are_cut() -> None:
    said: list[str] = []
    lines = Lines(said.append)

    assert lines.feed(b"one\ntw") == ["one"]
    assert lines.feed("o\r\nünd ".encode()) == ["two"]
    assert lines.end() == ["ünd "]
    assert said == ["one", "two", "ünd "]


def test_a_line_without_end_is_cut() -> None:
    said: list[str] = []
    lines = Lines(said.append)

    for _ in range(10):
        lines.feed(b"x" * 4096)

    assert len(said) >= 2
    assert max(map(len, said)) <= MAX_LINE


def test_files_are_bounded_and_the_newest_words_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlets, "MAX_FILE", 1000)
    outlet = into_file(tmp_path / "bridge.log")

    for number in range(500):
        outlet(f"line {number}")

    files = sorted(it.name for it in tmp_path.iterdir())
    assert files == ["bridge.log", "bridge.log.1", "bridge.log.2", "bridge.log.3"]
    assert (tmp_path / "bridge.log").read_text().endswith("line 499\n")
    assert all(it.stat().st_size <= 1000 for it in tmp_path.iterdir())
    assert stat.S_ISREG((tmp_path / "bridge.log").stat().st_mode)
