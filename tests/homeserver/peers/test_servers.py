"""Asking other servers."""

import pytest

from homeserver.config.network import PRIVATE_RANGES
from homeserver.http.client import Limits
from homeserver.json_values import JsonObject
from homeserver.peers.errors import BackingOff, NotAdmitted, PeerUnreachable, RemoteError
from homeserver.peers.servers import path_of
from tests.homeserver.peers.neighbours import Neighbours, Stranger
from tests.internet import Internet, unpacked
from tests.people import Server

PATH = "/_matrix/federation/v1/anything"


@pytest.fixture
def stranger(neighbours: Neighbours) -> Stranger:
    return Stranger(neighbours, "stranger.example", says={"yes": True})


def ask(server: Server, internet: Internet, name: str = "stranger.example") -> JsonObject:
    return internet.run(server.app.peers.peers.request(name, "GET", PATH))


def test_a_request_is_signed_and_its_answer_comes_back(
    neighbours: Neighbours, stranger: Stranger, internet: Internet
) -> None:
    server = neighbours.starts("one.example")
    path = path_of("/_matrix/federation/v1/x/{}", "!a/b?c:d é")

    answer = internet.run(
        server.app.peers.peers.request(
            "stranger.example", "PUT", path, query={"v": ["1", "2"]}, body={"b": 1, "a": "ü"}
        )
    )

    assert answer == {"yes": True}
    (request,) = stranger.website.requests
    assert request.path == "/_matrix/federation/v1/x/%21a%2Fb%3Fc%3Ad%20%C3%A9"
    assert (request.query, request.body) == ("v=1&v=2", '{"a":"ü","b":1}'.encode())
    assert request.headers[b"content-type"] == b"application/json"
    assert request.headers[b"host"] == b"stranger.example"
    header = request.headers[b"authorization"]
    assert header.startswith(b'X-Matrix origin="one.example",destination="stranger.example",key=')


def test_what_one_server_signs_the_other_accepts(
    neighbours: Neighbours, internet: Internet
) -> None:
    one, two = neighbours.starts("one.example"), neighbours.starts("two.example")
    sent: list[JsonObject] = [{}, {"n": 2**53 - 1, "é": [None, True, 1.5, "\u2028"]}]

    for body in sent:
        # There is no such endpoint for servers yet; the way in checks the signature all the same.
        request = internet.begin(
            one.app.peers.peers.request("two.example", "POST", PATH, body=body)
        )
        with pytest.raises(RemoteError, match="M_UNRECOGNIZED"):
            unpacked(request[0])
    assert two.app.peers.backoff.silence_of("one.example") is None


def test_errors_of_the_other_side_are_told(
    neighbours: Neighbours, stranger: Stranger, internet: Internet
) -> None:
    server = neighbours.starts("one.example")
    stranger.says, stranger.status = {"errcode": "M_FORBIDDEN", "error": "no"}, 403

    with pytest.raises(RemoteError) as refused:
        ask(server, internet)

    error = refused.value
    assert (error.status, error.errcode, error.message) == (403, "M_FORBIDDEN", "no")
    with pytest.raises(RemoteError):
        ask(server, internet)
    assert len(stranger.website.requests) == 2


def test_a_limit_says_when_to_come_back(
    neighbours: Neighbours, stranger: Stranger, internet: Internet
) -> None:
    server = neighbours.starts("one.example")
    stranger.says = {"errcode": "M_LIMIT_EXCEEDED", "error": "slow", "retry_after_ms": 2500}
    stranger.status = 429
    with pytest.raises(RemoteError) as refused:
        ask(server, internet)
    assert refused.value.retry_after_ms == 2500


@pytest.mark.parametrize(
    ("status", "says"), [(500, {"errcode": "M_UNKNOWN"}), (502, {}), (404, {}), (403, {"a": 1})]
)
def test_a_server_in_trouble_and_what_is_no_server_are_left_alone(
    neighbours: Neighbours, stranger: Stranger, internet: Internet, status: int, says: JsonObject
) -> None:
    server = neighbours.starts("one.example")
    stranger.status, stranger.says = status, says
    with pytest.raises(RemoteError):
        ask(server, internet)
    with pytest.raises(BackingOff):
        ask(server, internet)
    assert len(stranger.website.requests) == 1


