"""What goes out, and what is refused; the network is one in memory."""

from io import BytesIO

import pytest

from homeserver.http.client import Limits, Outgoing
from homeserver.http.outgoing_errors import (
    AnswerTooLarge,
    BadAnswer,
    BadTls,
    OutgoingError,
    RefusedAddress,
    TimedOut,
    Unreachable,
)
from homeserver.http.outgoing_tls import Trust
from homeserver.http.request import Request
from homeserver.http.response import Response
from tests.internet import Internet, Speaker, Website, unpacked

HERE = "198.51.100.7"


def site(internet: Internet, *names: str, body: bytes = b"{}", port: int = 443) -> Website:
    """A website at the one address that this file's hosts have."""
    website = Website(lambda _: Response(body))
    serve(internet, website, *(names or ("example.org",)), port=port)
    return website


def serve(internet: Internet, website: Website, *names: str, port: int = 443) -> None:
    internet.hosts.update({name: [HERE] for name in names})
    internet.listen(HERE, port, website.factory(internet.clock), *names)


def test_an_answer_comes_with_status_headers_and_body(internet: Internet) -> None:
    website = site(internet, body=b'{"a": 1}')

    answer = internet.run(internet.client().request(Outgoing("GET", "https://example.org/a?b=c")))

    assert (answer.status, answer.json()) == (200, {"a": 1})
    assert answer.headers["content-type"] == "application/json"
    (request,) = website.requests
    assert (request.path, request.query) == ("/a", "b=c")
    assert request.headers[b"host"] == b"example.org"
    assert b"cookie" not in request.headers


def test_json_is_sent_and_received(internet: Internet) -> None:
    website = site(internet, body=b'{"rejected": []}', port=8443)

    answer = internet.run(internet.client().post_json("https://example.org:8443/notify", {"n": 1}))

    assert answer == {"rejected": []}
    (request,) = website.requests
    assert (request.body, request.headers[b"host"]) == (b'{"n":1}', b"example.org:8443")


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b'"text"', b"\xff"])
def test_what_is_no_json_object_is_refused(internet: Internet, body: bytes) -> None:
    site(internet, body=body)
    with pytest.raises(BadAnswer):
        internet.run(internet.client().get_json("https://example.org/"))


def test_connections_are_reused(internet: Internet) -> None:
    site(internet)
    client = internet.client()
    for _ in range(5):
        internet.run(client.get_json("https://example.org/"))

    assert len(internet.calls) == 1
    internet.pass_time(61)
    assert internet.open_connections() == 0


def test_few_connections_to_one_host_are_kept(internet: Internet) -> None:
    site(internet)
    client = internet.client()
    begun = [client.get_json("https://example.org/") for _ in range(20)]
    for outcome in [internet.begin(work) for work in begun]:
        assert outcome == [{}]

    assert internet.open_connections() <= 4


@pytest.mark.parametrize(("method", "calls"), [("GET", 2), ("PUT", 2), ("POST", 1)])
def test_what_may_be_repeated_is_when_a_kept_connection_turns_out_closed(
    internet: Internet, method: str, calls: int
) -> None:
    internet.hosts["example.org"] = [HERE]
    speaker = Speaker(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    internet.listen(HERE, 80, speaker)
    client = internet.client()
    internet.run(client.get_json("http://example.org/"))
    speaker.said, speaker.hangs_up = b"", True

    # The first try goes into the old connection, the second, if there is one, into a new one.
    with pytest.raises(Unreachable):
        internet.run(client.request(Outgoing(method, "http://example.org/", body=b"{}")))
    assert len(internet.calls) == calls


# -- addresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.5.4",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1:7f00:0:100::",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2a00::5efe:7f00:1",
    ],
)
def test_private_addresses_are_not_called(internet: Internet, address: str) -> None:
    internet.hosts["evil.example"] = [address]
    client = internet.client()

    with pytest.raises(RefusedAddress):
        internet.run(client.get_json("https://evil.example/"))
    shown = f"[{address}]" if ":" in address else address
    with pytest.raises(RefusedAddress):
        internet.run(client.get_json(f"https://{shown}/"))
    assert internet.calls == []


def test_only_the_good_addresses_of_a_name_are_called(internet: Internet) -> None:
    site(internet)
    internet.hosts["example.org"] = ["127.0.0.1", HERE, "::1"]

    internet.run(internet.client().get_json("https://example.org/"))

    assert internet.calls == [(HERE, 443)]


def test_a_name_is_looked_up_once_for_a_connection(internet: Internet) -> None:
    site(internet)
    internet.run(internet.client().get_json("https://example.org/"))
    assert internet.asked == ["example.org"]


