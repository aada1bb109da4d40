"""What operators may say about XMPP, and how mistakes are told."""

import pytest

from bridges.networks.xmpp.settings import read

COMPONENT = {"component": "matrix.example.org", "component_secret": "s"}


def test_nothing_at_all_is_enough_and_a_component_needs_a_secret() -> None:
    assert read({}).tls
    assert read(COMPONENT).component_server == "127.0.0.1:5347"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"server": "xmpp.test"}, "host:port"),
        (COMPONENT | {"component_server": "x"}, "component_server must be host:port"),
        (COMPONENT | {"component_secret": ""}, "and a secret"),
        (COMPONENT | {"component": "localhost"}, "a domain below"),
    ],
)
def test_mistakes_are_told_in_words(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(given)