def test_who_does_not_answer_is_left_alone_ever_longer(
    neighbours: Neighbours, stranger: Stranger, internet: Internet
) -> None:
    server = neighbours.starts("one.example")
    stranger.goes()
    tries = 0
    for _ in range(24 * 60):
        try:
            ask(server, internet)
        except BackingOff:
            pass
        except PeerUnreachable:
            tries += 1
        internet.pass_time(60)

    assert 8 <= tries <= 14
    stranger.comes()
    internet.pass_time(2 * 86_400)
    assert ask(server, internet) == {"yes": True}
    assert server.app.peers.backoff.silence_of("stranger.example") is None


def test_requests_that_fail_together_count_once(neighbours: Neighbours, internet: Internet) -> None:
    server = neighbours.starts("one.example")
    internet.swallows(neighbours.address_of("silent.example"), 8448)
    requests = [
        internet.begin(server.app.peers.peers.request("silent.example", "GET", PATH))
        for _ in range(5)
    ]
    internet.pass_time(60)

    assert all(len(outcome) == 1 for outcome in requests)
    silence = server.app.peers.backoff.silence_of("silent.example")
    assert silence is not None
    assert silence.wait_ms == 60_000


def test_silence_is_remembered_over_a_restart(
    neighbours: Neighbours, stranger: Stranger, internet: Internet
) -> None:
    server = neighbours.starts("one.example")
    stranger.goes()
    with pytest.raises(PeerUnreachable):
        ask(server, internet)

    again = neighbours.starts("one.example")

    with pytest.raises(BackingOff):
        ask(again, internet)


def test_who_speaks_is_awake(
    neighbours: Neighbours, stranger: Stranger, internet: Internet
) -> None:
    server = neighbours.starts("one.example")
    backoff = server.app.peers.backoff
    woken: list[str] = []
    backoff.listen(woken.append)
    stranger.goes()
    for _ in range(3):
        with pytest.raises(PeerUnreachable):
            ask(server, internet)
        internet.pass_time(300)
    with pytest.raises(PeerUnreachable):
        ask(server, internet)
    stranger.comes()
    backoff.spoke("stranger.example")
    assert woken == []
    with pytest.raises(BackingOff):
        ask(server, internet)
    internet.pass_time(200)

    backoff.spoke("stranger.example")

    assert woken == ["stranger.example"]
    assert ask(server, internet) == {"yes": True}


def test_only_admitted_servers_are_asked(neighbours: Neighbours, internet: Internet) -> None:
    Stranger(neighbours, "a.friend.example", says={"yes": True})
    server = neighbours.starts(
        "one.example", allow=("*.friend.example", "x.org"), deny=("b.friend.example", "x.*")
    )

    assert ask(server, internet, "a.friend.example") == {"yes": True}
    for name in ("b.friend.example", "B.Friend.example:443", "stranger.example", "x.org", "?"):
        with pytest.raises(NotAdmitted):
            ask(server, internet, name)
    alone = neighbours.starts("two.example", enabled=False)
    with pytest.raises(NotAdmitted):
        ask(alone, internet, "a.friend.example")


def test_private_addresses_are_not_asked_by_default(
    neighbours: Neighbours, internet: Internet
) -> None:
    internet.hosts["inside.example"] = ["10.0.0.1"]
    server = neighbours.starts("one.example", ip_range_denylist=PRIVATE_RANGES)
    with pytest.raises(PeerUnreachable):
        ask(server, internet, "inside.example")
    assert internet.calls == []


def test_media_are_fetched_as_they_are(
    neighbours: Neighbours, stranger: Stranger, internet: Internet
) -> None:
    server = neighbours.starts("one.example")
    answer = internet.run(
        server.app.peers.peers.fetch("stranger.example", PATH, limits=Limits(size=100))
    )
    assert answer.body == b'{"yes":true}'
    stranger.status, stranger.says = 404, {"errcode": "M_NOT_FOUND", "error": "gone"}
    with pytest.raises(RemoteError, match="M_NOT_FOUND"):
        internet.run(server.app.peers.peers.fetch("stranger.example", PATH))


def test_only_so_many_silences_are_remembered(
    neighbours: Neighbours, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeserver.peers.backoff.MAX_SILENT", 3)
    server = neighbours.starts("one.example")
    for number in range(5):
        with pytest.raises(PeerUnreachable):
            ask(server, internet, f"s{number}.example")

    silent = [n for n in range(5) if server.app.peers.backoff.silence_of(f"s{n}.example")]
    assert silent == [2, 3, 4]