def test_allowed_addresses_are_called_though_they_are_private(internet: Internet) -> None:
    internet.hosts["inside.example"] = ["10.0.0.5"]
    website = Website(lambda _: Response(b"{}"))
    internet.listen("10.0.0.5", 443, website.factory(internet.clock), "inside.example")
    client = internet.client(denied=())

    internet.run(client.get_json("https://inside.example/"))

    assert internet.calls == [("10.0.0.5", 443)]


def test_the_next_address_is_called_when_one_does_not_answer(internet: Internet) -> None:
    site(internet)
    internet.hosts["example.org"] = [HERE, "2001:db8::1", "198.51.100.8"]
    internet.swallows("2001:db8::1", 443)

    outcome = internet.begin(internet.client().get_json("https://example.org/"))
    internet.pass_time(8)

    assert outcome == [{}]
    assert internet.calls == [("2001:db8::1", 443), (HERE, 443)]


# -- TLS


def test_the_certificate_must_be_for_the_name(internet: Internet) -> None:
    website = Website(lambda _: Response(b"{}"))
    internet.hosts["example.org"] = [HERE]
    internet.listen(HERE, 443, website.factory(internet.clock), "another.example")

    with pytest.raises(BadTls):
        internet.run(internet.client().get_json("https://example.org/"))
    assert website.requests == []


def test_the_certificate_must_come_from_a_known_authority(internet: Internet) -> None:
    website = site(internet)
    with pytest.raises(BadTls):
        internet.run(internet.client(trust=Trust()).get_json("https://example.org/"))
    assert website.requests == []

    internet.run(internet.client(trust=Trust((), False)).get_json("https://example.org/"))
    assert len(website.requests) == 1


def test_names_are_announced_and_addresses_are_not(internet: Internet) -> None:
    website = Website(lambda _: Response(b"{}"))
    internet.hosts["example.org"] = [HERE]
    tls = internet.listen(HERE, 443, website.factory(internet.clock), "example.org", HERE)
    client = internet.client()

    internet.run(client.get_json("https://example.org/"))
    internet.run(client.get_json(f"https://{HERE}/"))

    assert tls is not None
    assert tls.asked_for == ["example.org", None]


def test_tls_is_not_answered_by_plain_text(internet: Internet) -> None:
    internet.hosts["example.org"] = [HERE]
    internet.listen(HERE, 443, Speaker(b"HTTP/1.1 200 OK\r\n\r\n"))
    with pytest.raises(BadTls):
        internet.run(internet.client().get_json("https://example.org/"))


# -- redirects


def redirecting(internet: Internet, location: str, status: int = 302) -> Website:
    website = Website(
        lambda request: (
            Response(b"{}")
            if request.path == "/end"
            else Response(status=status, headers=(("Location", location),))
        )
    )
    serve(internet, website, "example.org")
    return website


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_where_that_is_asked_for(internet: Internet, status: int) -> None:
    website = redirecting(internet, "/end", status)
    client = internet.client()

    assert internet.run(client.request(Outgoing("GET", "https://example.org/"))).status == status
    answer = internet.run(
        client.request(Outgoing("GET", "https://example.org/"), Limits(redirects=1))
    )

    assert (answer.status, answer.url) == (200, "https://example.org/end")
    assert len(website.requests) == 3


def test_a_circle_of_redirects_ends(internet: Internet) -> None:
    website = redirecting(internet, "https://example.org/again")
    with pytest.raises(BadAnswer):
        internet.run(internet.client().get_json("https://example.org/", Limits(redirects=10)))
    assert len(website.requests) == 11


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("https://127.0.0.1/", RefusedAddress),
        ("https://inside.example/", RefusedAddress),
        ("http://example.org/end", BadAnswer),
        ("file:///etc/passwd", BadAnswer),
        ("https://user:password@example.org/", BadAnswer),
        ("https://example.org:99999/", BadAnswer),
        ("https://[::1/", BadAnswer),
    ],
)
def test_where_a_redirect_leads_is_checked(
    internet: Internet, location: str, error: type[OutgoingError]
) -> None:
    website = redirecting(internet, location)
    internet.hosts["inside.example"] = ["10.0.0.1"]

    with pytest.raises(error):
        internet.run(internet.client().get_json("https://example.org/", Limits(redirects=5)))
    assert len(website.requests) == 1


