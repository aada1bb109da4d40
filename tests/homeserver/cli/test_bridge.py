"""`isthmus bridge`, while no server runs; `tests/bridging/test_set_up.py` does it beside one."""

import json
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from homeserver.cli import bridge_setup, exit_codes
from homeserver.cli.bridge_networks import Setting
from homeserver.cli.bridge_report import described, last_lines
from homeserver.cli.main import main
from tests.homeserver.cli.fake_server import FakeServer

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`isthmus bridge ...` for a server in `tmp_path`."""
    config = tmp_path / "hs.yaml"
    config.write_text("server_name: example.org\n")
    return lambda *words: main(["bridge", *words, "-c", str(config)], FakeServer)


def test_a_bridge_is_set_up_with_private_files_and_removed_again(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--set", "host=irc.example.org", "--set", "tls=no", "--admin", "@alice:example.org")
    assert run("add", "irc", "--name", "libera", *words, "--yes") == exit_codes.OK

    assert "starts with it" in capsys.readouterr().out
    folder = tmp_path / "bridges" / "libera"
    for name in ("bridge.yaml", "registration.yaml", "double-puppets.yaml"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    settings = yaml.safe_load((folder / "bridge.yaml").read_text())
    registration = yaml.safe_load((folder / "registration.yaml").read_text())
    puppets = yaml.safe_load((folder / "double-puppets.yaml").read_text())
    assert settings["network_settings"] == {"host": "irc.example.org", "tls": False}
    assert settings["homeserver"] == "http://127.0.0.1:8008"
    assert settings["permissions"]["@alice:example.org"] == "admin"
    assert settings["as_token"] == registration["as_token"]
    assert registration["sender_localpart"] == "liberabot"
    assert registration["url"] == f"http://{settings['listen']}"
    assert puppets["as_token"] == settings["puppets_token"]
    assert (puppets["url"], puppets["namespaces"]["users"][0]["exclusive"]) == (None, False)

    assert run("list") == exit_codes.OK
    assert "libera           stopped" in capsys.readouterr().out
    assert run("status", "libera") == exit_codes.FAILED
    (folder / "bridge.db").write_text("data")
    assert run("remove", "libera", "--yes") == exit_codes.OK
    assert [it.name for it in folder.iterdir()] == ["bridge.db"]
    assert run("remove", "libera", "--yes", "--data") == exit_codes.OK
    assert not folder.exists()


def test_two_bridges_get_names_and_ports_of_their_own(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("add", "echo", "--yes") == exit_codes.OK
    assert run("add", "echo", "--yes") == exit_codes.FAILED
    assert "There is a bridge echo already" in capsys.readouterr().err
    assert run("add", "echo", "--name", "canyon", "--yes") == exit_codes.OK

    read = [
        yaml.safe_load((tmp_path / "bridges" / name / "registration.yaml").read_text())
        for name in ("echo", "canyon")
    ]
    assert len({it["url"] for it in read}) == len({it["id"] for it in read}) == 2


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("add", "irc", "--yes"), exit_codes.USAGE, "Which server? Give it with --set host="),
        (("add", "irc", "--set", "host=a", "--set", "port=x"), exit_codes.FAILED, "port must be"),
        (("add", "irc", "--set", "host"), exit_codes.USAGE, "KEY=VALUE"),
        (("add", "nowhere"), exit_codes.FAILED, "There is no network nowhere"),
        (("add", "echo", "--name", "../up"), exit_codes.USAGE, "small letters"),
        (("remove", "echo"), exit_codes.FAILED, "There is no bridge echo"),
        (("logs", "echo"), exit_codes.FAILED, "There is no bridge echo"),
        (("restart", "echo"), exit_codes.FAILED, "not running"),
    ],
)
def test_what_goes_wrong_is_told_in_a_sentence_and_leaves_nothing(
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    status: int,
    said: str,
) -> None:
    assert run(*words) == status

    complaint = capsys.readouterr().err
    assert said in complaint
    assert "Traceback" not in complaint
    assert not list(tmp_path.glob("bridges/*/*.yaml"))


def test_a_port_that_is_taken_is_said_before_anything_is_written(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert run("add", "echo", "--port", port, "--yes") == exit_codes.FAILED
    assert f"Something else listens at port {port}." in capsys.readouterr().err
    assert not (tmp_path / "bridges" / "echo").exists()
    assert run("add", "echo", "--port", port, "--yes") == exit_codes.OK


def test_questions_are_asked_until_they_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Setting("host", "Which server?", "str", None, False, True)
    tls = Setting("tls", "With TLS?", "bool", True, False, True)
    quiet = Setting("quiet_s", "How long?", "float", 60.0, False, False)
    answers, asked = iter(["", "irc.example.org", ""]), []

    def answer(question: str) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    given = bridge_setup.answers_to([host, tls, quiet], {}, ask=True)

    assert given == {"host": "irc.example.org"}
    assert asked == ["Which server? ", "Which server? ", "With TLS? [yes] "]


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sesame\n")
    assert bridge_setup.given([f"token=@{tmp_path / 'token'}", "a=b=c"]) == {
        "token": "sesame",
        "a": "b=c",
    }


def test_the_state_of_a_bridge_is_told_in_words() -> None:
    state = {
        "name": "irc",
        "state": "running",
        "pid": 7,
        "since_ms": 1_000,
        "starts": 3,
        "last_end": "killed by SIGKILL",
        "sessions": ["running", "running", "logged out"],
        "url": "http://127.0.0.1:29330",
    }
    assert described(state, 181.0).split("\n") == [
        "irc: running",
        "  process  7, since 3 min",
        "  started  3 times; it ended by: killed by SIGKILL",
        "  logins   2 running, 1 logged out",
        "  listens  http://127.0.0.1:29330",
    ]
    assert json.dumps(state)


def test_the_last_lines_of_a_log_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "bridge.log"
    assert last_lines(path, 5) == []
    path.write_text("".join(f"line {number}\n" for number in range(100)))
    assert last_lines(path, 2) == ["line 98", "line 99"]
