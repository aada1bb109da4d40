"""Mistakes in the settings are told in words."""

import pytest

from bridges.networks.irc.settings import read


def test_a_host_is_enough_and_means_tls() -> None:
    settings = read({"host": "irc.example.org"})
    assert (settings.port, settings.tls) == (6697, True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "host"),
        ({"host": "a", "prot": 1}, "prot"),
        ({"host": "a", "port": "6667"}, "port"),
        ({"host": "a", "burst": True}, "burst"),
    ],
)
def test_mistakes_are_told_in_words(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(given)
