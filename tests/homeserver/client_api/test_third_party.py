from collections.abc import Callable

import pytest

from homeserver.config.limits import Limit, RateLimits
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


def test_who_looks_up_too_much_is_asked_to_wait(start_server: Callable[..., Server]) -> None:
    server = start_server(rate_limits=RateLimits(search=Limit(1, 2)))
    alice = server.person("alice")

    for errcode in ("M_NOT_FOUND", "M_NOT_FOUND", "M_LIMIT_EXCEEDED"):
        with pytest.raises(Refused) as refused:
            alice.get("/v3/thirdparty/user/irc", nick="bob")
        assert refused.value.errcode == errcode
