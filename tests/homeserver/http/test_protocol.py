"""Connections: answers in order, however requests come, and an end to patience."""

import json
from random import Random

import pytest

from homeserver.http import protocol
from homeserver.http.reading import MAX_HEAD_BYTES
from tests.homeserver.http.shop import Shop, Wire, read_answers

BODY = json.dumps({"text": "häuser 🏠"}).encode()
PUT = (
    b"PUT /_shop/things/a%2Fb/c HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    b"Content-Length: " + str(len(BODY)).encode() + b"\r\n\r\n" + BODY
)
CHUNKED = (
    b"PUT /_shop/things/x/y HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'3\r\n{"a\r\n1;ext=1\r\n"\r\n4\r\n: 1}\r\n0\r\nX-Trailer: yes\r\n\r\n'
)
GET = b"GET /_shop/hello?name=j%C3%B6rg HTTP/1.1\r\nHost: test\r\n\r\n"
UNKNOWN = b"GET /nowhere HTTP/1.1\r\nHost: test\r\n\r\n"
STREAM = [PUT, GET, CHUNKED, UNKNOWN, GET]
EXPECTED = [
    (200, {"name": "a/b", "part": "c", "body": {"text": "häuser 🏠"}}),
    (200, {"hello": "jörg"}),
    (200, {"name": "x", "part": "y", "body": {"a": 1}}),
    (404, {"errcode": "M_UNRECOGNIZED", "error": "This server has no such endpoint."}),
    (200, {"hello": "jörg"}),
]


def bodies(wire: Wire) -> list[tuple[int, object]]:
    return [(status, json.loads(body)) for status, _, body in wire.answers()]


# -- the same answers, however the bytes come


def test_byte_by_byte(shop: Shop) -> None:
    wire = shop.connect()
    for byte in b"".join(STREAM):
        wire.send(bytes([byte]))

    assert bodies(wire) == EXPECTED and not wire.closed


@pytest.mark.parametrize("seed", range(25))
def test_in_random_pieces(shop: Shop, seed: int) -> None:
    random, rest = Random(seed), b"".join(STREAM)
    wire = shop.connect()
    while rest:
        size = random.choice([1, 2, 7, 30, 100, 1000])
        wire.send(rest[:size])
        rest = rest[size:]

    assert bodies(wire) == EXPECTED


def test_all_at_once_and_each_answer_in_one_write(shop: Shop) -> None:
    wire = shop.connect()
    wire.send(b"".join(STREAM))

    assert bodies(wire) == EXPECTED
    assert len(wire.writes) == len(STREAM)


def test_empty_lines_before_a_request_do_no_harm(shop: Shop) -> None:
    wire = shop.connect()
    wire.send(b"\r\n\r\n" + GET + b"\r\n" + GET)

    assert [status for status, _ in bodies(wire)] == [200, 200]


# -- order


def test_answers_keep_the_order_of_requests(shop: Shop) -> None:
    wire = shop.connect()
    wire.get("/_shop/waits").get("/_shop/hello?name=second").get("/_shop/waits")
    assert wire.written == b""

    shop.endpoints.waiting[0].callback("first")
    assert [body for _, body in bodies(wire)] == [{"got": "first"}, {"hello": "second"}]
    shop.endpoints.waiting[1].callback("third")
    assert len(wire.answers()) == 3


def test_who_asks_much_at_once_is_read_no_further(shop: Shop) -> None:
    wire = shop.connect()
    wire.get("/_shop/waits")
    for _ in range(protocol.MAX_PIPELINED + 1):
        assert wire.reads
        wire.get("/_shop/hello")
    assert not wire.reads

    shop.endpoints.waiting[0].callback("now")
    assert wire.reads
    assert len(wire.answers()) == protocol.MAX_PIPELINED + 2


def test_a_thousand_requests_in_one_piece_are_answered_flatly(shop: Shop) -> None:
    wire = shop.connect()
    wire.get("/_shop/waits")
    wire.send(GET * 2000)
    shop.endpoints.waiting[0].callback("now")

    assert len(wire.answers()) == 2001 and not wire.closed


