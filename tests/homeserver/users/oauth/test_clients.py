"""What apps may say of themselves."""

import json
from typing import Any

import pytest

from tests.browser import App


def test_the_same_app_is_kept_once(app: App) -> None:
    first = app.client_id

    assert app.registers()["client_id"] == first
    assert app.registers(client_name="Example app 2")["client_id"] != first


def test_what_is_not_understood_is_left_out(app: App) -> None:
    answer = app.registers(
        grant_types=["authorization_code", "refresh_token", "password"],
        response_types=["code", "token"],
        colour="green",
        **{"client_name#fr": "Une application"},
    )

    assert answer["grant_types"] == ["authorization_code", "refresh_token"]
    assert answer["response_types"] == ["code"]
    assert not {"colour", "client_name#fr"} & answer.keys()


SENSELESS: list[tuple[dict[str, Any], str]] = [
    ({"client_uri": None}, "invalid_client_metadata"),
    ({"client_uri": "http://example.com/"}, "invalid_client_metadata"),
    ({"client_uri": "https://me:secret@example.com/"}, "invalid_client_metadata"),
    ({"client_uri": ["https://example.com/"]}, "invalid_client_metadata"),
    ({"token_endpoint_auth_method": "client_secret_basic"}, "invalid_client_metadata"),
    ({"application_type": "toaster"}, "invalid_client_metadata"),
    ({"grant_types": "authorization_code"}, "invalid_client_metadata"),
    ({"policy_uri": "https://elsewhere.org/policy"}, "invalid_client_metadata"),
    ({"redirect_uris": []}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://elsewhere.org/"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://example.com/"] * 2 + [7]}, "invalid_client_metadata"),
    ({"redirect_uris": [f"https://example.com/{n}" for n in range(21)]}, "invalid_redirect_uri"),
]


@pytest.mark.parametrize(("changes", "error"), SENSELESS)
def test_senseless_descriptions_are_refused(app: App, changes: dict[str, Any], error: str) -> None:
    metadata = {
        "client_uri": "https://example.com/",
        "redirect_uris": ["https://example.com/back"],
        **changes,
    }

    status, answer = app.asks("/_isthmus/oauth/register", json.dumps(metadata).encode())

    assert (status, answer["error"]) == (400, error)


def test_what_is_no_json_is_refused_as_oauth_says_it(app: App) -> None:
    for body in (b"", b"{", b"[]"):
        status, answer = app.asks("/_isthmus/oauth/register", body)
        assert (status, answer["error"]) == (400, "invalid_client_metadata")
