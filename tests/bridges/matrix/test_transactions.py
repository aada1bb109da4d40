"""What the homeserver pushes is taken with the right token only, and only when it is safe."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from attrs import define, field

from bridges.matrix.transactions import Push, Transactions

PATH = "/_matrix/app/v1/transactions/7"
RIGHT = {"Authorization": "Bearer right"}
EVENT = {
    "event_id": "$a",
    "room_id": "!a",
    "sender": "@alice:localhost",
    "type": "m.room.message",
    "content": {"body": "hello"},
}


@define
class Shelf:
    kept: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]] = field(factory=list)

    async def accept(self, push: Push) -> None:
        self.kept.append((push.id, push.events, push.ephemeral))


def with_bridge(story: Callable[[Any, Shelf], Awaitable[None]]) -> None:
    async def act() -> None:
        shelf = Shelf()
        app = Transactions("right", shelf.accept).application()
        async with TestClient(TestServer(app)) as client:
            await story(client, shelf)

    asyncio.run(act())


def test_events_are_kept_under_the_id_of_their_transaction() -> None:
    async def story(client: Any, shelf: Shelf) -> None:
        typing = {"type": "m.typing", "room_id": "!a", "content": {}}
        body = {"events": [EVENT, {"type": "broken"}, 7], "ephemeral": [typing, None]}
        assert (await client.put(PATH, json=body, headers=RIGHT)).status == 200
        assert shelf.kept == [("7", [EVENT], [typing])]

    with_bridge(story)


def test_a_stranger_is_refused_and_nothing_is_kept() -> None:
    async def story(client: Any, shelf: Shelf) -> None:
        wrong = {"Authorization": "Bearer wrong"}
        assert (await client.put(PATH, json={"events": []})).status == 401
        assert (await client.put(PATH, json={"events": []}, headers=wrong)).status == 403
        assert (await client.put(f"{PATH}?access_token=é", json={"events": []})).status == 403
        assert shelf.kept == []

    with_bridge(story)


def test_what_is_no_transaction_is_refused_in_words() -> None:
    async def story(client: Any, shelf: Shelf) -> None:
        for body in (b"{", b"[]", b"{}", b'{"events": 7}'):
            answer = await client.put(PATH, data=body, headers=RIGHT)
            assert answer.status == 400
            assert (await answer.json())["errcode"] == "M_BAD_JSON"
        assert shelf.kept == []

    with_bridge(story)


def test_old_paths_are_answered_and_nobody_is_made_up() -> None:
    async def story(client: Any, shelf: Shelf) -> None:
        old = await client.put("/transactions/8?access_token=right", json={"events": [EVENT]})
        assert old.status == 200 and shelf.kept[0][0] == "8"
        user = await client.get("/_matrix/app/v1/users/@net_x:localhost", headers=RIGHT)
        assert user.status == 404
        assert (await client.post("/_matrix/app/v1/ping", json={}, headers=RIGHT)).status == 200

    with_bridge(story)
