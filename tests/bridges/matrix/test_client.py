"""A homeserver that is away is waited for; a homeserver that says no is believed."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridges.matrix import client as module
from bridges.matrix.client import Client, MatrixError
from bridges.matrix.registration import Names, escaped
from bridges.matrix.rooms import Rooms


def with_homeserver(
    answers: list[web.Response], story: Callable[[Client, list[web.Request]], Awaitable[None]]
) -> None:
    async def act() -> None:
        asked: list[web.Request] = []

        async def answer(request: web.Request) -> web.Response:
            asked.append(request)
            return answers.pop(0)

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", answer)
        async with TestServer(app) as server, aiohttp.ClientSession() as http:
            await story(Client(http, f"http://127.0.0.1:{server.port}", "secret"), asked)

    asyncio.run(act())


def test_overload_and_failures_are_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.001)
    answers = [
        web.Response(status=502, text="<html>"),
        web.json_response({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1}, status=429),
        web.json_response({"event_id": "$a"}),
    ]

    async def story(client: Client, asked: list[web.Request]) -> None:
        send = Rooms(client).send
        sent = await send("!a:b", "m.room.message", {"body": "x"}, "t1", "@net_bob:b")
        assert sent == "$a"
        assert len(asked) == 3
        assert {it.rel_url.raw_path for it in asked} == {
            "/_matrix/client/v3/rooms/%21a%3Ab/send/m.room.message/t1"
        }
        assert asked[0].query["user_id"] == "@net_bob:b"
        assert asked[0].headers["Authorization"] == "Bearer secret"

    with_homeserver(answers, story)


def test_a_refusal_is_an_error_at_once() -> None:
    no = web.json_response({"errcode": "M_FORBIDDEN", "error": "No."}, status=403)

    async def story(client: Client, asked: list[web.Request]) -> None:
        with pytest.raises(MatrixError) as caught:
            await client.ask("GET", "/_matrix/client/v3/sync")
        assert (caught.value.status, caught.value.errcode) == (403, "M_FORBIDDEN")

    with_homeserver([no], story)


def test_a_room_that_was_made_and_forgotten_is_found_by_its_alias() -> None:
    taken = web.json_response({"errcode": "M_ROOM_IN_USE", "error": "Taken."}, status=400)
    there = web.json_response({"room_id": "!a:b", "servers": ["b"]})

    async def story(client: Client, asked: list[web.Request]) -> None:
        assert await Rooms(client).create("net_=23chat", "b", {}) == "!a:b"
        assert asked[1].rel_url.raw_path.endswith("/directory/room/%23net_%3D23chat%3Ab")

    with_homeserver([taken, there], story)


def test_names_of_ghosts_are_valid_and_never_collide() -> None:
    names = Names("localhost", "net")
    assert names.ghost("Bob|away") == "@net_=42ob=7caway:localhost"
    assert escaped("=42") != escaped("B")
    assert names.is_ours("@netbot:localhost") and names.is_ours("@net_x:localhost")
    assert not names.is_ours("@net_x:elsewhere") and not names.is_ours("@network:localhost")


def test_names_that_are_too_long_are_cut_and_stay_different() -> None:
    names = Names("localhost", "net")
    long = "лев " * 50
    ghosts = {names.ghost(it) for it in (long, f"{long}!", f"!{long}")}
    assert len(ghosts) == 3 and {len(it) for it in ghosts} == {255}
    assert all(names.is_ours(it) and names.remote_of(it) is None for it in ghosts)
    alias = names.alias(long, "alice")
    assert len(f"#{alias}:localhost") == 255 and alias != names.alias(long, "bob")
    assert names.ghost("\ud83d") == "@net_=3f:localhost"
