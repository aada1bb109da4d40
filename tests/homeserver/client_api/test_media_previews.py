import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import evolve

from homeserver.config.limits import Limit, RateLimits
from homeserver.config.media import UrlPreviews
from homeserver.config.network import PRIVATE_RANGES
from homeserver.config.settings import Settings
from homeserver.http.request import Request
from homeserver.http.response import Response
from tests.homeserver.media.clients import asks, downloads, files
from tests.homeserver.media.pictures import claims, picture
from tests.internet import PUBLIC, Internet, Website
from tests.outcomes import outcome
from tests.people import JsonObject, Person, Refused, Server

HERE = "198.51.100.7"
PAGE = "http://example.org/page"
DENIED = tuple(network for network in PRIVATE_RANGES if network not in PUBLIC)

PRIVATE_PLACES = (
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://10.0.0.1/",
    "http://[::ffff:10.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2130706433/",
    "http://inside.example/",
)


class Web:
    """One site with pages by path, and a server whose people look at them."""

    def __init__(self, internet: Internet, settings: Settings, **changes: Any) -> None:
        self.internet = internet
        self.pages: dict[str, Response] = {}
        self.site = Website(self._answer)
        for name in ("example.org", "other.example", "bad.example"):
            internet.hosts[name] = [HERE]
        internet.listen(HERE, 80, self.site.factory(internet.clock))
        previews = UrlPreviews(**{"enabled": True, "ip_range_denylist": DENIED, **changes})
        media = evolve(settings.media, url_previews=previews)
        self.server = Server(evolve(settings, media=media), internet)
        self.alice: Person = self.server.person("alice")

    def page(self, path: str, body: bytes | str, type: str = "text/html") -> None:
        data = body if isinstance(body, bytes) else body.encode()
        self.pages[path] = Response(data, content_type=type)

    def redirect(self, path: str, to: str) -> None:
        self.pages[path] = Response(status=302, headers=(("Location", to),))

    def preview(self, url: str = PAGE, **query: Any) -> JsonObject:
        asked = self.alice.ask("GET", "/v1/media/preview_url", url=url, **query)
        self.internet.settle()
        return asked.json()

    def refused(self, url: str = PAGE) -> tuple[int, str | None]:
        with pytest.raises(Refused) as caught:
            self.preview(url)
        return caught.value.status, caught.value.errcode

    @property
    def fetched(self) -> list[str]:
        return [request.path for request in self.site.requests]

    def _answer(self, request: Request) -> Response:
        return self.pages.get(request.path, Response(status=404))


@pytest.fixture
def surf(internet: Internet, settings: Settings) -> Iterator[Callable[..., Web]]:
    webs: list[Web] = []

    def surf(**changes: Any) -> Web:
        webs.append(Web(internet, settings, **changes))
        return webs[-1]

    yield surf
    for web in webs:
        outcome(web.server.app.media.stop())
        web.server.stop()


@pytest.fixture
def web(surf: Callable[..., Web]) -> Web:
    return surf()


def test_a_link_is_shown_with_title_text_and_picture(web: Web) -> None:
    image = picture("PNG", (40, 30))
    web.page(
        "/page",
        '<meta property="og:title" content="News"><meta property="og:description" content="Much">'
        '<meta property="og:image" content="/pic">',
    )
    web.page("/pic", image, "image/png")

    answer = web.preview()

    uri = answer.pop("og:image")
    assert answer == {
        "og:title": "News",
        "og:description": "Much",
        "og:image:type": "image/png",
        "og:image:width": 40,
        "og:image:height": 30,
        "matrix:image:size": len(image),
    }
    assert downloads(web.alice, uri.removeprefix("mxc://"))[2] == image
    assert files(web.server, "incoming") == []
    assert b"cookie" not in web.site.requests[0].headers


def test_a_preview_is_fetched_once_until_it_is_old(web: Web) -> None:
    web.page("/page", "<title>One</title>")
    assert [web.preview(), web.preview()] == [{"og:title": "One"}] * 2
    assert web.fetched == ["/page"]

    web.page("/page", "<title>Two</title>")
    web.internet.pass_time(86_401)
    assert web.preview(ts=1) == {"og:title": "Two"}


def test_who_asks_at_the_same_time_gets_the_same(web: Web) -> None:
    web.page("/page", "<title>One</title>")
    asked = [web.alice.ask("GET", "/v1/media/preview_url", url=PAGE) for _ in range(3)]
    asked[0].hang_up()
    web.internet.settle()

    assert [it.json()["og:title"] for it in asked[1:]] == ["One", "One"]
    assert web.fetched == ["/page"]


def test_a_link_to_a_picture_is_its_own_preview(web: Web) -> None:
    web.page("/a%20b.png", picture("JPEG", (40, 30)), "image/anything")

    answer = web.preview("http://example.org/a%20b.png#top")

    assert (answer["og:title"], answer["og:image:type"]) == ("a b.png", "image/jpeg")


def test_oembed_fills_in_what_a_page_does_not_say(web: Web) -> None:
    oembed = {"type": "video", "title": "Film", "thumbnail_url": "pic", "provider_name": 7}
    web.page("/page", '<link rel=alternate type="application/json+oembed" href="/oembed">')
    web.page("/oembed", json.dumps(oembed), "application/json")
    web.page("/pic", picture(), "image/png")

    answer = web.preview()

    assert answer["og:title"] == "Film"
    assert answer["og:image"].startswith("mxc://")
    assert "og:site_name" not in answer