def test_who_takes_no_answers_gets_no_more(shop: Shop) -> None:
    wire = shop.connect()
    wire.full_at = 500_000
    wire.send(b"GET /_shop/large HTTP/1.1\r\nHost: test\r\n\r\n" * 50)

    assert len(wire.written) < 800_000 and not wire.reads
    wire.take()
    assert len(wire.answers()) == 50 and wire.reads


# -- the end of a connection


def test_connections_are_kept(shop: Shop) -> None:
    wire = shop.connect().get("/_shop/hello")

    _, headers, _ = wire.answer()
    assert "connection" not in headers and not wire.closed


@pytest.mark.parametrize("line", ["Connection: close", "Connection: Close"])
def test_connections_are_closed_on_demand(shop: Shop, line: str) -> None:
    wire = shop.connect().get("/_shop/hello", line)

    _, headers, _ = wire.answer()
    assert headers["connection"] == "close" and wire.closed


def test_an_old_client_gets_one_answer(shop: Shop) -> None:
    wire = shop.connect()
    wire.send(b"GET /_shop/hello HTTP/1.0\r\n\r\n")

    assert wire.answer()[0] == 200 and wire.closed


def test_what_comes_after_the_last_request_is_ignored(shop: Shop) -> None:
    wire = shop.connect()
    wire.send(b"GET /_shop/waits HTTP/1.1\r\nConnection: close\r\n\r\nGET /_shop/hello HT\x00\r\n")
    wire.send(GET)
    shop.endpoints.waiting[0].callback("the answer")

    assert bodies(wire) == [(200, {"got": "the answer"})] and wire.closed


