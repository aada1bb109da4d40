"""What the server says about itself, and what it does not do."""

from collections.abc import Callable

import pytest

from homeserver.config.accounts import OAuth, Profiles, WellKnown
from tests.people import Refused, Server

# Which database it is makes no difference to these.
pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)


def test_the_versions_are_told_to_anybody(server: Server) -> None:
    answer = server.anonymous.get("/versions")

    assert "v1.19" in answer["versions"]
    assert all(isinstance(value, bool) for value in answer["unstable_features"].values())


def test_capabilities_name_the_room_versions(server: Server) -> None:
    alice = server.person("alice")

    capabilities = alice.get("/v3/capabilities")["capabilities"]

    assert capabilities["m.room_versions"]["default"] == "12"
    assert capabilities["m.room_versions"]["available"]["1"] == "stable"
    assert capabilities["m.change_password"] == {"enabled": True}
    assert capabilities["m.3pid_changes"] == {"enabled": False}
    assert capabilities["m.profile_fields"] == {"enabled": True}
    assert "m.account_moderation" not in capabilities


def test_capabilities_follow_the_settings_of_profiles(start_server: Callable[..., Server]) -> None:
    alice = start_server(profiles=Profiles(change_displayname=False)).person("alice")

    capabilities = alice.get("/v3/capabilities")["capabilities"]

    assert capabilities["m.set_displayname"] == {"enabled": False}
    assert capabilities["m.profile_fields"] == {"enabled": True, "disallowed": ["displayname"]}


def test_well_known_says_only_what_was_set(start_server: Callable[..., Server]) -> None:
    silent = start_server()
    for name in ("client", "server", "support"):
        with pytest.raises(Refused) as refused:
            silent.anonymous.get(f"/.well-known/matrix/{name}")
        assert refused.value.status == 404

    well_known = WellKnown(
        server="matrix.test:443",
        client={"org.example.key": 1},
        support={"support_page": "https://test/help"},
    )
    server = start_server(
        public_baseurl="https://matrix.test", well_known=well_known, oauth=OAuth(enabled=False)
    )

    ask = server.anonymous.get
    discovery = {"m.homeserver": {"base_url": "https://matrix.test"}, "org.example.key": 1}
    assert ask("/.well-known/matrix/client") == discovery
    assert ask("/.well-known/matrix/server") == {"m.server": "matrix.test:443"}
    assert ask("/.well-known/matrix/support") == {"support_page": "https://test/help"}
    server.person("alice")
    login = {"type": "m.login.password", "user": "alice", "password": "correct horse battery"}
    assert server.anonymous.post("/v3/login", login)["well_known"] == discovery


REFUSED = {
    "/v3/account/3pid": "M_THREEPID_DENIED",
    "/v3/account/3pid/add": "M_THREEPID_DENIED",
    "/v3/account/3pid/bind": "M_THREEPID_DENIED",
    "/v3/account/3pid/email/requestToken": "M_THREEPID_MEDIUM_NOT_SUPPORTED",
    "/v3/account/3pid/msisdn/requestToken": "M_THREEPID_MEDIUM_NOT_SUPPORTED",
    "/v3/account/password/email/requestToken": "M_THREEPID_NOT_FOUND",
    "/v3/account/password/msisdn/requestToken": "M_THREEPID_NOT_FOUND",
    "/v3/register/email/requestToken": "M_THREEPID_DENIED",
    "/v3/register/msisdn/requestToken": "M_THREEPID_DENIED",
}


def test_clients_know_where_maps_are(start_server: Callable[..., Server]) -> None:
    style = "https://maps.test/style.json"
    well_known = WellKnown(map_style_url=style)
    server = start_server(public_baseurl="https://matrix.test", well_known=well_known)

    told = server.anonymous.get("/.well-known/matrix/client")

    assert told["org.matrix.msc3488.tile_server"] == {"map_style_url": style}


def test_addresses_and_telephone_numbers_are_not_kept(server: Server) -> None:
    alice = server.person("alice")

    assert alice.get("/v3/account/3pid") == {"threepids": []}
    for path, errcode in REFUSED.items():
        with pytest.raises(Refused) as refused:
            alice.post(path, {})
        assert refused.value.errcode == errcode
    address = {"medium": "email", "address": "alice@test"}
    for path in ("/v3/account/3pid/delete", "/v3/account/3pid/unbind"):
        assert alice.post(path, address) == {"id_server_unbind_result": "no-support"}
