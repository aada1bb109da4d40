"""Apps find out that they can sign in with the browser, and where."""

from collections.abc import Callable

import pytest

from homeserver.config.accounts import OAuth
from tests.browser import BASE, Browser
from tests.people import Refused, Server

PATHS = (
    "/v1/auth_metadata",
    "/unstable/org.matrix.msc2965/auth_metadata",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
)


def test_apps_are_told_where_everything_is(start_server: Callable[..., Server]) -> None:
    server = start_server(public_baseurl=BASE)

    told = [server.anonymous.get(path) for path in PATHS]

    assert told[0]["issuer"] == BASE + "/"
    assert told[0]["code_challenge_methods_supported"] == ["S256"]
    assert all(other == told[0] for other in told)
    issuer = server.anonymous.get("/unstable/org.matrix.msc2965/auth_issuer")
    assert issuer == {"issuer": BASE + "/"}
    well_known = server.anonymous.get("/.well-known/matrix/client")
    assert well_known["org.matrix.msc2965.authentication"] == {
        "issuer": BASE + "/",
        "account": told[0]["account_management_uri"],
    }
    features = server.anonymous.get("/versions")["unstable_features"]
    assert features["org.matrix.msc3861"] is True
    for name in ("authorization_endpoint", "account_management_uri"):
        assert Browser(server).opens(told[0][name]).status in (303, 400)


@pytest.mark.parametrize("changes", [{}, {"public_baseurl": BASE, "oauth": OAuth(enabled=False)}])
def test_where_it_is_off_nothing_of_it_is_there(
    start_server: Callable[..., Server], changes: dict[str, object]
) -> None:
    server = start_server(**changes)

    for path in PATHS:
        with pytest.raises(Refused, match="M_UNRECOGNIZED") as refused:
            server.anonymous.get(path)
        assert refused.value.status == 404
    assert Browser(server).opens("/_isthmus/account").status == 404
    assert server.anonymous.get("/versions")["unstable_features"]["org.matrix.msc3861"] is False
