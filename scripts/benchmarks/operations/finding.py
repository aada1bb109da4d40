"""Words, threads, and the rooms of a space."""

import asyncio
from functools import partial
from itertools import cycle, pairwise
from urllib.parse import quote

import orjson

from scripts.benchmarks.crews import crew, sessions
from scripts.benchmarks.http_client import Connection
from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.people import Person, Session, results
from scripts.benchmarks.servers import SERVER_NAME
from scripts.benchmarks.stage import Stage
from scripts.benchmarks.texts import vocabulary

SEARCH_NEWEST = "search 100,000 messages: two words, newest"
SEARCH_BEST = "search 100,000 messages: two words, best"
SEARCH_RARE = "search 100,000 messages: one rare word"
THREADS = "list of 20 threads, of 60"
HIERARCHY = "all pages of a space of 1,000 rooms"
THREADS_MADE, REPLIES = 60, 3
PAGE = 50
AT_ONCE = 8

_spaces: dict[tuple[str, str], str] = {}
"""By server and database: making a thousand rooms takes longer than measuring them."""


async def search(stage: Stage) -> dict[str, Figures]:
    """In all rooms of one person, ten results each time."""
    words = vocabulary()
    return {
        SEARCH_NEWEST: await _searches(stage, "recent", common_pairs(words)),
        SEARCH_BEST: await _searches(stage, "rank", common_pairs(words)),
        SEARCH_RARE: await _searches(stage, "recent", words[1000:2000]),
    }


async def _searches(stage: Stage, order: str, terms: list[str]) -> Figures:
    meter = stage.meter()
    waiting = cycle(terms)
    async with sessions(stage.port, stage.world.senders[:1]) as [reader]:

        async def some() -> list[float]:
            rooms = stage.world.library
            answers = [
                await reader.search(next(waiting), rooms, order)
                for _ in range(stage.effort.searches)
            ]
            assert results(answers[-1])
            return [answer.seconds for answer in answers]

        for _ in range(stage.effort.slices):
            await meter.slice(some)
    return meter.figures()


def common_pairs(words: list[str]) -> list[str]:
    """Searches for two words, each of which is in one message of twenty or so."""
    return [f"{first} {second}" for first, second in pairwise(words[15:40])]


async def threads(stage: Stage) -> dict[str, Figures]:
    meter = stage.meter()
    async with sessions(stage.port, stage.world.senders[:1]) as [reader]:
        room = await reader.create_room("threads")
        for _ in range(THREADS_MADE):
            await _thread(stage, reader, room)
        # What becomes of new messages behind everybody's back is no list's cost.
        await asyncio.sleep(stage.effort.settle_s)
        path = f"/_matrix/client/v1/rooms/{quote(room)}/threads?limit=20"

        async def some() -> list[float]:
            token = reader.person.token
            answers = [
                await reader.connection.request("GET", path, token)
                for _ in range(stage.effort.thread_lists)
            ]
            assert len(orjson.loads(answers[-1].body)["chunk"]) == 20
            return [answer.seconds for answer in answers]

        for _ in range(stage.effort.slices):
            await meter.slice(some)
    return {THREADS: meter.figures()}


async def _thread(stage: Stage, session: Session, room: str) -> None:
    root = orjson.loads((await session.send(room, stage.txn_id())).body)["event_id"]
    relation = {"rel_type": "m.thread", "event_id": root}
    for _ in range(REPLIES):
        body = {"msgtype": "m.text", "body": "yes, at five", "m.relates_to": relation}
        path = f"rooms/{quote(room)}/send/m.room.message/{stage.txn_id()}"
        await session.ask("PUT", path, body)


async def hierarchy(stage: Stage) -> dict[str, Figures]:
    """From the first page to the last, again and again."""
    meter = stage.meter()
    key = (stage.server.product.name, stage.server.database_kind)
    if key not in _spaces:
        _spaces[key] = await _space(stage)
    async with sessions(stage.port, stage.world.senders[:1]) as [reader]:

        async def whole() -> list[float]:
            return [await _walk(stage, reader, _spaces[key])]

        for _ in range(stage.effort.slices):
            await meter.slice(whole)
    return {HIERARCHY: meter.figures()}


async def _walk(stage: Stage, reader: Session, space: str) -> float:
    path = f"/_matrix/client/v1/rooms/{quote(space)}/hierarchy?limit={PAGE}"
    seconds, count, after = 0.0, 0, ""
    while True:
        answer = await reader.connection.request("GET", path + after, reader.person.token)
        body = orjson.loads(answer.body)
        seconds += answer.seconds
        count += len(body["rooms"])
        if "next_batch" not in body:
            break
        after = f"&from={quote(body['next_batch'])}"
    assert count == 1 + stage.effort.space_rooms, count
    return seconds


async def _space(stage: Stage) -> str:
    """Made once for each server."""
    owner = stage.world.senders[0]
    async with crew(stage.port, AT_ONCE) as workers:

        async def make(connection: Connection, number: int) -> str:
            return await Session(owner, connection).create_room(f"room {number}")

        rooms = await workers.each(list(range(stage.effort.space_rooms)), make)
        async with sessions(stage.port, [owner]) as [session]:
            wish = {
                "name": "space",
                "creation_content": {"type": "m.space"},
                "room_version": "12",
            }
            answer = await session.ask("POST", "createRoom", wish)
            space = str(orjson.loads(answer.body)["room_id"])
        await workers.each(rooms, partial(_add_child, owner=owner, space=space))
    return space


async def _add_child(connection: Connection, room: str, *, owner: Person, space: str) -> None:
    session = Session(owner, connection)
    path = f"rooms/{quote(space)}/state/m.space.child/{quote(room)}"
    await session.ask("PUT", path, {"via": [SERVER_NAME]})
