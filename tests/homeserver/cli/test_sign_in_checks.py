"""The doctor looks at those through whom people sign in."""

import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from homeserver.cli import sign_in_checks
from homeserver.config.load import load
from tests.homeserver.cli.http_answers import HttpAnswers, http_answers
from tests.homeserver.cli.test_doctor import Patient, patient

__all__ = ["patient"]

DISCOVERY, KEYS = "GET /.well-known/openid-configuration", "GET /jwks"


def key() -> dict[str, Any]:
    to_jwk: Any = jwt.algorithms.ECAlgorithm.to_jwk
    return {**to_jwk(generate_private_key(SECP256R1()).public_key(), as_dict=True), "kid": "1"}


@pytest.fixture
def provider() -> Iterator[HttpAnswers]:
    with http_answers({}) as answers:
        url = answers.url
        answers.answers[KEYS] = (200, {"keys": [key()]})
        answers.answers[DISCOVERY] = (
            200,
            {
                "issuer": url,
                "authorization_endpoint": f"{url}/authorize",
                "token_endpoint": f"{url}/token",
                "jwks_uri": f"{url}/jwks",
            },
        )
        yield answers


def examined(patient: Patient, issuer: str, **more: Any) -> dict[str, Any]:
    one = {"id": "example", "name": "E", "issuer": issuer, "client_id": "x", **more}
    wanted = {"openid": [one]}
    found = patient.examine(f"single_sign_on: {json.dumps(wanted)}\n", offline=False)
    return dict(found["sign-in"])


def test_a_provider_that_is_who_we_think_is_well(patient: Patient, provider: HttpAnswers) -> None:
    assert examined(patient, provider.url)["severity"] == "ok"


def test_a_provider_that_is_away_is_a_problem(patient: Patient) -> None:
    found = examined(patient, "http://127.0.0.1:1")

    assert found["severity"] == "problem" and "example" in found["text"]


def test_a_provider_of_another_name_is_a_problem(patient: Patient, provider: HttpAnswers) -> None:
    provider.answers[DISCOVERY][1]["issuer"] = "https://another.example"

    found = examined(patient, provider.url)

    assert found["severity"] == "problem" and "letter for letter" in found["remedy"]


@pytest.mark.parametrize("answer", [(500, {}), (200, b"<html>"), (200, [])], ids=str)
def test_senseless_answers_are_a_problem(
    patient: Patient, provider: HttpAnswers, answer: tuple[int, Any]
) -> None:
    provider.answers[DISCOVERY] = answer

    assert examined(patient, provider.url)["severity"] == "problem"


def test_a_provider_whose_keys_cannot_be_used_is_a_problem(
    patient: Patient, provider: HttpAnswers
) -> None:
    provider.answers[KEYS] = (200, {"keys": [{"kty": "oct", "k": "AAAA", "kid": "1"}]})

    found = examined(patient, provider.url)

    assert found["severity"] == "problem" and "keys" in found["text"]


def test_a_provider_that_tells_of_no_ended_sessions_is_noted(
    patient: Patient, provider: HttpAnswers
) -> None:
    wanted = {"id": "e", "name": "E", "issuer": provider.url, "client_id": "x"}
    settings = {"openid": [{**wanted, "ends_sessions": True}]}
    path = patient.folder / "hs.yaml"

    patient.examine(f"single_sign_on: {json.dumps(settings)}\n", offline=False)
    checked = list(sign_in_checks.providers(load(path, {}).settings))

    assert [it.severity for it in checked] == ["warning", "ok"]


def test_a_directory_that_is_away_is_a_problem(patient: Patient) -> None:
    wanted = {"ldap": {"uri": "ldap://127.0.0.1:1", "base": "dc=example"}}

    found = patient.examine(f"single_sign_on: {json.dumps(wanted)}\n", offline=False)

    assert found["sign-in"]["severity"] == "problem"
    assert "bind_dn" in found["sign-in"]["remedy"]
