"""Server-Server API, "Resolving server names", step by step."""

import json
from random import Random

import pytest
from prometheus_client import CollectorRegistry

from homeserver.http.outgoing_connections import Target
from homeserver.http.outgoing_names import Service
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.peers.discovery import Discovery
from homeserver.peers.errors import PeerUnreachable
from homeserver.peers.refusals import Refusals
from homeserver.peers.well_known import WellKnown
from tests.internet import Internet, Speaker, Website

WEB = "198.51.100.80"
HOUR = 3600


def discovery(internet: Internet, registry: CollectorRegistry | None = None) -> Discovery:
    random = Random(1).randbytes
    refusals = Refusals(internet.clock, registry or CollectorRegistry())
    well_known = WellKnown(internet.client(), internet.clock, random, refusals)
    return Discovery(well_known, internet, internet.clock, random)


def says(internet: Internet, server: object, host: str = "example.org", **headers: str) -> Website:
    """A website that delegates."""

    def answer(_: Request) -> Response:
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return Response(json.dumps({"m.server": server}).encode(), headers=named)

    website = Website(answer)
    internet.hosts[host] = [WEB]
    internet.listen(WEB, 443, website.factory(internet.clock), host)
    return website


def find(internet: Internet, name: str) -> Target:
    return internet.run(discovery(internet).find(name))


# -- step 1


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("198.51.100.1", ("198.51.100.1", 8448)),
        ("198.51.100.1:99", ("198.51.100.1", 99)),
        ("[2001:db8::1]", ("2001:db8::1", 8448)),
        ("[2001:db8::1]:99", ("2001:db8::1", 99)),
    ],
)
def test_an_ip_literal_is_the_address(
    internet: Internet, name: str, place: tuple[str, int]
) -> None:
    assert find(internet, name) == Target((place,), place[0], name)
    assert not internet.asked
    assert not internet.calls


# -- step 2


def test_an_explicit_port_is_taken_as_it_is(internet: Internet) -> None:
    target = find(internet, "example.org:99")

    assert target == Target((("example.org", 99),), "example.org", "example.org:99")
    assert not internet.asked
    assert not internet.calls


# -- step 3


@pytest.mark.parametrize(
    ("delegated", "place", "name"),
    [
        ("198.51.100.1", ("198.51.100.1", 8448), "198.51.100.1"),
        ("[2001:db8::1]:99", ("2001:db8::1", 99), "2001:db8::1"),
        ("matrix.example.org:443", ("matrix.example.org", 443), "matrix.example.org"),
    ],
)
def test_delegation_to_an_address_or_a_port(
    internet: Internet, delegated: str, place: tuple[str, int], name: str
) -> None:
    says(internet, delegated)
    assert find(internet, "example.org") == Target((place,), name, delegated)
    assert internet.asked == ["example.org"]


@pytest.mark.parametrize("service", ["_matrix-fed._tcp", "_matrix._tcp"])
def test_delegation_to_a_name_with_a_service(internet: Internet, service: str) -> None:
    says(internet, "matrix.example.org")
    internet.records[f"{service}.matrix.example.org"] = [Service("host.net", 99, 0, 0, 300)]

    target = find(internet, "example.org")

    assert target == Target((("host.net", 99),), "matrix.example.org", "matrix.example.org")


def test_delegation_to_a_bare_name(internet: Internet) -> None:
    says(internet, "matrix.example.org")
    target = find(internet, "example.org")
    assert target.places == (("matrix.example.org", 8448),)
    assert (target.name, target.host) == ("matrix.example.org", "matrix.example.org")


# -- steps 4 to 6


def test_without_delegation_the_registered_service_counts(internet: Internet) -> None:
    internet.records["_matrix-fed._tcp.example.org"] = [Service("host.net", 99, 0, 0, 300)]
    internet.records["_matrix._tcp.example.org"] = [Service("old.net", 98, 0, 0, 300)]

    target = find(internet, "example.org")

    assert target == Target((("host.net", 99),), "example.org", "example.org")


def test_then_the_service_of_old(internet: Internet) -> None:
    internet.records["_matrix._tcp.example.org"] = [Service("old.net", 98, 0, 0, 300)]
    target = find(internet, "example.org")
    assert target == Target((("old.net", 98),), "example.org", "example.org")


def test_and_then_the_host_itself(internet: Internet) -> None:
    target = find(internet, "example.org")
    assert target == Target((("example.org", 8448),), "example.org", "example.org")


def test_places_come_by_priority_and_weight(internet: Internet) -> None:
    internet.records["_matrix-fed._tcp.example.org"] = [
        Service("last", 3, 20, 5, 300),
        Service("rare", 2, 10, 1, 300),
        Service("often", 1, 10, 99, 300),
    ]
    found = discovery(internet)
    orders = [internet.run(found.find("example.org")).places for _ in range(50)]
    assert {places[-1] for places in orders} == {("last", 3)}
    assert sum(places[0] == ("often", 1) for places in orders) > 40


def test_a_service_that_is_decidedly_absent_leads_nowhere(internet: Internet) -> None:
    internet.records["_matrix-fed._tcp.example.org"] = [Service("", 0, 0, 0, 300)]
    assert find(internet, "example.org").places == ()


@pytest.mark.parametrize(
    "name",
    ["", "exa mple.org", "example.org:0", "example.org:99999", "a/b", "a@b", "[::1", "x" * 300],
)
def test_what_is_no_server_name_is_nowhere(internet: Internet, name: str) -> None:
    with pytest.raises(PeerUnreachable):
        find(internet, name)
    assert internet.asked == []


# -- the well-known file


