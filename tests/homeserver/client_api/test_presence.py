import pytest

from tests.people import Refused, Server


def test_people_say_how_present_they_are(server: Server) -> None:
    alice = server.person("alice")
    path = "/v3/presence/@alice:test/status"

    alice.put(path, {"presence": "unavailable", "status_msg": "at lunch"})

    assert alice.get(path) == {"presence": "unavailable", "status_msg": "at lunch"}


def test_nobody_speaks_for_another_or_sees_a_stranger(server: Server) -> None:
    _, mallory = server.people("alice", "mallory")

    for method in ("GET", "PUT"):
        with pytest.raises(Refused) as refused:
            mallory.ask(method, "/v3/presence/@alice:test/status", {"presence": "online"}).json()
        assert refused.value.errcode == "M_FORBIDDEN"