def test_an_offer_to_upgrade_is_declined_by_answering(shop: Shop) -> None:
    wire = shop.connect()
    wire.get("/_shop/hello", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c")

    status, headers, body = wire.answer()
    assert (status, json.loads(body)) == (200, {"hello": "world"})
    assert headers["connection"] == "close" and wire.closed


def test_rubbish_after_a_request_does_not_cost_its_answer(shop: Shop) -> None:
    wire = shop.connect()
    wire.send(b"GET /_shop/waits HTTP/1.1\r\nHost: test\r\n\r\n\x00\x01rubbish\r\n\r\n")
    assert wire.written == b""
    shop.endpoints.waiting[0].callback("answered")

    (first, second) = wire.answers()
    assert (first[0], second[0]) == (200, 400) and wire.closed


def test_work_ends_when_the_client_that_waits_is_gone(shop: Shop) -> None:
    wire = shop.connect().get("/_shop/waits")
    wire.hang_up()

    assert shop.endpoints.cancelled == 1
    assert wire.written == b"" and not shop.factory.connections


def test_work_that_changes_something_goes_on_without_its_client(shop: Shop) -> None:
    wire = shop.connect()
    wire.send(b"POST /_shop/works HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    wire.hang_up()
    shop.endpoints.waiting[0].callback("done")

    assert shop.endpoints.cancelled == 0 and wire.written == b""


def test_work_that_is_cancelled_by_a_fault_is_answered(shop: Shop) -> None:
    wire = shop.connect().get("/_shop/cancels").get("/_shop/hello")

    assert [status for status, _ in bodies(wire)] == [500, 200]


def test_a_stop_closes_connections(shop: Shop) -> None:
    wires = [shop.connect(), shop.connect().get("/_shop/waits")]
    shop.factory.stop()

    assert all(wire.closed for wire in wires)


# -- bounds


@pytest.mark.parametrize(
    ("request_bytes", "status", "errcode"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "M_UNKNOWN"),
        (b"NONSENSE\r\n\r\n", 400, "M_UNKNOWN"),
        (b"GET\r\n\r\n", 400, "M_UNKNOWN"),
        (b"GET / HTTP/7.7\r\n\r\n", 400, "M_UNKNOWN"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "M_UNKNOWN"),
        (b"GET /_shop/hello HTTP/1.1\r\nno colon\r\n\r\n", 400, "M_UNKNOWN"),
        (b"GET /_shop/hello HTTP/1.1\r\nA b: c\r\n\r\n", 400, "M_UNKNOWN"),
        (b"GET /_shop/hello HTTP/1.1\r\nA: b\x00c\r\n\r\n", 400, "M_UNKNOWN"),
        (b"PUT /_shop/things/a/b HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400, "M_UNKNOWN"),
        (b"PUT /_shop/things/a/b HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, "M_UNKNOWN"),
        (
            b"PUT /_shop/things/a/b HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
            400,
            "M_UNKNOWN",
        ),
        (
            b"PUT /_shop/things/a/b HTTP/1.1\r\nContent-Length: 3\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "M_UNKNOWN",
        ),
        (
            b"PUT /_shop/things/a/b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            400,
            "M_UNKNOWN",
        ),
        (b"GET /" + b"a" * (MAX_HEAD_BYTES + 1), 414, "M_UNKNOWN"),
        (
            b"GET /_shop/hello HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(200)),
            431,
            "M_UNKNOWN",
        ),
        (b"GET /_shop/hello HTTP/1.1\r\n" + b"A: b\r\n" * 200, 431, "M_UNKNOWN"),
        (b"GET /_shop/hello HTTP/1.1\r\nB: c\r\nA: " + b"b" * MAX_HEAD_BYTES, 431, "M_UNKNOWN"),
        (b"PUT /_shop/things/a/b HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413, "M_TOO_LARGE"),
        (
            b"PUT /_shop/things/a/b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3e9\r\n" + b" " * 1001,
            413,
            "M_TOO_LARGE",
        ),
        (
            b"PUT /_shop/things/a/b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"1;" + b"x" * 100_000,
            413,
            "M_TOO_LARGE",
        ),
        (
            b"PUT /_shop/things/a/b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"1\r\n1\r\n0\r\nTrailer: " + b"x" * 100_000,
            413,
            "M_TOO_LARGE",
        ),
        (b"PUT /_shop/nowhere HTTP/1.1\r\nContent-Length: 99\r\n\r\n", 404, "M_UNRECOGNIZED"),
        (b"PUT /_shop/hello HTTP/1.1\r\nContent-Length: 99\r\n\r\n", 405, "M_UNRECOGNIZED"),
    ],
)
@pytest.mark.parametrize("pieces", [1, 1000])
def test_what_cannot_be_served_is_refused_early_and_plainly(
    shop: Shop, request_bytes: bytes, status: int, errcode: str, pieces: int
) -> None:
    wire = shop.connect()
    size = -(-len(request_bytes) // pieces)
    for start in range(0, len(request_bytes), size):
        wire.send(request_bytes[start : start + size])

    found, headers, body = wire.answer()
    assert (found, json.loads(body)["errcode"]) == (status, errcode)
    assert headers["connection"] == "close"
    assert headers["access-control-allow-origin"] == "*"
    shop.clock.advance(protocol.LINGER_SECONDS)
    assert wire.closed


def test_who_sends_too_much_gets_time_to_read_the_answer(shop: Shop) -> None:
    wire = shop.connect()
    wire.send(b"PUT /_shop/things/a/b HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n")
    assert wire.answer()[0] == 413 and not wire.closed

    for _ in range(50):
        wire.send(b" " * 100_000)
    assert not wire.closed and len(wire.answers()) == 1
    shop.clock.advance(protocol.LINGER_SECONDS)
    assert wire.closed and not wire.aborted


def test_who_goes_on_sending_is_cut_off(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_DISCARDED", 100_000)
    wire = shop.connect()
    wire.send(b"PUT /_shop/things/a/b HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n")
    while not wire.aborted:
        wire.send(b" " * 60_000)


def test_the_largest_allowed_body_passes(shop: Shop) -> None:
    wire = shop.connect()
    body = json.dumps("x" * 998).encode()
    wire.send(b"PUT /_shop/things/a/b HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + body)

    assert len(body) == 1000 and wire.answer()[0] == 200


# -- 100 Continue


def test_who_waits_for_a_word_gets_it(shop: Shop) -> None:
    wire = shop.connect()
    wire.send(PUT.replace(b"Host: test", b"Host: test\r\nExpect: 100-continue").removesuffix(BODY))
    assert wire.written == b"HTTP/1.1 100 Continue\r\n\r\n"

    wire.send(BODY)
    assert wire.answer()[0] == 200
    assert wire.written.count(b"100 Continue") == 1


def test_who_would_send_too_much_gets_another_word(shop: Shop) -> None:
    wire = shop.connect()
    wire.send(
        b"PUT /_shop/things/a/b HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9999\r\n\r\n"
    )

    assert wire.answer()[0] == 413 and b"100 Continue" not in wire.written


def test_the_word_never_comes_between_answers(shop: Shop) -> None:
    wire = shop.connect().get("/_shop/waits")
    expecting = PUT.replace(b"Host: test", b"Host: test\r\nExpect: 100-continue")
    wire.send(expecting.removesuffix(BODY))
    assert wire.written == b""

    wire.send(BODY)
    shop.endpoints.waiting[0].callback("first")
    assert [status for status, _ in bodies(wire)] == [200, 200]


# -- patience


def test_the_idle_are_sent_away_those_who_wait_for_us_are_not(shop: Shop) -> None:
    idle, waiting = shop.connect().get("/_shop/hello"), shop.connect().get("/_shop/waits")
    shop.clock.advance(protocol.IDLE_MS / 1000 - 20)
    assert not idle.closed
    shop.clock.advance(60)

    assert idle.aborted and not waiting.closed
    shop.endpoints.waiting[0].callback("late")
    assert waiting.answer()[0] == 200


def pass_slowly(shop: Shop, wire: Wire, data: bytes, seconds_a_byte: float) -> bool:
    """Whether all bytes could be sent at this speed."""
    for byte in data:
        shop.clock.advance(seconds_a_byte)
        if wire.closed:
            return False
        wire.send(bytes([byte]))
    return True


def test_slow_senders_are_cut_off_though_they_never_pause(shop: Shop) -> None:
    assert pass_slowly(shop, shop.connect(), GET, 0.5)
    assert not pass_slowly(shop, shop.connect(), GET * 2, 5)
    assert not pass_slowly(shop, shop.connect(), PUT, 1)


def test_a_large_body_may_take_its_time(shop: Shop) -> None:
    wire = shop.connect()
    wire.send(b"POST /_shop/works HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(20):
        shop.clock.advance(15)
        wire.send(b" " * 20_000)

    assert not wire.closed, "five minutes for 400,000 bytes"
    shop.clock.advance(300)
    assert wire.aborted


def test_each_request_has_the_full_time(shop: Shop) -> None:
    wire = shop.connect()
    for _ in range(10):
        for part in (GET[:10], GET[10:30], GET[30:]):
            wire.send(part)
            shop.clock.advance(18)

    assert len(wire.answers()) == 10 and not wire.closed


def test_who_does_not_take_the_last_answer_is_cut_off(shop: Shop) -> None:
    wire = shop.connect().get("/_shop/hello", "Connection: close")
    assert wire.closed and not wire.aborted
    shop.clock.advance(protocol.CLOSE_MS / 1000 + 20)

    assert wire.aborted


# -- methods every resource has


def test_a_head_is_a_get_without_the_body(shop: Shop) -> None:
    wire = shop.connect()
    wire.send(b"HEAD /_shop/hello HTTP/1.1\r\nHost: test\r\n\r\n" + GET)

    head, get = read_answers(wire.written, bodiless=frozenset({0}))
    assert head[0] == 200 and head[1]["content-length"] == str(len(b'{"hello":"world"}'))
    assert json.loads(get[2]) == {"hello": "jörg"}


@pytest.mark.parametrize("path", ["/_shop/hello", "/nowhere", "/_shop/mine", "*"])
def test_browsers_may_ask_what_is_allowed(shop: Shop, path: str) -> None:
    wire = shop.connect()
    wire.send(
        f"OPTIONS {path} HTTP/1.1\r\nOrigin: https://app.test\r\n"
        "Access-Control-Request-Method: PUT\r\n\r\n".encode()
    )

    status, headers, body = wire.answer()
    assert (status, body) == (200, b"")
    assert headers["access-control-allow-origin"] == "*"
    for method in ("get", "post", "put", "delete", "options"):
        assert method in headers["access-control-allow-methods"]
    for name in ("x-requested-with", "content-type", "authorization"):
        assert name in headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    "path",
    ["/_shop/hello", "/_shop/fails", "/_shop/mine", "/_shop/dear", "/nowhere", "/_shop/forbidden"],
)
def test_browsers_may_read_every_answer(shop: Shop, path: str) -> None:
    _, headers, _ = shop.connect().get(path).answer()

    assert headers["access-control-allow-origin"] == "*"
    assert headers["content-type"] == "application/json"