@pytest.mark.parametrize(
    "server", [None, 7, "", "bad name", "example.org:0", "https://example.org", ["a"]]
)
def test_a_delegation_that_is_none_is_passed_over(internet: Internet, server: object) -> None:
    says(internet, server)
    assert find(internet, "example.org").places == (("example.org", 8448),)


@pytest.mark.parametrize("body", [b"{", b"[]", b" " * 60_000, b" " * 10_000_000, b"[" * 40_000])
def test_a_file_that_is_broken_or_large_is_passed_over(internet: Internet, body: bytes) -> None:
    website = Website(lambda _: Response(body))
    internet.hosts["example.org"] = [WEB]
    internet.listen(WEB, 443, website.factory(internet.clock), "example.org")
    assert find(internet, "example.org").places == (("example.org", 8448),)


def test_what_leads_inside_or_never_ends_is_counted(internet: Internet) -> None:
    """But not the pages that many websites answer with instead."""
    answers = {
        "inside.example": Response(status=302, headers=(("Location", "https://127.0.0.1/"),)),
        "large.example": Response(b" " * 10_000_000),
        "page.example": Response(b"<html>Not found</html>"),
    }
    website = Website(lambda request: answers[request.headers[b"host"].decode()])
    internet.hosts.update({host: [WEB] for host in answers})
    internet.listen(WEB, 443, website.factory(internet.clock), *answers)
    for host in answers:
        registry = CollectorRegistry()
        assert internet.run(discovery(internet, registry).find(host))
        counted = {
            reason: registry.get_sample_value(
                "isthmus_federation_refused_total", {"reason": reason}
            )
            for reason in ("private_address", "bad_answer")
        }
        assert counted == {
            "private_address": host == "inside.example",
            "bad_answer": host == "large.example",
        }


def test_redirects_lead_to_the_file_but_not_inside(internet: Internet) -> None:
    away = {"a.example": "https://b.example/file", "b.example": "", "c.example": "https://[::1]/"}

    def answer(request: Request) -> Response:
        if location := away[request.headers[b"host"].decode()]:
            return Response(status=302, headers=(("Location", location),))
        return Response(b'{"m.server": "there:1"}', content_type="text/plain")

    internet.hosts.update({host: [WEB] for host in away})
    internet.listen(WEB, 443, Website(answer).factory(internet.clock), *away)

    assert find(internet, "a.example").places == (("there", 1),)
    assert find(internet, "c.example").places == (("c.example", 8448),)
    assert {address for address, _ in internet.calls} == {WEB}


def asked_again_after(internet: Internet, website: Website, seconds: float) -> bool:
    """Whether a second look, after so long, goes to the website."""
    found = discovery(internet)
    internet.run(found.find("example.org"))
    before = len(website.requests)
    internet.pass_time(seconds)
    internet.run(found.find("example.org"))
    return len(website.requests) > before


@pytest.mark.parametrize(
    ("control", "hours"),
    [("", 24), ("max-age=7200", 2), ("public, Max-Age=7200", 2), ("max-age=99999999999", 48)],
)
def test_an_answer_is_good_for_as_long_as_it_says_within_bounds(
    internet: Internet, control: str, hours: int
) -> None:
    headers = {"Cache_Control": control} if control else {}
    website = says(internet, "there:1", **headers)

    assert not asked_again_after(internet, website, hours * HOUR - 1)
    assert asked_again_after(internet, website, hours * HOUR + 1)


@pytest.mark.parametrize("control", ["no-store", "max-age=0", "no-cache"])
def test_even_a_fleeting_answer_is_good_for_minutes(internet: Internet, control: str) -> None:
    website = says(internet, "there:1", Cache_Control=control)
    assert not asked_again_after(internet, website, 299)
    assert asked_again_after(internet, website, 301)


def test_expires_is_read_too(internet: Internet) -> None:
    website = says(internet, "there:1", Expires="Fri, 15 Jan 2027 10:00:00 GMT")
    assert not asked_again_after(internet, website, 2 * HOUR - 1)
    assert asked_again_after(internet, website, 2 * HOUR + 1)


def test_failures_are_remembered_ever_longer_up_to_an_hour(internet: Internet) -> None:
    internet.hosts["example.org"] = [WEB]
    internet.listen(WEB, 443, Speaker(b"", hangs_up=True))
    found = discovery(internet)
    for _ in range(24 * 60):
        internet.run(found.find("example.org"))
        internet.pass_time(60)

    assert 24 <= len(internet.calls) <= 48


def test_an_outage_of_the_website_does_not_end_a_delegation_at_once(internet: Internet) -> None:
    says(internet, "there:1")
    found = discovery(internet)
    internet.run(found.find("example.org"))
    internet.listen(WEB, 443, Speaker(b"", hangs_up=True))
    internet.pass_time(25 * HOUR)

    assert internet.run(found.find("example.org")).places == (("there", 1),)
    internet.pass_time(24 * HOUR)
    assert internet.run(found.find("example.org")).places == (("example.org", 8448),)


def test_many_who_ask_at_once_cost_one_request(internet: Internet) -> None:
    website = says(internet, "there:1")
    found = discovery(internet)
    outcomes = [internet.begin(found.find("example.org")) for _ in range(3)]
    assert len({str(outcome) for outcome in outcomes}) == 1
    assert len(website.requests) == 1


def test_a_slow_website_holds_nobody_up_for_long(internet: Internet) -> None:
    internet.hosts["example.org"] = [WEB]
    internet.swallows(WEB, 443)
    found = discovery(internet)
    waiting = [internet.begin(found.find("example.org")) for _ in range(3)]
    assert waiting == [[], [], []]

    internet.pass_time(12)

    places = (("example.org", 8448),)
    assert [outcome[0].places for outcome in waiting] == [places] * 3  # type: ignore[union-attr]
    assert len(internet.calls) == 1
