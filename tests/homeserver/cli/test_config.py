"""`isthmus config`, and what all commands have in common."""

import json
from pathlib import Path

import pytest

from homeserver import __version__
from homeserver.cli.main import main
from tests.homeserver.cli.fake_server import FakeServer

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def settings_file(tmp_path: Path) -> str:
    path = tmp_path / "hs.yaml"
    path.write_text("server_name: example.org\nregistration: {shared_secret: sesame}\n")
    return str(path)


def isthmus(*arguments: str) -> int:
    return main(arguments, FakeServer)


def test_right_settings_pass_the_check(settings_file: str, capsys: Capture) -> None:
    assert isthmus("config", "check", "-c", settings_file) == 0
    assert "is right" in capsys.readouterr().out


def test_wrong_settings_have_a_status_of_their_own(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "hs.yaml").write_text("server_nam: example.org\n")

    assert isthmus("config", "check", "-c", str(tmp_path / "hs.yaml")) == 78
    assert "Did you mean 'server_name'?" in capsys.readouterr().err


def test_a_setting_is_explained_with_its_source(settings_file: str, capsys: Capture) -> None:
    assert isthmus("config", "explain", "server_name", "-c", settings_file) == 0

    said = capsys.readouterr().out
    assert "It can never change." in said
    assert f"now:     example.org (from {settings_file}, line 1)" in said


def test_programs_get_the_explanation_as_json(settings_file: str, capsys: Capture) -> None:
    assert isthmus("config", "explain", "registration", "--json", "-c", settings_file) == 0

    facts = {fact["key"]: fact for fact in json.loads(capsys.readouterr().out)}
    assert facts["registration.shared_secret"]["value"] == "(secret)"
    assert facts["registration.enabled"]["default"] is False


def test_settings_are_explained_before_there_are_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ISTHMUS_CONFIG", raising=False)
    monkeypatch.setattr("homeserver.cli.command._USUAL_PLACES", ("homeserver.yaml",))

    assert isthmus("config", "explain", "presence") == 0
    assert "presence.enabled" in capsys.readouterr().out


def test_an_unknown_setting_is_met_with_the_nearest(settings_file: str, capsys: Capture) -> None:
    assert isthmus("config", "explain", "registraton.enabled", "-c", settings_file) == 2
    assert "Did you mean 'registration.enabled'?" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["init", "run", "register-user", "doctor", "config"])
def test_every_command_helps_with_examples(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        isthmus(command, "--help")

    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert f"  isthmus {command}" in said
    assert "exit status:" in said


def test_it_tells_its_version(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        isthmus("--version")

    assert capsys.readouterr().out == f"isthmus {__version__}\n"


def test_a_wrong_command_line_has_a_status_of_its_own() -> None:
    with pytest.raises(SystemExit) as caught:
        isthmus("dance")

    assert caught.value.code == 2
