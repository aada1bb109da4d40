"""The tables of the documentation say what the networks claim."""

from pathlib import Path

import pytest

from bridges.features import table
from bridges.kit.network import Network
from bridges.networks.echo.network import Echo
from bridges.networks.irc.network import Irc

PAGES = Path(__file__).resolve().parent.parent.parent / "docs/networks"


@pytest.mark.parametrize("network", [Echo, Irc], ids=lambda network: network.info.id)
def test_the_page_of_a_network_shows_its_table(network: type[Network]) -> None:
    """Else: python -m bridges features NETWORK"""
    assert table(network) in (PAGES / f"{network.info.id}.md").read_text()


def test_every_network_has_a_page() -> None:
    packages = PAGES.parent.parent.glob("bridges/networks/*/__init__.py")
    assert {path.parent.name for path in packages} == {path.stem for path in PAGES.glob("*.md")}
