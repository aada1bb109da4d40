"""Application services that make users, and speak for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from homeserver.config.limits import Limit, RateLimits
from tests.homeserver.users.test_appservices import IRC
from tests.outcomes import outcome
from tests.people import JsonObject, Person, Refused, Server

# Which database it is makes no difference to these.
pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)


@pytest.fixture
def start_bridged(start_server: Callable[..., Server], tmp_path: Path) -> Callable[..., Server]:
    def start(**changes: Any) -> Server:
        path = tmp_path / "irc.yaml"
        path.write_text(yaml.safe_dump(IRC))
        server = start_server(appservice_config_files=(path,), **changes)
        outcome(server.app.accounts.start())
        return server

    return start


@pytest.fixture
def bridged(start_bridged: Callable[..., Server]) -> Server:
    return start_bridged()


@pytest.fixture
def bridge(bridged: Server) -> Person:
    return Person(bridged, "_irc_bot", "as-secret")


def ghost(bridge: Person, name: str, **more: Any) -> JsonObject:
    body = {"type": "m.login.application_service", "username": name, **more}
    return bridge.post("/v3/register", body)


def test_a_service_is_its_own_user_first(bridge: Person) -> None:
    assert bridge.get("/v3/account/whoami") == {"user_id": "@_irc_bot:test", "is_guest": False}


def test_a_service_makes_users_in_its_namespace(bridge: Person) -> None:
    answer = ghost(bridge, "_irc_someone", inhibit_login=True)

    assert answer["user_id"] == "@_irc_someone:test"
    assert "access_token" not in answer
    me = bridge.get("/v3/account/whoami", user_id="@_irc_someone:test")
    assert me["user_id"] == "@_irc_someone:test"


def test_a_service_gets_a_session_for_its_users_if_it_wants_one(bridge: Person) -> None:
    registered = ghost(bridge, "_irc_someone")
    body = {
        "type": "m.login.application_service",
        "identifier": {"type": "m.id.user", "user": "_irc_someone"},
    }

    logged_in = bridge.post("/v3/login", body)

    for answer in (registered, logged_in):
        someone = Person(bridge.server, "_irc_someone", answer["access_token"])
        assert someone.get("/v3/account/whoami")["device_id"] == answer["device_id"]


def test_a_service_stays_in_its_namespace(bridge: Person) -> None:
    bridge.server.person("alice")
    alice = {"type": "m.login.application_service", "user": "alice"}

    with pytest.raises(Refused) as registers:
        ghost(bridge, "bob")
    with pytest.raises(Refused) as logs_in:
        bridge.post("/v3/login", alice)
    with pytest.raises(Refused) as speaks:
        bridge.get("/v3/account/whoami", user_id="@alice:test")

    assert (registers.value.status, registers.value.errcode) == (400, "M_EXCLUSIVE")
    assert logs_in.value.errcode == "M_EXCLUSIVE"
    assert (speaks.value.status, speaks.value.errcode) == (403, "M_FORBIDDEN")


def test_a_service_speaks_only_for_users_who_exist(bridge: Person) -> None:
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            bridge.get("/v3/account/whoami", user_id="@_irc_nobody:test")
        assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")


def test_people_stay_out_of_an_exclusive_namespace(bridged: Server) -> None:
    for name in ("_irc_someone", "_irc_bot"):
        with pytest.raises(Refused) as refused:
            bridged.person(name)
        assert (refused.value.status, refused.value.errcode) == (400, "M_EXCLUSIVE")
    assert bridged.person("puppet_x").token


def test_the_token_of_a_service_must_be_right(bridged: Server) -> None:
    for token, errcode in (("", "M_MISSING_TOKEN"), ("guess", "M_UNKNOWN_TOKEN")):
        with pytest.raises(Refused) as refused:
            ghost(Person(bridged, "x", token), "_irc_x")
        assert (refused.value.status, refused.value.errcode) == (401, errcode)


def test_a_service_makes_and_uses_devices_of_its_users(bridge: Person) -> None:
    ghost(bridge, "_irc_someone", inhibit_login=True)
    someone = {"user_id": "@_irc_someone:test"}
    with pytest.raises(Refused) as unknown:
        bridge.get("/v3/account/whoami", **someone, device_id="BRIDGE")
    assert (unknown.value.status, unknown.value.errcode) == (400, "M_UNKNOWN_DEVICE")

    made = bridge.ask("PUT", "/v3/devices/BRIDGE", {"display_name": "IRC"}, **someone)
    changed = bridge.ask("PUT", "/v3/devices/BRIDGE", {"display_name": "irc"}, **someone)

    assert (made.raw()[0], changed.raw()[0]) == (201, 200)
    for name in ("device_id", "org.matrix.msc3202.device_id"):
        me = bridge.get("/v3/account/whoami", **someone, **{name: "BRIDGE"})
        assert me["device_id"] == "BRIDGE"
    bridge.delete("/v3/devices/BRIDGE", {}, **someone)
    with pytest.raises(Refused):
        bridge.get("/v3/account/whoami", **someone, device_id="BRIDGE")


def test_a_service_has_no_limits_unless_its_file_says_so(
    start_bridged: Callable[..., Server],
) -> None:
    limits = RateLimits(enabled=True, registration=Limit(0.1, 1))
    bridge = Person(start_bridged(rate_limits=limits), "_irc_bot", "as-secret")

    for number in range(5):
        ghost(bridge, f"_irc_{number}", inhibit_login=True)


def test_deactivated_and_locked_users_are_spoken_for_no_more(bridge: Person) -> None:
    ghost(bridge, "_irc_someone", inhibit_login=True)
    bridge.get("/v3/account/whoami", user_id="@_irc_someone:test")
    accounts = bridge.server.app.accounts
    outcome(accounts.accounts.lock("@_irc_someone:test", True))

    with pytest.raises(Refused) as locked:
        bridge.get("/v3/account/whoami", user_id="@_irc_someone:test")
    outcome(accounts.accounts.lock("@_irc_someone:test", False))
    outcome(accounts.deactivation.deactivate("@_irc_someone:test", erase=False))
    with pytest.raises(Refused) as gone:
        bridge.get("/v3/account/whoami", user_id="@_irc_someone:test")

    assert locked.value.errcode == "M_USER_LOCKED"
    assert gone.value.errcode == "M_USER_DEACTIVATED"


def test_ids_that_cannot_be_are_nobodys(bridge: Person) -> None:
    for query in ({"user_id": "@_irc_\0:test"}, {"device_id": "a\0b"}):
        with pytest.raises(Refused) as refused:
            bridge.get("/v3/account/whoami", **query)
        assert refused.value.status in (400, 403)


def test_a_service_ends_users_that_it_made_but_no_others(bridged: Server, bridge: Person) -> None:
    ghost(bridge, "_irc_someone", inhibit_login=True)
    bridged.person("puppet_x")

    bridge.post("/v3/account/deactivate", user_id="@_irc_someone:test")
    with pytest.raises(Refused) as gone:
        bridge.get("/v3/account/whoami", user_id="@_irc_someone:test")
    with pytest.raises(Refused) as theirs:
        bridge.post("/v3/account/deactivate", user_id="@puppet_x:test")

    assert gone.value.errcode == "M_USER_DEACTIVATED"
    assert (theirs.value.status, theirs.value.errcode) == (403, "M_FORBIDDEN")