def test_a_picture_that_is_none_is_left_out(web: Web) -> None:
    for number, data in enumerate((b"<svg/>", claims(10_000, 10_000), b"")):
        web.page("/page", f'<title>T</title><meta property="og:image" content="/pic{number}">')
        web.page(f"/pic{number}", data, "image/png")

        assert web.preview(f"{PAGE}?{number}") == {"og:title": "T"}
    assert files(web.server) == files(web.server, "incoming") == []


def test_what_is_neither_page_nor_picture_has_an_empty_preview(web: Web) -> None:
    web.page("/page", b"PK\3\4", "application/zip")

    assert web.preview() == {}


def test_what_cannot_be_fetched_is_tried_again_later(web: Web) -> None:
    assert web.refused() == (502, "M_UNKNOWN")
    web.page("/page", "<title>Now</title>")
    assert web.refused() == (502, "M_UNKNOWN")
    assert web.refused("http://nowhere.example/") == (502, "M_UNKNOWN")

    web.internet.pass_time(601)
    assert web.preview() == {"og:title": "Now"}


def test_redirects_are_followed_to_some_end(web: Web) -> None:
    web.redirect("/page", "http://other.example/there")
    web.page("/there", "<title>There</title><img src=pic><body><img src=pic>")
    web.redirect("/round", "/round")

    assert web.preview() == {"og:title": "There"}
    assert web.refused("http://example.org/round") == (502, "M_UNKNOWN")
    assert web.fetched.count("/round") == 6


def test_private_places_are_never_called(web: Web) -> None:
    web.internet.hosts["inside.example"] = ["192.168.0.1"]
    for number, url in enumerate(PRIVATE_PLACES):
        web.redirect(f"/{number}", url)

        assert web.refused(url) == (502, "M_UNKNOWN")
        assert web.refused(f"http://example.org/{number}") == (502, "M_UNKNOWN")
    assert {address for address, _ in web.internet.calls} == {HERE}


def test_answers_without_end_are_cut_off(surf: Callable[..., Web]) -> None:
    web = surf(max_bytes=100_000)
    web.page("/page", b"x" * 200_000)

    assert web.refused() == (502, "M_UNKNOWN")
    assert files(web.server, "incoming") == []


def test_who_never_answers_is_not_waited_for(web: Web) -> None:
    web.internet.hosts["slow.example"] = ["198.51.100.9"]
    web.internet.swallows("198.51.100.9", 80)
    asked = web.alice.ask("GET", "/v1/media/preview_url", url="http://slow.example/")

    web.internet.pass_time(26)

    assert asked.raw()[0] == 502


def test_some_hosts_can_be_left_alone(surf: Callable[..., Web]) -> None:
    web = surf(deny=("bad.*",), allow=("*.org", "bad.example"))
    web.redirect("/page", "http://other.example/there")

    assert web.refused("http://bad.example/page") == (403, "M_FORBIDDEN")
    assert web.refused("http://BAD.example./page") == (403, "M_FORBIDDEN")
    assert web.refused("http://other.example/page") == (403, "M_FORBIDDEN")
    assert web.refused() == (502, "M_UNKNOWN")
    assert web.fetched == ["/page"]


def test_what_is_no_web_address_is_refused(web: Web) -> None:
    assert web.refused("ftp://example.org/") == (400, "M_INVALID_PARAM")
    assert web.refused("http://a:b@example.org/") == (400, "M_INVALID_PARAM")


def test_nothing_is_fetched_unless_the_operator_wants_it(surf: Callable[..., Web]) -> None:
    web = surf(enabled=False)

    assert web.refused() == (403, "M_FORBIDDEN")
    assert web.fetched == []
    assert not tells_of_previews(web.alice)


def test_clients_are_told_whether_there_are_previews(web: Web) -> None:
    assert tells_of_previews(web.alice)


def test_previews_have_a_rate_limit_and_need_an_account(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(rate_limits=RateLimits(url_preview=Limit(1.0, 1)))
    alice = server.person("alice")

    codes = []
    for person in (alice, alice, server.anonymous):
        with pytest.raises(Refused) as caught:
            asks(person, "GET", "/_matrix/media/v3/preview_url?url=http://a.example").json()
        codes.append(caught.value.errcode)
    assert codes == ["M_FORBIDDEN", "M_LIMIT_EXCEEDED", "M_MISSING_TOKEN"]


def test_old_previews_go_with_their_pictures(surf: Callable[..., Web]) -> None:
    web = surf(max_previews=1)
    web.page("/1.png", picture("PNG", (10, 10)), "image/png")
    web.page("/2.png", picture("PNG", (20, 20)), "image/png")
    for number in (1, 2):
        web.preview(f"http://example.org/{number}.png")
        web.internet.pass_time(1)
    assert len(files(web.server)) == 2

    outcome(web.server.app.media.upkeep.run())
    assert len(files(web.server)) == 1
    web.internet.pass_time(200_000)
    outcome(web.server.app.media.upkeep.run())
    assert files(web.server) == []


def test_a_picture_goes_when_the_page_has_another(web: Web) -> None:
    web.page("/1.png", picture("PNG", (10, 10)), "image/png")
    web.preview("http://example.org/1.png")
    web.page("/1.png", picture("PNG", (20, 20)), "image/png")
    web.internet.pass_time(86_401)

    assert web.preview("http://example.org/1.png")["og:image:width"] == 20
    assert len(files(web.server)) == 1


def tells_of_previews(person: Person) -> bool:
    capabilities = person.get("/v3/capabilities")["capabilities"]
    return bool(capabilities["io.element.msc4452.preview_url"]["enabled"])
