"""`isthmus doctor` finds what is wrong and says how to mend it."""

import json
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeserver import signing_key
from homeserver.cli.main import main
from homeserver.randomness import system_random
from tests.homeserver.cli.fake_server import FakeServer
from tests.homeserver.cli.http_answers import HttpAnswers, http_answers

VERSIONS = "GET /_matrix/client/versions"


class Patient:
    """A server's folder, and what the doctor says of it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def examine(self, settings: str = "", *, offline: bool = True) -> dict[str, Any]:
        """Findings by check, and the exit status under "status"."""
        path = self.folder / "hs.yaml"
        port = f"listeners: [{{port: {self.port}}}]\n" if "listeners" not in settings else ""
        path.write_text(f"server_name: localhost\n{port}{settings}")
        flags = ["--json", "--offline"] if offline else ["--json"]
        status = main(["doctor", "-c", str(path), *flags], FakeServer)
        findings = json.loads(self._capsys.readouterr().out)
        return {finding["check"]: finding for finding in findings} | {"status": status}


@pytest.fixture
def patient(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Patient:
    signing_key.make(tmp_path / "signing.key", system_random)
    return Patient(tmp_path, capsys)


@pytest.fixture
def neighbour() -> Iterator[HttpAnswers]:
    with http_answers({VERSIONS: (200, {"versions": ["v1.19"]})}) as answers:
        yield answers


def test_a_fresh_server_is_well(patient: Patient) -> None:
    found = patient.examine()

    assert found["status"] == 0
    assert found["database"]["severity"] == "ok"
    assert found["listeners"]["text"] == f"http://127.0.0.1:{patient.port} is free."


def test_wrong_settings_are_a_problem(patient: Patient) -> None:
    found = patient.examine("presense: {}")

    assert found["status"] == 1
    assert "Did you mean 'presence'?" in found["settings"]["text"]


def test_a_database_that_is_none_is_a_problem(patient: Patient) -> None:
    (patient.folder / "homeserver.db").write_text("this is no database, however long it may be")

    assert patient.examine()["database"]["severity"] == "problem"


def test_a_database_in_use_is_no_problem(patient: Patient) -> None:
    connection = sqlite3.connect(patient.folder / "homeserver.db")
    connection.execute("CREATE TABLE events (id)")

    assert patient.examine()["database"]["severity"] == "ok"
    connection.close()


def test_postgresql_that_does_not_answer_is_a_problem(patient: Patient) -> None:
    dsn = f"host=127.0.0.1 port={patient.port} dbname=x"
    found = patient.examine(f"database: {{engine: postgresql, dsn: '{dsn}'}}")

    assert "refused" in found["database"]["text"]


def test_postgresql_that_answers_is_well(patient: Patient, postgresql_dsn: str) -> None:
    found = patient.examine(f"database: {{engine: postgresql, dsn: '{postgresql_dsn}'}}")

    assert found["database"] == {
        "check": "database",
        "severity": "ok",
        "text": "PostgreSQL answers.",
        "remedy": "",
    }


def test_a_key_that_others_can_read_is_a_problem(patient: Patient) -> None:
    (patient.folder / "signing.key").chmod(0o644)

    found = patient.examine()

    assert found["status"] == 1
    assert found["signing key"]["remedy"].startswith("chmod 600")


def test_a_key_that_is_none_is_a_problem(patient: Patient) -> None:
    (patient.folder / "signing.key").write_text("")

    assert "holds no key" in patient.examine()["signing key"]["text"]


def test_a_missing_key_is_a_warning(patient: Patient) -> None:
    (patient.folder / "signing.key").unlink()

    found = patient.examine()

    assert found["signing key"]["severity"] == "warning"
    assert found["status"] == 0


def test_a_stranger_on_our_port_is_a_problem(patient: Patient, neighbour: HttpAnswers) -> None:
    neighbour.answers[VERSIONS] = (200, b"<html>")
    patient.port = neighbour.port

    found = patient.examine()

    assert "no homeserver answers" in found["listeners"]["text"]
    assert found["status"] == 1


def test_an_address_of_another_machine_is_a_problem(patient: Patient) -> None:
    found = patient.examine(f"listeners: [{{port: {patient.port}, bind_addresses: [192.0.2.1]}}]")

    assert found["listeners"]["severity"] == "problem"


def test_a_server_that_runs_is_well(patient: Patient, neighbour: HttpAnswers) -> None:
    patient.port = neighbour.port

    found = patient.examine(f"public_baseurl: {neighbour.url}", offline=False)

    assert found["listeners"]["text"].startswith("A homeserver answers")
    assert found["public_baseurl"]["severity"] == "ok"


def test_a_server_for_this_machine_need_not_run(patient: Patient) -> None:
    found = patient.examine(f"public_baseurl: http://127.0.0.1:{patient.port}", offline=False)

    assert found["public_baseurl"]["severity"] == "warning"
    assert found["status"] == 0


def test_open_registration_on_a_public_server_is_a_warning(patient: Patient) -> None:
    found = patient.examine("registration: {enabled: true}")

    assert found["registration"]["severity"] == "warning"
