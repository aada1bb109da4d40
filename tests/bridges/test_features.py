"""The tables of the documentation say what the networks claim."""

from pathlib import Path

import pytest

from bridges.features import named, table
from bridges.kit.abilities import METHODS
from bridges.set_up import names

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGES = DOCS / "networks"


@pytest.mark.parametrize("name", names())
def test_the_page_of_a_network_shows_its_table(name: str) -> None:
    """Else: python -m bridges features NETWORK"""
    assert table(named(name)) in (PAGES / f"{name}.md").read_text()


def test_every_network_has_a_page() -> None:
    assert set(names()) == {path.stem for path in PAGES.glob("*.md")}


def test_who_writes_a_network_finds_every_ability() -> None:
    page = (DOCS / "add-a-network.md").read_text()
    for method in (method for methods in METHODS.values() for method in methods):
        assert f"`{method}`" in page, method
