"""What a network's servers send us reaches the network as it came, and never too much of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bridges.kit.webhooks import MAX_WEBHOOK, Answer, Request, Route
from bridges.networks.echo.network import Echo
from bridges.webhooks import Webhooks

heard: list[Request] = []


async def answer(request: Request) -> Answer:
    heard.append(request)
    if request.body == b"a mistake":
        raise AssertionError
    return Answer(202, b"<done/>", "application/xml")


class Hooked(Echo):
    def routes(self) -> tuple[Route, ...]:
        return (Route("updates/{account}", answer, ("GET", "POST")),)


Asked = Callable[[TestClient[web.Request, web.Application]], Awaitable[ClientResponse]]


def ask(asked: Asked) -> tuple[int, str]:
    async def act() -> tuple[int, str]:
        heard.clear()
        app = web.Application()
        Webhooks("https://bridge.example.org", Hooked()).serve(app)
        async with TestClient(TestServer(app)) as client:
            response = await asked(client)
            return response.status, await response.text()

    return asyncio.run(act())


def test_a_request_reaches_its_network_as_it_came() -> None:
    path, headers = "/webhook/echo/updates/alice?token=t%20t", {"X-Signature": "abc"}
    assert ask(lambda it: it.post(path, data=b"\xff {", headers=headers)) == (202, "<done/>")
    (request,) = heard
    assert (request.method, request.path) == ("POST", "/webhook/echo/updates/alice")
    assert (request.query, request.body) == ({"token": "t t"}, b"\xff {")
    assert request.headers["x-signature"] == "abc"


def test_what_is_no_route_is_not_found() -> None:
    assert ask(lambda it: it.get("/webhook/echo/other"))[0] == 404
    assert ask(lambda it: it.put("/webhook/echo/updates/alice"))[0] == 405
    assert heard == []


def test_too_much_is_refused_also_when_its_length_is_not_said() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MAX_WEBHOOK // 1_000_000 + 1):
            yield b"x" * 1_000_000

    path = "/webhook/echo/updates/alice"
    assert ask(lambda it: it.post(path, data=b"x" * (MAX_WEBHOOK + 1)))[0] == 413
    assert ask(lambda it: it.post(path, data=pieces()))[0] == 413
    assert heard == []


def test_a_mistake_of_ours_is_said_as_one() -> None:
    assert ask(lambda it: it.post("/webhook/echo/updates/a", data=b"a mistake"))[0] == 500


def test_a_network_knows_where_the_world_reaches_it() -> None:
    hooks = Webhooks("https://bridge.example.org", Hooked())
    assert hooks.webhook("updates/a") == "https://bridge.example.org/webhook/echo/updates/a"
