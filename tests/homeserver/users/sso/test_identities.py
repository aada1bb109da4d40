"""What providers tell of people, made fit for an account."""

import pytest

from homeserver.config.single_sign_on import OpenIdProvider
from homeserver.users.sso.identities import as_localpart, identity_of

SETTINGS = OpenIdProvider(id="x", name="X", issuer="https://x.org", client_id="x")


@pytest.mark.parametrize(
    ("told", "localpart"),
    [
        ("alice", "alice"),
        ("Alice Smith", "alice.smith"),
        ("alice@example.org", "alice"),
        ("_bridge", "bridge"),
        ("Алиса", ""),
        ("a" * 100, "a" * 64),
        ("../../x", "../../x"),
        ("a:b\n", "ab"),
    ],
)
def test_a_name_becomes_one_that_a_user_can_have(told: str, localpart: str) -> None:
    assert as_localpart(told) == localpart


def test_claims_of_strange_types_are_left_out() -> None:
    claims = {
        "sub": "1",
        "preferred_username": ["x"],
        "name": {"x": 1},
        "email": "no address",
        "email_verified": True,
    }

    identity = identity_of(claims, SETTINGS)

    assert (identity.username, identity.name, identity.email) == ("", "", "")


def test_an_address_counts_where_it_is_verified_and_nothing_else() -> None:
    for verified in (False, None, "true", 1):
        claims = {"sub": "1", "email": "a@example.org", "email_verified": verified}
        assert identity_of(claims, SETTINGS).email == ""
    claims = {"sub": "1", "email": "A@Example.org", "email_verified": True}
    assert identity_of(claims, SETTINGS).email == "a@example.org"
