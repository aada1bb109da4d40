"""How people log in, stay logged in and log out."""

from collections.abc import Callable
from typing import Any

import pytest

from homeserver.config.accounts import Passwords
from homeserver.config.accounts import Sessions as SessionSettings
from homeserver.config.limits import Limit, LoginLimits, RateLimits
from tests.outcomes import outcome
from tests.people import JsonObject, Person, Refused, Server

PASSWORD = "correct horse battery"
HOUR_MS = 3_600_000


def log_in(server: Server, **body: Any) -> JsonObject:
    return server.anonymous.post("/v3/login", {"type": "m.login.password", **body})


def test_the_flows_are_told(server: Server) -> None:
    assert server.anonymous.get("/v3/login")["flows"] == [
        {"type": "m.login.password"},
        {"type": "m.login.token", "get_login_token": True},
        {"type": "m.login.application_service"},
    ]


NAMES_OF_ALICE: list[JsonObject] = [
    {"identifier": {"type": "m.id.user", "user": "alice"}},
    {"identifier": {"type": "m.id.user", "user": "@alice:test"}},
    {"identifier": {"type": "m.id.user", "user": "ALICE"}},
    {"user": "alice"},
    {"user": "@alice:test"},
]

WRONG: list[JsonObject] = [
    {"user": "alice", "password": "wrong horse"},
    {"user": "nobody", "password": PASSWORD},
    {"user": "@alice:elsewhere", "password": PASSWORD},
    {"user": "a\0b", "password": PASSWORD},
    {"user": "alice", "password": "x" * 10_000},
]

BY_EMAIL = {"type": "m.id.thirdparty", "medium": "email", "address": "a@b.c"}

SENSELESS: list[tuple[JsonObject, int, str]] = [
    ({}, 400, "M_MISSING_PARAM"),
    ({"type": 7}, 400, "M_BAD_JSON"),
    ({"type": "m.login.magic"}, 400, "M_UNKNOWN"),
    ({"type": "m.login.password"}, 400, "M_MISSING_PARAM"),
    ({"type": "m.login.password", "user": "alice"}, 400, "M_MISSING_PARAM"),
    ({"type": "m.login.password", "user": ["alice"], "password": "x"}, 400, "M_BAD_JSON"),
    (
        {"type": "m.login.password", "identifier": {"type": "x"}, "password": "x"},
        400,
        "M_BAD_JSON",
    ),
    (
        {"type": "m.login.password", "identifier": BY_EMAIL, "password": "x"},
        403,
        "M_FORBIDDEN",
    ),
    ({"type": "m.login.token"}, 400, "M_MISSING_PARAM"),
    ({"type": "m.login.token", "token": "il_guess"}, 403, "M_FORBIDDEN"),
    ({"type": "m.login.application_service"}, 401, "M_MISSING_TOKEN"),
    ({"type": "m.login.password", "device_id": "a\0b"}, 400, "M_INVALID_PARAM"),
]


def test_people_are_found_by_name_or_id(server: Server) -> None:
    server.person("alice")

    for who in NAMES_OF_ALICE:
        answer = log_in(server, password=PASSWORD, **who)
        assert answer["user_id"] == "@alice:test"
        assert Person(server, "alice", answer["access_token"]).get("/v3/account/whoami")


def test_wrong_names_and_wrong_passwords_look_the_same(server: Server) -> None:
    server.person("alice")

    for body in WRONG:
        with pytest.raises(Refused) as refused:
            log_in(server, **body)
        assert refused.value.status == 403
        assert refused.value.body == {
            "errcode": "M_FORBIDDEN",
            "error": "The user name or the password is wrong.",
        }


def test_requests_without_sense_are_refused_with_reasons(server: Server) -> None:
    for body, status, errcode in SENSELESS:
        with pytest.raises(Refused) as refused:
            server.anonymous.post("/v3/login", body)
        assert (refused.value.status, refused.value.errcode) == (status, errcode), body


def test_a_second_login_on_a_device_ends_the_first(server: Server) -> None:
    alice = server.person("alice", device_id="PHONE")

    again = alice.logs_in(device_id="PHONE")

    assert again.get("/v3/account/whoami")["device_id"] == "PHONE"
    with pytest.raises(Refused) as refused:
        alice.get("/v3/account/whoami")
    assert (refused.value.status, refused.value.errcode) == (401, "M_UNKNOWN_TOKEN")
    assert not refused.value.body.get("soft_logout")


