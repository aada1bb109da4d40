"""An independent client of OAuth 2.0 signs in, renews its tokens and signs out: authlib."""

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session

from tests.browser import PASSWORD, VERIFIER, FormReader

WAY_BACK = "https://app.example.com/back"
SCOPE = "urn:matrix:client:api:* urn:matrix:client:device:AUTHLIB"


def found(base: str) -> dict[str, str]:
    answer: dict[str, str] = requests.get(f"{base}/_matrix/client/v1/auth_metadata").json()
    return answer


def agrees(url: str) -> str:
    """A new user makes an account and agrees; where the browser is sent then."""
    browser = requests.Session()
    page = browser.get(url)
    action, fields = FormReader(page.text).forms[-1]
    home = url.partition("/_isthmus")[0]
    given = {"username": "authlib", "password": PASSWORD, "repeated": PASSWORD}
    page = browser.post(home + action, data={**fields, **given})
    action, fields = FormReader(page.text).forms[-1]
    answer = browser.post(home + action, data={**fields, "decision": "yes"}, allow_redirects=False)
    return answer.headers["Location"]


def test_authlib_signs_in_renews_and_signs_out(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    server = found(base)
    app = requests.post(
        server["registration_endpoint"],
        json={
            "client_uri": "https://example.com/",
            "redirect_uris": [WAY_BACK],
            "grant_types": ["authorization_code", "refresh_token"],
        },
    ).json()
    client = OAuth2Session(
        app["client_id"],
        token_endpoint_auth_method="none",
        revocation_endpoint_auth_method="none",
        scope=SCOPE,
        redirect_uri=WAY_BACK,
        code_challenge_method="S256",
    )
    url, state = client.create_authorization_url(
        server["authorization_endpoint"], code_verifier=VERIFIER, prompt="create"
    )

    back = agrees(url)
    token = client.fetch_token(
        server["token_endpoint"], authorization_response=back, code_verifier=VERIFIER, state=state
    )
    whoami = f"{base}/_matrix/client/v3/account/whoami"
    assert client.get(whoami).json()["device_id"] == "AUTHLIB"

    renewed = client.refresh_token(server["token_endpoint"])
    assert renewed["refresh_token"] != token["refresh_token"]
    assert client.get(whoami).status_code == 200

    client.revoke_token(server["revocation_endpoint"], token=renewed["access_token"])
    assert client.get(whoami).status_code == 401
