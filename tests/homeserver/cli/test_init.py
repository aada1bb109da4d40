"""`isthmus init`: settings and keys that the server can start with, and nothing overwritten."""

import json
import stat
from pathlib import Path

import pytest

from homeserver.cli.main import main
from homeserver.config.load import load
from homeserver.config.settings import Settings
from homeserver.config.storage import PostgresqlDatabase
from tests.homeserver.cli.fake_server import FakeServer


def isthmus(*arguments: str) -> int:
    return main(arguments, FakeServer)


def init(folder: Path, *arguments: str, name: str = "example.org") -> Settings:
    assert isthmus("init", "--server-name", name, "--data-dir", str(folder), *arguments) == 0
    return load(folder / "homeserver.yaml", {}).settings


def test_it_writes_what_the_server_starts_with(tmp_path: Path) -> None:
    settings = init(tmp_path / "data")

    assert settings.server_name == "example.org"
    assert settings.signing_key_path.read_text().startswith("ed25519 a_")
    assert settings.registration.needs == "token"
    assert len(settings.registration.shared_secret or "") == 48
    assert settings.registration.first_admin_token_path == tmp_path / "data" / "first_admin_token"


def test_only_the_owner_can_read_what_it_writes(tmp_path: Path) -> None:
    init(tmp_path / "data")

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    assert modes == {0o600}


def test_it_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    assert isthmus("init", "--server-name", "example.net", "--data-dir", str(tmp_path)) == 1

    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert "exists" in capsys.readouterr().err


def test_a_wrong_answer_leaves_nothing_behind(tmp_path: Path) -> None:
    assert isthmus("init", "--server-name", "a b", "--data-dir", str(tmp_path)) == 78
    assert (
        isthmus("init", "--server-name", "a.b", "--database", "x", "--data-dir", str(tmp_path)) == 2
    )
    assert list(tmp_path.iterdir()) == []


def test_without_a_name_and_a_terminal_it_asks_for_the_flag(tmp_path: Path) -> None:
    assert isthmus("init", "--data-dir", str(tmp_path)) == 2


def test_the_database_can_be_postgresql(tmp_path: Path) -> None:
    settings = init(tmp_path, "--database", "postgresql://isthmus@localhost/isthmus")

    assert isinstance(settings.database, PostgresqlDatabase)
    assert settings.database.dsn == "postgresql://isthmus@localhost/isthmus"


def test_a_local_server_is_reached_at_its_port(tmp_path: Path) -> None:
    settings = init(tmp_path, "--port", "9008", "--registration", "open", name="localhost")

    assert settings.baseurl == "http://localhost:9008"
    assert settings.registration.enabled
    assert settings.registration.needs == "nothing"


def test_the_next_steps_name_dns_proxy_and_well_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path, "--public-baseurl", "https://matrix.example.org")

    said = capsys.readouterr().out
    assert "DNS: let matrix.example.org lead to this machine" in said
    assert "reverse_proxy 127.0.0.1:8008" in said
    assert '{"m.server": "matrix.example.org:443"}' in said


def test_programs_get_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(tmp_path, "--json")

    assert json.loads(capsys.readouterr().out)["public_baseurl"] == "https://example.org"
