"""`isthmus register-user` proves that it knows the shared secret, and says what the server says."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeserver.cli.main import main
from tests.homeserver.cli.fake_server import FakeServer
from tests.homeserver.cli.http_answers import HttpAnswers, http_answers

Capture = pytest.CaptureFixture[str]

PATH = "/_synapse/admin/v1/register"
CREATED = {"user_id": "@alice:example.org", "access_token": "syt", "device_id": "D"}


@pytest.fixture
def server() -> Iterator[HttpAnswers]:
    answers = {f"GET {PATH}": (200, {"nonce": "n0nce"}), f"POST {PATH}": (200, CREATED)}
    with http_answers(answers) as prepared:
        yield prepared


@pytest.fixture
def config(tmp_path: Path, server: HttpAnswers) -> str:
    path = tmp_path / "hs.yaml"
    path.write_text(
        "server_name: example.org\n"
        "registration: {shared_secret: sesame}\n"
        f"listeners: [{{port: {server.port}, resources: [admin], bind_addresses: [0.0.0.0]}}]\n"
    )
    return str(path)


def isthmus(*arguments: str) -> int:
    return main(["register-user", *arguments], FakeServer)


def expected_mac(*parts: str) -> str:
    return hmac.new(b"sesame", "\0".join(parts).encode(), hashlib.sha1).hexdigest()


def test_an_account_is_made_with_the_secret_of_the_settings(
    server: HttpAnswers, config: str, capsys: Capture
) -> None:
    assert isthmus("-c", config, "-u", "alice", "-p", "wörld", "--admin") == 0

    assert server.bodies == [
        {
            "nonce": "n0nce",
            "username": "alice",
            "password": "wörld",
            "admin": True,
            "mac": expected_mac("n0nce", "alice", "wörld", "admin"),
        }
    ]
    assert capsys.readouterr().out == "@alice:example.org exists now, an administrator.\n"


def test_server_and_secret_can_be_given_without_settings(
    server: HttpAnswers, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "secret").write_text("sesame\n")
    (tmp_path / "password").write_text("wonderland\n")
    files = (
        "--shared-secret-file",
        f"{tmp_path}/secret",
        "--password-file",
        f"{tmp_path}/password",
    )

    assert isthmus("-u", "alice", *files, "--json", server.url + "/") == 0

    (body,) = server.bodies
    assert body["mac"] == expected_mac("n0nce", "alice", "wonderland", "notadmin")
    assert json.loads(capsys.readouterr().out) == CREATED


def test_a_refusal_is_told_in_the_words_of_the_server(
    server: HttpAnswers, config: str, capsys: Capture
) -> None:
    refusal = {"errcode": "M_USER_IN_USE", "error": "This name is taken."}
    server.answers[f"POST {PATH}"] = (400, refusal)

    assert isthmus("-c", config, "-u", "alice", "-p", "x", "--no-admin") == 1
    assert capsys.readouterr().err == "The server refused: This name is taken. (M_USER_IN_USE)\n"


def test_who_is_no_homeserver_is_found_out(
    server: HttpAnswers, config: str, capsys: Capture
) -> None:
    server.answers[f"GET {PATH}"] = (200, b"<html>")

    assert isthmus("-c", config, "-u", "alice", "-p", "x") == 1
    assert "is no homeserver" in capsys.readouterr().err


def test_a_server_that_does_not_run_is_told(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "secret").write_text("sesame")
    with http_answers({}) as gone:
        pass

    assert (
        isthmus("-u", "a", "-p", "x", "--shared-secret-file", f"{tmp_path}/secret", gone.url) == 1
    )
    assert "Is it running?" in capsys.readouterr().err


def test_without_a_shared_secret_the_settings_are_to_blame(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "hs.yaml").write_text("server_name: example.org\n")

    assert isthmus("-c", f"{tmp_path}/hs.yaml", "-u", "alice", "-p", "x") == 78
    assert "registration.shared_secret" in capsys.readouterr().err


def test_without_a_terminal_nothing_is_asked(config: str, capsys: Capture) -> None:
    assert isthmus("-c", config, "-p", "x") == 2
    assert isthmus("-c", config, "-u", "alice") == 2
    assert "--password-file" in capsys.readouterr().err