def test_logging_out_ends_one_session_and_its_device(server: Server) -> None:
    phone = server.person("alice")
    laptop = phone.logs_in()

    phone.post("/v3/logout")

    assert [it["device_id"] for it in laptop.get("/v3/devices")["devices"]] == [laptop.device_id]
    with pytest.raises(Refused):
        phone.get("/v3/account/whoami")


def test_logging_out_everywhere_ends_them_all(server: Server) -> None:
    phone = server.person("alice")
    laptop = phone.logs_in()

    laptop.post("/v3/logout/all")

    for person in (phone, laptop):
        with pytest.raises(Refused):
            person.get("/v3/account/whoami")


def test_requests_without_or_with_wrong_tokens_are_refused(server: Server) -> None:
    with pytest.raises(Refused) as missing:
        server.anonymous.get("/v3/account/whoami")
    with pytest.raises(Refused) as unknown:
        Person(server, "x", "guess").get("/v3/account/whoami")

    assert missing.value.errcode == "M_MISSING_TOKEN"
    assert unknown.value.errcode == "M_UNKNOWN_TOKEN"


# -- refresh tokens


def refreshing(server: Server) -> tuple[Person, JsonObject]:
    server.person("alice")
    answer = log_in(server, user="alice", password=PASSWORD, refresh_token=True)
    return Person(server, "alice", answer["access_token"], answer["device_id"]), answer


def refresh(server: Server, token: str) -> JsonObject:
    return server.anonymous.post("/v3/refresh", {"refresh_token": token})


def refusal(person: Person) -> JsonObject:
    with pytest.raises(Refused) as refused:
        person.get("/v3/account/whoami")
    assert refused.value.status == 401
    return refused.value.body


def test_access_tokens_of_clients_that_can_refresh_expire_softly(server: Server) -> None:
    alice, answer = refreshing(server)
    assert answer["expires_in_ms"] == HOUR_MS
    alice.get("/v3/account/whoami")

    server.clock.advance(3600)

    assert refusal(alice)["soft_logout"] is True


def test_access_tokens_of_others_do_not_expire(server: Server) -> None:
    alice = server.person("alice")

    server.clock.advance(400 * 86_400)

    assert alice.get("/v3/account/whoami")


def test_a_refresh_brings_new_tokens_for_the_same_device(server: Server) -> None:
    alice, first = refreshing(server)
    server.clock.advance(3600)

    second = refresh(server, first["refresh_token"])

    renewed = Person(server, "alice", second["access_token"])
    assert renewed.get("/v3/account/whoami")["device_id"] == alice.device_id
    assert second["refresh_token"] != first["refresh_token"]


def test_old_tokens_last_until_the_new_ones_are_used(server: Server) -> None:
    alice, first = refreshing(server)
    refresh(server, first["refresh_token"])
    lost_answer_repeated = refresh(server, first["refresh_token"])
    assert alice.get("/v3/account/whoami")

    Person(server, "alice", lost_answer_repeated["access_token"]).get("/v3/account/whoami")

    assert refusal(alice)["soft_logout"] is True


def test_a_refresh_token_that_is_used_again_later_ends_the_session(server: Server) -> None:
    alice, first = refreshing(server)
    second = refresh(server, first["refresh_token"])
    renewed = Person(server, "alice", second["access_token"])
    renewed.get("/v3/account/whoami")

    with pytest.raises(Refused) as replayed:
        refresh(server, first["refresh_token"])

    assert (replayed.value.status, replayed.value.errcode) == (401, "M_UNKNOWN_TOKEN")
    assert replayed.value.body["soft_logout"] is True
    assert refusal(renewed)["errcode"] == "M_UNKNOWN_TOKEN"
    with pytest.raises(Refused):
        refresh(server, second["refresh_token"])
    again = alice.logs_in(device_id=alice.device_id)
    assert again.device_id == alice.device_id


def test_using_the_new_refresh_token_replaces_the_old_one(server: Server) -> None:
    alice, first = refreshing(server)
    second = refresh(server, first["refresh_token"])

    refresh(server, second["refresh_token"])

    assert refusal(alice)["soft_logout"] is True


