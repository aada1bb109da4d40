"""Migrations go forward, each once."""

from pathlib import Path

import pytest

from bridges.storage.database import SCHEMA, migrations


def test_migrations_have_numbers_of_their_own() -> None:
    assert list(migrations(SCHEMA)) == list(range(1, len(migrations(SCHEMA)) + 1))


def test_a_number_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    for name in ("0001_a.sql", "0001_b.sql"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="the same number"):
        migrations(tmp_path)
