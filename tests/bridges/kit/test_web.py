"""What networks and strangers name is fetched within bounds, and never from private networks."""

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

import pytest
from aiohttp import web as server

from bridges.kit.failures import Rejected, Transient
from bridges.kit.web import Web, is_public, web


async def page(request: server.Request) -> server.StreamResponse:
    match request.path:
        case "/moved":
            raise server.HTTPFound("/file")
        case "/round":
            raise server.HTTPFound("/round")
        case "/inside":
            raise server.HTTPFound(f"http://localhost:{request.url.port}/file")
        case "/scheme":
            raise server.HTTPFound("file:///etc/passwd")
        case "/secret":
            return server.Response(text=request.headers.get("Authorization", "nothing"))
        case "/file":
            return server.Response(body=b"x" * 1000, content_type="image/png")
        case "/endless":
            answer = server.StreamResponse()
            await answer.prepare(request)
            for _ in range(100):
                await answer.write(b"y" * 1000)
            return answer
        case "/json":
            return server.Response(text="[" * 200_000)
    raise server.HTTPNotFound


def visits(story: Callable[[Web, str], Awaitable[None]], *trusted: str) -> None:
    async def act() -> None:
        app = server.Application()
        app.router.add_get("/{tail:.*}", page)
        runner = server.AppRunner(app)
        await runner.setup()
        await server.TCPSite(runner, "127.0.0.1", 0).start()
        async with web("Somewhere", *trusted) as found:
            await story(found, f"http://127.0.0.1:{runner.addresses[0][1]}")
        await runner.cleanup()

    asyncio.run(act())


def refuses(path: str, said: str, *trusted: str, max_bytes: int = 2000) -> None:
    async def story(found: Web, root: str) -> None:
        with pytest.raises(Rejected, match=said):
            await found.fetch(root + path, max_bytes)

    visits(story, *trusted)


HERE = "http://127.0.0.1/"


def test_a_file_is_fetched_also_from_where_it_moved() -> None:
    async def story(found: Web, root: str) -> None:
        reply = await found.fetch(root + "/moved", 2000)
        assert (reply.body, reply.mime) == (b"x" * 1000, "image/png")

    visits(story, HERE)


def test_private_addresses_are_refused_unless_the_operator_named_them() -> None:
    refuses("/file", "private network")


def test_names_of_private_addresses_are_refused_also_after_a_redirect() -> None:
    async def story(found: Web, root: str) -> None:
        with pytest.raises(Transient, match="cannot be reached"):
            await found.fetch(root + "/inside", 2000)

    visits(story, HERE)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/endless", "larger than"),
        ("/round", "somewhere else"),
        ("/scheme", "cannot be used"),
        ("/gone", "does not hand out"),
    ],
)
def test_endless_roundabout_and_missing_files_are_refused(path: str, said: str) -> None:
    refuses(path, said, HERE)


def test_hostile_json_is_no_json() -> None:
    async def story(found: Web, root: str) -> None:
        assert (await found.fetch(root + "/json", 300_000)).json() is None

    visits(story, HERE)


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "127.0.0.1", "169.254.169.254", "192.168.0.1", "100.64.0.1", "0.0.0.0"),
        *("::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "2002:7f00:1::", "224.0.0.1", "ff02::1"),
    ],
)
def test_private_networks_are_known(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_public_networks_are_known(address: str) -> None:
    assert is_public(ip_address(address))
