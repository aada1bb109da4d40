"""The doctor looks at those with whom the server works."""

import json
import socket
import sqlite3
from pathlib import Path
from threading import Thread

import pytest

from tests.homeserver.cli.http_answers import http_answers
from tests.homeserver.cli.test_doctor import Patient, patient

__all__ = ["patient"]

PING = "POST /_matrix/app/v1/ping"
REGISTRATION = {
    "id": "irc",
    "as_token": "as-secret",
    "hs_token": "hs-secret",
    "sender_localpart": "_irc_bot",
    "namespaces": {"users": [{"exclusive": True, "regex": "@_irc_.*"}]},
}


def registered(folder: Path, url: str) -> str:
    """A setting that names the service's file."""
    file = folder / "irc.yaml"
    file.write_text(json.dumps({**REGISTRATION, "url": url}))
    return f"appservice_config_files: ['{file}']\n"


def test_a_service_that_answers_is_well(patient: Patient) -> None:
    with http_answers({PING: (200, {})}) as service:
        found = patient.examine(registered(patient.folder, service.url), offline=False)

    assert found["appservices"]["severity"] == "ok"
    assert service.bodies == [{"transaction_id": "doctor"}]


@pytest.mark.parametrize("status", [401, 403])
def test_a_service_that_does_not_know_us_is_a_problem(patient: Patient, status: int) -> None:
    with http_answers({PING: (status, {"errcode": "M_FORBIDDEN"})}) as service:
        found = patient.examine(registered(patient.folder, service.url), offline=False)

    assert found["appservices"]["severity"] == "problem"
    assert "hs_token" in found["appservices"]["text"]


def test_a_service_that_is_older_than_pings_is_well(patient: Patient) -> None:
    with http_answers({}) as service:
        found = patient.examine(registered(patient.folder, service.url), offline=False)

    assert found["appservices"]["severity"] == "ok"


def test_a_service_that_is_away_is_a_problem(patient: Patient) -> None:
    found = patient.examine(registered(patient.folder, "http://127.0.0.1:1"), offline=False)

    assert found["appservices"]["severity"] == "problem"
    assert found["status"] == 1


def test_a_broken_registration_is_a_problem(patient: Patient) -> None:
    (patient.folder / "irc.yaml").write_text("id: 7")

    settings = f"appservice_config_files: ['{patient.folder / 'irc.yaml'}']\n"
    found = patient.examine(settings, offline=False)

    assert found["appservices"]["severity"] == "problem"


def mail_settings(port: int, more: str = "") -> str:
    return f"mail: {{host: 127.0.0.1, port: {port}, tls: none{more}}}\n"


def test_a_mail_server_that_lets_us_in_is_well(patient: Patient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        thread = Thread(target=speak_smtp, args=(listening,), daemon=True)
        thread.start()
        found = patient.examine(mail_settings(port), offline=False)
        thread.join(5)

    assert found["mail"]["severity"] == "ok"


def test_a_mail_server_that_takes_no_password_is_a_problem(patient: Patient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        thread = Thread(target=speak_smtp, args=(listening,), daemon=True)
        thread.start()
        settings = mail_settings(port, ", user: us, password: wrong")
        found = patient.examine(settings, offline=False)
        thread.join(5)

    assert found["mail"]["severity"] == "problem"
    assert "password" in found["mail"]["text"]


def speak_smtp(listening: socket.socket) -> None:
    """One conversation, in which no password is right."""
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 mail.example.org\r\n")
        for line in lines:
            word = line[:4].upper()
            if word == b"EHLO":
                connection.sendall(b"250-mail.example.org\r\n250 AUTH PLAIN\r\n")
            elif word == b"AUTH":
                connection.sendall(b"535 no\r\n")
            elif word == b"QUIT":
                connection.sendall(b"221 bye\r\n")
            else:
                connection.sendall(b"250 ok\r\n")


def test_a_mail_server_that_is_away_is_a_problem(patient: Patient) -> None:
    assert patient.examine(mail_settings(1), offline=False)["mail"]["severity"] == "problem"


def test_gateways_that_take_nothing_are_named(patient: Patient) -> None:
    settings = "database: {path: h.db}\n"
    file = sqlite3.connect(patient.folder / "h.db")
    file.execute("CREATE TABLE push_pauses (name, since_ts, retry_ts, wait_ms)")
    file.commit()
    assert patient.examine(settings)["push"]["severity"] == "ok"

    file.execute("INSERT INTO push_pauses VALUES ('https://push.example.org', 0, 0, 0)")
    file.commit()
    file.close()

    found = patient.examine(settings)["push"]
    assert found["severity"] == "warning"
    assert "push.example.org" in found["text"]
