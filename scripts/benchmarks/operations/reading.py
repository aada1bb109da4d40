"""Clients that ask for what is there: syncs, history, members, state."""

from itertools import cycle, islice

import orjson

from scripts.benchmarks.crews import Crew, sessions
from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.people import Session
from scripts.benchmarks.stage import Stage

PAGE = 100
FLOOR = "nothing but an answer: /versions"
IDLE_SYNC = "idle incremental sync, 200 rooms"
FLOOR_TIMES = 400
VERSIONS = "/_matrix/client/versions"
INITIAL_SYNC = "initial sync, 200 rooms of 20"
PAGING = "page of 100, from 5,000 messages"
MEMBERS = "members of a room of 1,000"
STATE = "state of a room of 1,000"


async def floor(stage: Stage) -> dict[str, Figures]:
    """What any request costs."""
    meter = stage.meter()
    async with sessions(stage.port, stage.world.senders) as callers:
        crew = Crew(callers)

        async def ask(caller: Session, _: int) -> float:
            return (await caller.connection.request("GET", VERSIONS, "")).seconds

        for _ in range(stage.effort.slices):
            await meter.slice(lambda: crew.each(range(FLOOR_TIMES), ask))
    return {FLOOR: meter.figures()}


async def idle_sync(stage: Stage) -> dict[str, Figures]:
    """Nothing is new, and the client does not wait."""
    meter = stage.meter()
    async with sessions(stage.port, stage.world.neighbours[:1]) as [neighbour]:
        first = await neighbour.sync("", 0)
        since = orjson.loads(first.body)["next_batch"]

        async def some() -> list[float]:
            nonlocal since
            taken = []
            for _ in range(stage.effort.idle_syncs):
                answer = await neighbour.sync(since, 0)
                since = orjson.loads(answer.body)["next_batch"]
                taken.append(answer.seconds)
            return taken

        await some()
        for _ in range(stage.effort.slices):
            await meter.slice(some)
    return {IDLE_SYNC: meter.figures()}


async def initial_sync(stage: Stage) -> dict[str, Figures]:
    """Every time another person, so that no remembered answer is measured."""
    meter = stage.meter()
    people = stage.world.neighbours
    first = 1 + stage.round * stage.effort.slices
    chosen = list(islice(cycle(people), first, first + stage.effort.slices))
    async with sessions(stage.port, chosen) as neighbours:
        for neighbour in neighbours:

            async def once(neighbour: Session = neighbour) -> list[float]:
                answer = await neighbour.sync("", 0)
                joined = orjson.loads(answer.body)["rooms"]["join"]
                assert len(joined) == len(stage.world.streets), len(joined)
                return [answer.seconds]

            await meter.slice(once)
    return {INITIAL_SYNC: meter.figures()}


async def page(stage: Stage) -> dict[str, Figures]:
    """Back through a long history, from its end."""
    meter = stage.meter()
    async with sessions(stage.port, stage.world.senders[:1]) as [reader]:
        place = ""

        async def some() -> list[float]:
            nonlocal place
            taken = []
            for _ in range(stage.effort.pages):
                answer = await reader.page_back(stage.world.archive, place, PAGE)
                body = orjson.loads(answer.body)
                assert len(body["chunk"]) == PAGE, len(body["chunk"])
                place = body["end"]
                taken.append(answer.seconds)
            return taken

        for _ in range(stage.effort.slices):
            await meter.slice(some)
    return {PAGING: meter.figures()}


async def members_and_state(stage: Stage) -> dict[str, Figures]:
    members, state = stage.meter(), stage.meter()
    async with sessions(stage.port, stage.world.crowd[:1]) as [reader]:

        async def ask_members() -> list[float]:
            answers = [
                await reader.members(stage.world.square) for _ in range(stage.effort.big_answers)
            ]
            assert len(orjson.loads(answers[0].body)["chunk"]) == len(stage.world.crowd)
            return [answer.seconds for answer in answers]

        async def ask_state() -> list[float]:
            answers = [
                await reader.state(stage.world.square) for _ in range(stage.effort.big_answers)
            ]
            assert len(orjson.loads(answers[0].body)) > len(stage.world.crowd)
            return [answer.seconds for answer in answers]

        for _ in range(stage.effort.slices):
            await members.slice(ask_members)
            await state.slice(ask_state)
    return {MEMBERS: members.figures(), STATE: state.figures()}
