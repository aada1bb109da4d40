"""The tables of the documentation say what the networks claim."""

from pathlib import Path

import pytest

from bridges.features import named, table
from bridges.set_up import names

PAGES = Path(__file__).resolve().parent.parent.parent / "docs/networks"


@pytest.mark.parametrize("name", names())
def test_the_page_of_a_network_shows_its_table(name: str) -> None:
    """Else: python -m bridges features NETWORK"""
    assert table(named(name)) in (PAGES / f"{name}.md").read_text()


def test_every_network_has_a_page() -> None:
    assert set(names()) == {path.stem for path in PAGES.glob("*.md")}
