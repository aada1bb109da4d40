import pytest

from tests.people import Refused, Server


def test_a_server_without_bridges_knows_no_networks(server: Server) -> None:
    alice = server.person("alice")

    assert alice.get("/v3/thirdparty/protocols") == {}
    for path in (
        "protocol/irc",
        "location/irc",
        "user/irc",
        "location?alias=%23a:b",
        "user?userid=@a:b",
    ):
        with pytest.raises(Refused) as refused:
            alice.get(f"/v3/thirdparty/{path}")
        assert refused.value.errcode == "M_NOT_FOUND"


def test_a_reverse_look_up_says_what_for(server: Server) -> None:
    alice = server.person("alice")

    for path in ("location", "user"):
        with pytest.raises(Refused) as refused:
            alice.get(f"/v3/thirdparty/{path}")
        assert refused.value.errcode == "M_MISSING_PARAM"