def test_refresh_tokens_expire_where_the_operator_wants_it(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(sessions=SessionSettings(refresh_token_lifetime=HOUR_MS))
    _, first = refreshing(server)
    server.clock.advance(3600)

    with pytest.raises(Refused) as refused:
        refresh(server, first["refresh_token"])

    assert refused.value.body["soft_logout"] is True


def test_access_tokens_do_not_refresh_and_refresh_tokens_give_no_access(server: Server) -> None:
    alice, answer = refreshing(server)

    with pytest.raises(Refused):
        refresh(server, alice.token)
    assert refusal(Person(server, "alice", answer["refresh_token"]))


def test_a_client_that_never_uses_what_it_gets_cannot_fill_the_database(server: Server) -> None:
    _, first = refreshing(server)

    for _ in range(30):
        refresh(server, first["refresh_token"])

    rows = outcome(server.app.database.read(_count_tokens))
    assert rows < 40


def _count_tokens(txn: Any) -> int:
    return int(txn.one("SELECT COUNT(*) FROM session_tokens")[0])


def test_tokens_are_not_stored_as_they_are(server: Server) -> None:
    alice = server.person("alice")

    rows = outcome(server.app.database.read(_hashes))

    assert all(alice.token.encode() not in bytes(hash) and len(bytes(hash)) == 32 for hash in rows)


def _hashes(txn: Any) -> list[Any]:
    return [row[0] for row in txn.query("SELECT hash FROM session_tokens")]


def test_sessions_outlive_a_restart(start_server: Callable[..., Server]) -> None:
    alice = start_server().person("alice")

    restarted = start_server()

    again = Person(restarted, "alice", alice.token)
    assert again.get("/v3/account/whoami")["user_id"] == "@alice:test"


# -- login tokens


def login_token(person: Person) -> str:
    auth = {"type": "m.login.password", "user": person.name, "password": PASSWORD}
    return str(person.post("/v1/login/get_token", {"auth": auth})["login_token"])


def by_token(server: Server, token: str) -> JsonObject:
    return server.anonymous.post("/v3/login", {"type": "m.login.token", "token": token})


def test_a_login_token_logs_in_another_device_once(server: Server) -> None:
    alice = server.person("alice")
    token = login_token(alice)

    assert by_token(server, token)["user_id"] == "@alice:test"
    with pytest.raises(Refused) as second:
        by_token(server, token)
    assert (second.value.status, second.value.errcode) == (403, "M_FORBIDDEN")


def test_a_login_token_lasts_two_minutes(server: Server) -> None:
    token = login_token(server.person("alice"))
    server.clock.advance(120)

    with pytest.raises(Refused):
        by_token(server, token)


def test_a_login_token_needs_the_password(server: Server) -> None:
    alice = server.person("alice")

    with pytest.raises(Refused) as refused:
        alice.post("/v1/login/get_token", {})

    assert refused.value.body["flows"] == [{"stages": ["m.login.password"]}]


# -- guesses


def test_wrong_passwords_lock_the_door_for_a_while(start_server: Callable[..., Server]) -> None:
    limits = LoginLimits(ip=Limit(1000.0, 1000), account=Limit(1000.0, 1000), failed=Limit(0.1, 3))
    server = start_server(rate_limits=RateLimits(enabled=True, login=limits))
    server.person("alice")
    for _ in range(3):
        with pytest.raises(Refused) as wrong:
            log_in(server, user="alice", password="guess")
        assert wrong.value.status == 403

    with pytest.raises(Refused) as refused:
        log_in(server, user="alice", password=PASSWORD)

    assert (refused.value.status, refused.value.errcode) == (429, "M_LIMIT_EXCEEDED")
    assert refused.value.body["retry_after_ms"] > 0
    server.clock.advance(11)
    assert log_in(server, user="alice", password=PASSWORD)


def test_one_address_cannot_log_in_all_the_time(start_server: Callable[..., Server]) -> None:
    limits = LoginLimits(ip=Limit(0.1, 2))
    server = start_server(rate_limits=RateLimits(enabled=True, login=limits))
    for _ in range(2):
        with pytest.raises(Refused):
            log_in(server, user="nobody", password="x")

    with pytest.raises(Refused) as refused:
        log_in(server, user="somebody", password="x")

    assert refused.value.status == 429


def test_where_passwords_are_off_nobody_logs_in_with_one(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(passwords=Passwords(enabled=False, hash_memory=8192, hash_passes=1))

    with pytest.raises(Refused) as refused:
        log_in(server, user="alice", password=PASSWORD)

    assert refused.value.status == 403
    flows = server.anonymous.get("/v3/login")["flows"]
    assert {"type": "m.login.password"} not in flows
