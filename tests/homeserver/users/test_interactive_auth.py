"""Operations that need more proof than a token."""

import pytest

from tests.people import JsonObject, Person, Refused, Server

# Which database it is makes no difference to these.
pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)

PASSWORD = "correct horse battery"


def proof(person: Person, password: str = PASSWORD, **more: str) -> JsonObject:
    identifier = {"type": "m.id.user", "user": person.user_id}
    return {"type": "m.login.password", "identifier": identifier, "password": password, **more}


def session_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    assert refused.value.status == 401
    return str(refused.value.body["session"])


def test_without_proof_nothing_happens(server: Server) -> None:
    alice = server.person("alice")
    laptop = alice.logs_in()

    with pytest.raises(Refused) as refused:
        alice.delete(f"/v3/devices/{laptop.device_id}", {})

    assert refused.value.body["flows"] == [{"stages": ["m.login.password"]}]
    assert "errcode" not in refused.value.body
    assert laptop.get("/v3/account/whoami")


def test_the_password_is_proof_with_and_without_a_session(server: Server) -> None:
    alice = server.person("alice")
    for with_session in (True, False):
        laptop = alice.logs_in()
        path = f"/v3/devices/{laptop.device_id}"
        auth = proof(alice)
        if with_session:
            with pytest.raises(Refused) as first:
                alice.delete(path, {})
            auth["session"] = session_of(first)

        alice.delete(path, {"auth": auth})

        with pytest.raises(Refused):
            laptop.get("/v3/account/whoami")


def test_a_wrong_password_may_be_tried_again_in_the_same_session(server: Server) -> None:
    alice = server.person("alice")
    with pytest.raises(Refused) as wrong:
        alice.post("/v3/delete_devices", {"devices": ["X"], "auth": proof(alice, "guess")})

    assert wrong.value.errcode == "M_FORBIDDEN"
    session = session_of(wrong)
    assert (
        alice.post("/v3/delete_devices", {"devices": ["X"], "auth": proof(alice, session=session)})
        == {}
    )


def test_somebody_elses_password_proves_nothing(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")

    with pytest.raises(Refused) as refused:
        alice.post("/v3/delete_devices", {"devices": [], "auth": proof(mallory)})

    assert (refused.value.status, refused.value.errcode) == (401, "M_FORBIDDEN")


def test_a_session_serves_one_operation_of_one_user(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    with pytest.raises(Refused) as first:
        alice.delete("/v3/devices/A", {})
    session = session_of(first)

    with pytest.raises(Refused) as other_operation:
        alice.delete("/v3/devices/B", {"auth": proof(alice, session=session)})
    with pytest.raises(Refused) as other_user:
        bob.delete("/v3/devices/A", {"auth": proof(bob, session=session)})

    assert session_of(other_operation) != session
    assert session_of(other_user) != session


def test_what_was_proved_cannot_be_used_twice(server: Server) -> None:
    alice = server.person("alice")
    with pytest.raises(Refused) as first:
        alice.post("/v3/delete_devices", {"devices": ["A"]})
    session = session_of(first)
    alice.post("/v3/delete_devices", {"devices": ["A"], "auth": proof(alice, session=session)})

    with pytest.raises(Refused) as again:
        alice.post("/v3/delete_devices", {"devices": ["A"], "auth": {"session": session}})

    assert again.value.status == 401


def test_the_request_may_change_until_it_is_proved(server: Server) -> None:
    alice = server.person("alice")
    laptop = alice.logs_in()
    with pytest.raises(Refused) as first:
        alice.post("/v3/delete_devices", {"devices": []})

    body = {"devices": [laptop.device_id], "auth": proof(alice, session=session_of(first))}

    alice.post("/v3/delete_devices", body)
    assert len(alice.get("/v3/devices")["devices"]) == 1


def test_old_sessions_are_forgotten(server: Server) -> None:
    alice = server.person("alice")
    with pytest.raises(Refused) as first:
        alice.delete("/v3/devices/A", {})
    server.clock.advance(25 * 3600)

    with pytest.raises(Refused) as late:
        alice.delete("/v3/devices/A", {"auth": proof(alice, session=session_of(first))})

    assert session_of(late) != session_of(first)


MISSHAPEN: list[object] = [
    {"session": 7},
    {"type": 7},
    {"type": "m.login.password", "password": 7},
    {"type": "m.login.password"},
    {"type": "m.login.dummy"},
    {"session": "a\u0000b"},
    "m.login.password",
]


def test_proof_of_the_wrong_shape_is_refused(server: Server) -> None:
    alice = server.person("alice")

    for auth in MISSHAPEN:
        with pytest.raises(Refused) as refused:
            alice.delete("/v3/devices/A", {"auth": auth})
        assert refused.value.status in (400, 401)
    assert alice.get("/v3/account/whoami")
