"""How accounts are made."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homeserver.config.accounts import Policy, Registration
from tests.outcomes import outcome
from tests.people import JsonObject, Person, Refused, Server

DUMMY = {"type": "m.login.dummy"}
PASSWORD = "correct horse battery"


def test_a_new_user_is_logged_in(server: Server) -> None:
    alice = server.person("alice")

    assert alice.get("/v3/account/whoami") == {
        "user_id": "@alice:test",
        "device_id": alice.device_id,
        "is_guest": False,
    }


def test_registration_asks_for_the_stages_first(server: Server) -> None:
    body = {"username": "alice", "password": PASSWORD}
    with pytest.raises(Refused) as first:
        server.anonymous.post("/v3/register", body)

    assert first.value.status == 401
    assert first.value.body["flows"] == [{"stages": ["m.login.dummy"]}]
    auth = {**DUMMY, "session": first.value.body["session"]}
    answer = server.anonymous.post("/v3/register", {**body, "auth": auth})
    assert answer["user_id"] == "@alice:test"


def test_what_was_asked_for_is_remembered_between_stages(server: Server) -> None:
    session = begun(server.anonymous, {"username": "alice", "password": PASSWORD})

    answer = server.anonymous.post("/v3/register", {"auth": {**DUMMY, "session": session}})

    assert answer["user_id"] == "@alice:test"


def test_a_client_may_ask_for_the_flows_before_it_knows_a_name(server: Server) -> None:
    session = begun(server.anonymous, {})
    body = {"username": "alice", "password": PASSWORD, "auth": {**DUMMY, "session": session}}

    assert server.anonymous.post("/v3/register", body)["user_id"] == "@alice:test"


def test_a_session_makes_one_account_only(server: Server) -> None:
    session = begun(server.anonymous, {"username": "alice", "password": PASSWORD})
    auth = {**DUMMY, "session": session}
    server.anonymous.post("/v3/register", {"auth": auth})

    with pytest.raises(Refused) as again:
        server.anonymous.post(
            "/v3/register", {"username": "bob", "password": PASSWORD, "auth": auth}
        )

    assert again.value.status == 401
    assert again.value.body["session"] != session


def test_without_a_name_one_is_made_up(server: Server) -> None:
    answer = server.anonymous.post("/v3/register", {"password": PASSWORD, "auth": DUMMY})

    assert len(answer["user_id"]) == len("@abcdefghijkl:test")


def test_nobody_is_logged_in_who_does_not_want_to_be(server: Server) -> None:
    answer = server.anonymous.post(
        "/v3/register",
        {"username": "alice", "password": PASSWORD, "inhibit_login": True, "auth": DUMMY},
    )

    assert "access_token" not in answer
    assert "device_id" not in answer


def test_the_device_is_the_one_asked_for(server: Server) -> None:
    alice = server.person("alice", device_id="PHONE", initial_device_display_name="My phone")

    device = alice.get("/v3/devices/PHONE")

    assert device["display_name"] == "My phone"


BAD_NAMES = {
    "": "M_INVALID_USERNAME",
    "al ice": "M_INVALID_USERNAME",
    "älice": "M_INVALID_USERNAME",
    "@alice:test": "M_INVALID_USERNAME",
    "\u212aelvin": "M_INVALID_USERNAME",
    "a\0b": "M_INVALID_USERNAME",
    "a" * 250: "M_INVALID_USERNAME",
    "taken": "M_USER_IN_USE",
    "TAKEN": "M_USER_IN_USE",
}


def test_bad_names_are_refused_before_any_stage(server: Server) -> None:
    server.person("taken")

    for username, errcode in BAD_NAMES.items():
        with pytest.raises(Refused) as refused:
            server.anonymous.post("/v3/register", {"username": username, "password": PASSWORD})
        with pytest.raises(Refused) as unavailable:
            server.anonymous.get("/v3/register/available", username=username)
        assert (refused.value.status, refused.value.errcode) == (400, errcode)
        # A query string with NUL is refused as a whole.
        expected = "M_INVALID_PARAM" if "\0" in username else errcode
        assert (unavailable.value.status, unavailable.value.errcode) == (400, expected)


def test_capital_letters_become_small(server: Server) -> None:
    body = {"username": "Alice", "password": PASSWORD, "auth": DUMMY}

    assert server.anonymous.post("/v3/register", body)["user_id"] == "@alice:test"


def test_a_free_name_is_available(server: Server) -> None:
    assert server.anonymous.get("/v3/register/available", username="alice") == {"available": True}


def test_weak_passwords_are_refused(server: Server) -> None:
    with pytest.raises(Refused) as refused:
        server.anonymous.post("/v3/register", {"username": "alice", "password": "short"})

    assert refused.value.errcode == "M_WEAK_PASSWORD"


def test_a_password_is_needed_in_the_end(server: Server) -> None:
    with pytest.raises(Refused) as refused:
        server.anonymous.post("/v3/register", {"username": "alice", "auth": DUMMY})

    assert refused.value.errcode == "M_MISSING_PARAM"


def test_a_closed_server_says_so(start_server: Callable[..., Server]) -> None:
    server = start_server(registration=Registration(enabled=False))

    with pytest.raises(Refused) as refused:
        server.anonymous.post("/v3/register", {})
    with pytest.raises(Refused) as token:
        server.anonymous.get("/v1/register/m.login.registration_token/validity", token="x")

    assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")
    assert token.value.status == 403


def test_terms_are_shown_and_must_be_agreed_to(start_server: Callable[..., Server]) -> None:
    policy = Policy(id="privacy", version="1.2", name="Privacy", url="https://test/privacy")
    server = start_server(registration=Registration(enabled=True, terms=(policy,)))
    body = {"username": "alice", "password": PASSWORD}

    with pytest.raises(Refused) as asked:
        server.anonymous.post("/v3/register", body)

    assert asked.value.body["flows"] == [{"stages": ["m.login.terms"]}]
    assert asked.value.body["params"]["m.login.terms"]["policies"] == {
        "privacy": {"version": "1.2", "en": {"name": "Privacy", "url": "https://test/privacy"}}
    }
    auth = {"type": "m.login.terms", "session": asked.value.body["session"]}
    assert server.anonymous.post("/v3/register", {**body, "auth": auth})["access_token"]


def test_a_stage_of_no_flow_proves_nothing(server: Server) -> None:
    with pytest.raises(Refused) as refused:
        server.anonymous.post(
            "/v3/register",
            {"username": "alice", "password": PASSWORD, "auth": {"type": "m.login.terms"}},
        )

    assert refused.value.status == 401


@pytest.fixture
def token_server(start_server: Callable[..., Server]) -> Server:
    return start_server(registration=Registration(enabled=True, needs="token"))


def token_of(server: Server, uses: int | None = None, expires_ts: int | None = None) -> str:
    tokens = server.app.accounts.registration_tokens
    return outcome(tokens.create(None, uses, expires_ts)).token


def test_a_registration_token_lets_in_as_often_as_it_may(token_server: Server) -> None:
    token = token_of(token_server, uses=1)

    assert validity(token_server, token)
    assert registers_with(token_server, "alice", token)["user_id"] == "@alice:test"
    assert not validity(token_server, token)
    with pytest.raises(Refused) as second:
        registers_with(token_server, "bob", token)
    assert (second.value.status, second.value.errcode) == (401, "M_FORBIDDEN")


def test_a_registration_token_expires(token_server: Server) -> None:
    token = token_of(token_server, expires_ts=token_server.clock.now_ms() + 1000)
    assert validity(token_server, token)

    token_server.clock.advance(1)

    assert not validity(token_server, token)


def test_unknown_registration_tokens_are_refused(token_server: Server) -> None:
    assert not validity(token_server, "guess")
    with pytest.raises(Refused) as refused:
        registers_with(token_server, "alice", "guess")
    assert refused.value.body["flows"] == [{"stages": ["m.login.registration_token"]}]


def test_the_first_token_makes_an_administrator_once(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    path = tmp_path / "first-admin-token"
    path.write_text("let-me-in\n")
    server = start_server(registration=Registration(first_admin_token_path=path))

    answer = registers_with(server, "alice", "let-me-in")

    alice = Person(server, "alice", answer["access_token"])
    assert "m.account_moderation" in alice.get("/v3/capabilities")["capabilities"]
    assert not path.exists()
    with pytest.raises(Refused) as second:
        server.anonymous.post("/v3/register", {})
    assert second.value.status == 403


def test_the_first_token_counts_no_more_once_there_is_an_administrator(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    path = tmp_path / "first-admin-token"
    path.write_text("let-me-in")
    server = start_server(registration=Registration(first_admin_token_path=path))
    registers_with(server, "alice", "let-me-in")
    path.write_text("let-me-in")

    with pytest.raises(Refused) as refused:
        registers_with(server, "bob", "let-me-in")

    assert refused.value.status == 403


def test_guests_come_in_only_where_they_may(start_server: Callable[..., Server]) -> None:
    closed = start_server()
    with pytest.raises(Refused) as refused:
        closed.anonymous.post("/v3/register", {}, kind="guest")
    assert refused.value.status == 403

    server = start_server(registration=Registration(enabled=True, guests_enabled=True))
    answer = server.anonymous.post("/v3/register", {"username": "ignored"}, kind="guest")
    guest = Person(server, "guest", answer["access_token"], answer["device_id"])

    assert guest.get("/v3/account/whoami")["is_guest"] is True
    with pytest.raises(Refused) as forbidden:
        guest.get("/v3/capabilities")
    assert (forbidden.value.status, forbidden.value.errcode) == (403, "M_GUEST_ACCESS_FORBIDDEN")


def test_a_guest_becomes_a_user_under_the_same_id(start_server: Callable[..., Server]) -> None:
    server = start_server(registration=Registration(enabled=True, guests_enabled=True))
    guest = server.anonymous.post("/v3/register", {}, kind="guest")
    name = guest["user_id"][1:].partition(":")[0]
    body = {
        "username": name,
        "password": PASSWORD,
        "guest_access_token": guest["access_token"],
        "auth": DUMMY,
    }

    answer = server.anonymous.post("/v3/register", body)

    assert answer["user_id"] == guest["user_id"]
    user = Person(server, name, answer["access_token"])
    assert user.get("/v3/account/whoami")["is_guest"] is False
    assert Person(server, name).logs_in(PASSWORD).token


@pytest.mark.parametrize(
    ("flag", "errcode"),
    [("is_locked", "M_USER_LOCKED"), ("is_deactivated", "M_USER_DEACTIVATED")],
)
def test_a_guest_who_was_sent_away_becomes_no_user(
    start_server: Callable[..., Server], flag: str, errcode: str
) -> None:
    server = start_server(registration=Registration(enabled=True, guests_enabled=True))
    guest = server.anonymous.post("/v3/register", {}, kind="guest")
    accounts, database = server.app.accounts.accounts, server.app.database
    database.write(lambda txn: accounts.change(txn, guest["user_id"], **{flag: True}))
    body = {
        "username": guest["user_id"][1:].partition(":")[0],
        "password": PASSWORD,
        "guest_access_token": guest["access_token"],
        "auth": DUMMY,
    }

    with pytest.raises(Refused) as refused:
        server.anonymous.post("/v3/register", body)

    assert refused.value.errcode == errcode


def begun(person: Person, body: JsonObject) -> str:
    """The session of an interactive authentication that was begun."""
    with pytest.raises(Refused) as first:
        person.post("/v3/register", body)
    return str(first.value.body["session"])


def registers_with(server: Server, name: str, token: str) -> JsonObject:
    auth = {"type": "m.login.registration_token", "token": token}
    body = {"username": name, "password": PASSWORD, "auth": auth}
    return server.anonymous.post("/v3/register", body)


def validity(server: Server, token: str) -> bool:
    path = "/v1/register/m.login.registration_token/validity"
    return bool(server.anonymous.get(path, token=token)["valid"])


def test_stages_are_done_one_after_the_other(start_server: Callable[..., Server]) -> None:
    policy = Policy(name="Privacy", url="https://test/privacy")
    server = start_server(registration=Registration(enabled=True, needs="token", terms=(policy,)))
    body = {"username": "alice", "password": PASSWORD}
    token = {"type": "m.login.registration_token", "token": token_of(server, uses=1)}

    with pytest.raises(Refused) as first:
        server.anonymous.post("/v3/register", {**body, "auth": token})
    session = first.value.body["session"]
    with pytest.raises(Refused) as repeated:
        server.anonymous.post("/v3/register", {**body, "auth": {**token, "session": session}})
    terms = {"type": "m.login.terms", "session": session}
    answer = server.anonymous.post("/v3/register", {**body, "auth": terms})

    for refused in (first, repeated):
        assert refused.value.body["completed"] == ["m.login.registration_token"]
        assert refused.value.body["flows"] == [
            {"stages": ["m.login.registration_token", "m.login.terms"]}
        ]
    assert answer["user_id"] == "@alice:test"


def test_who_lost_a_name_to_somebody_quicker_may_choose_another(server: Server) -> None:
    session = begun(server.anonymous, {"username": "alice", "password": PASSWORD})
    server.person("alice")
    auth = {**DUMMY, "session": session}

    with pytest.raises(Refused) as late:
        server.anonymous.post("/v3/register", {"auth": auth})
    body = {"username": "alicia", "password": PASSWORD, "auth": auth}

    assert late.value.errcode == "M_USER_IN_USE"
    assert server.anonymous.post("/v3/register", body)["user_id"] == "@alicia:test"