def test_a_post_is_never_repeated_elsewhere(internet: Internet) -> None:
    website = redirecting(internet, "/end", 307)
    answer = internet.run(
        internet.client().request(
            Outgoing("POST", "https://example.org/", body=b"{}"), Limits(redirects=5)
        )
    )
    assert (answer.status, len(website.requests)) == (307, 1)


# -- size and time


@pytest.mark.parametrize(
    "head", [b"Content-Length: 5000\r\n", b"", b"Transfer-Encoding: chunked\r\n"]
)
def test_a_body_that_is_too_large_is_cut_off(internet: Internet, head: bytes) -> None:
    body = b"x" * 5000
    if b"chunked" in head:
        body = b"1388\r\n" + body + b"\r\n"
    internet.hosts["example.org"] = [HERE]
    internet.listen(HERE, 80, Speaker(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body))

    with pytest.raises(AnswerTooLarge):
        internet.run(internet.client().get_json("http://example.org/", Limits(size=4999)))
    internet.settle()
    assert internet.open_connections() == 0


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\n" + b"X-Long: yes\r\n" * 30_000, b"HTTP/1.1 200 " + b"x" * 300_000],
)
def test_a_head_without_end_is_cut_off(internet: Internet, head: bytes) -> None:
    internet.hosts["example.org"] = [HERE]
    internet.listen(HERE, 80, Speaker(head))
    with pytest.raises(OutgoingError):
        internet.run(internet.client().get_json("http://example.org/"))
    internet.settle()
    assert internet.open_connections() == 0


def test_a_large_body_goes_where_it_is_wanted(internet: Internet) -> None:
    body = b"x" * 300_000
    site(internet, body=body)
    sink = BytesIO()

    answer = internet.run(
        internet.client().request(Outgoing("GET", "https://example.org/", sink=lambda _: sink))
    )

    assert (answer.body, sink.getvalue()) == (b"", body)


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
def test_an_answer_that_takes_too_long_is_given_up(internet: Internet, said: bytes) -> None:
    internet.hosts["example.org"] = [HERE]
    internet.listen(HERE, 80, Speaker(said))

    outcome = internet.begin(internet.client().get_json("http://example.org/", Limits(seconds=10)))
    internet.pass_time(9.9)
    assert outcome == []
    internet.pass_time(0.1)

    with pytest.raises(TimedOut):
        unpacked(outcome[0])
    assert internet.open_connections() == 0


def test_a_place_that_does_not_pick_up_is_given_up(internet: Internet) -> None:
    internet.hosts["example.org"] = [HERE]
    internet.swallows(HERE, 443)
    outcome = internet.begin(internet.client().get_json("https://example.org/", Limits(seconds=3)))
    internet.pass_time(3)
    with pytest.raises(TimedOut):
        unpacked(outcome[0])


def test_who_is_not_there_is_unreachable(internet: Internet) -> None:
    client = internet.client()
    with pytest.raises(Unreachable):
        internet.run(client.get_json("https://nowhere.example/"))
    internet.hosts["example.org"] = [HERE]
    with pytest.raises(Unreachable):
        internet.run(client.get_json("https://example.org/"))
    internet.listen(HERE, 80, Speaker(b"", hangs_up=True))
    with pytest.raises(Unreachable):
        internet.run(client.get_json("http://example.org/"))
    internet.listen(
        HERE, 80, Speaker(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", hangs_up=True)
    )
    with pytest.raises(Unreachable):
        internet.run(client.get_json("http://example.org/"))


def test_what_is_not_http_is_a_bad_answer(internet: Internet) -> None:
    internet.hosts["example.org"] = [HERE]
    internet.listen(HERE, 80, Speaker(b"220 mail.example.org ESMTP\r\n"))
    with pytest.raises(BadAnswer):
        internet.run(internet.client().get_json("http://example.org/"))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "https://",
        "https://example.org/a b",
        "https://example.org/\r\nX-Forged: yes",
        "https://example.org:0/",
        "https://exämple.org/",
        "gopher://example.org:70/",
        "example.org",
        "https://example.org/" + "x" * 20_000,
    ],
)
def test_urls_that_are_none_are_refused(internet: Internet, url: str) -> None:
    with pytest.raises(BadAnswer):
        internet.run(internet.client().get_json(url))
    assert internet.calls == []


def test_headers_of_the_answer_are_read(internet: Internet) -> None:
    def answer(_: Request) -> Response:
        return Response(b"{}", headers=(("Cache-Control", "max-age=60"),))

    serve(internet, Website(answer), "example.org")
    found = internet.run(internet.client().request(Outgoing("GET", "https://example.org/")))
    assert found.headers["cache-control"] == "max-age=60"
