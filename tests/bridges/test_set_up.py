"""Another program sets a bridge up, and needs to know no network for it."""

import json
from pathlib import Path

import pytest
import yaml

from bridges.kit.settings import questions
from bridges.networks.irc import SETTINGS
from bridges.set_up import create, described, names
from bridges.settings import WrongSettings, read


def answers(**changes: object) -> str:
    given = {"host": "irc.example.org", "port": "6667", "tls": "No"}
    base = {"network": "irc", "domain": "example.org", "network_settings": given}
    return json.dumps({**base, **changes})


def test_a_network_says_what_it_wants_to_know() -> None:
    assert {"echo", "irc"} <= set(names())
    asked = {it["name"]: it for it in described("irc")["settings"]}
    assert (asked["host"]["default"], asked["port"]["kind"]) == (None, "int")
    assert asked["server_password"]["is_secret"] is True
    assert described("echo")["settings"] == []


def test_answers_become_settings_and_registrations(tmp_path: Path) -> None:
    created = create(answers(prefix="libera"), tmp_path / "bridge.yaml")

    settings = read(tmp_path / "bridge.yaml")
    assert settings.network_settings == {"host": "irc.example.org", "port": 6667, "tls": False}
    registration = yaml.safe_load(created["registration"])
    puppets = yaml.safe_load(created["double_puppets"])
    assert registration["as_token"] == settings.as_token
    assert registration["sender_localpart"] == "liberabot"
    assert (registration["org.matrix.msc3202"], registration["io.element.msc4190"]) == (True, True)
    assert puppets["as_token"] == settings.puppets_token
    assert puppets["namespaces"]["users"] == [{"exclusive": False, "regex": "@.*:example\\.org"}]
    assert puppets["url"] is None and puppets["id"] != registration["id"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "Answers are an object"),
        ("{}", "Answers are an object"),
        (answers(network="nowhere"), "no network nowhere"),
        (answers(network_settings={}), "needs network_settings with host"),
        (answers(network_settings={"host": "a", "port": "x"}), "port must be of the type int"),
        (answers(network_settings={"host": "a", "tls": "maybe"}), "tls must be yes or no"),
        (answers(network_settings={"hots": "a"}), "no setting hots"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(WrongSettings, match=said):
        create(text, tmp_path / "bridge.yaml")
    assert not list(tmp_path.iterdir())


def test_the_settings_that_are_described_are_those_that_are_read() -> None:
    assert [it.name for it in questions(SETTINGS) if it.default is None] == ["host"]
    assert [it.name for it in questions(SETTINGS) if it.is_asked] == [
        "host",
        "port",
        "tls",
        "shared_rooms",
    ]
