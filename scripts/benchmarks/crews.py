"""Several workers at once, each doing one thing after another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from attrs import frozen

from scripts.benchmarks.http_client import Connection
from scripts.benchmarks.people import Person, Session

WorkerT = TypeVar("WorkerT")
TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")


@frozen
class Crew(Generic[WorkerT]):
    """Workers that share what is to be done."""

    workers: Sequence[WorkerT]

    async def each(
        self,
        tasks: Sequence[TaskT],
        work: Callable[[WorkerT, TaskT], Awaitable[ResultT]],
    ) -> list[ResultT]:
        """Do all tasks, each worker one at a time; the results in the tasks' order."""
        results: dict[int, ResultT] = {}
        waiting = iter(enumerate(tasks))

        async def toil(worker: WorkerT) -> None:
            for place, task in waiting:
                results[place] = await work(worker, task)

        async with asyncio.TaskGroup() as group:
            for worker in self.workers:
                group.create_task(toil(worker))
        return [results[place] for place in range(len(tasks))]


@asynccontextmanager
async def crew(port: int, number: int) -> AsyncIterator[Crew[Connection]]:
    connections = [await Connection.open(port) for _ in range(number)]
    try:
        yield Crew(connections)
    finally:
        for connection in connections:
            connection.close()


@asynccontextmanager
async def sessions(port: int, people: Sequence[Person]) -> AsyncIterator[list[Session]]:
    """Each person at a connection of their own."""
    async with crew(port, len(people)) as connections:
        yield [
            Session(person, connection)
            for person, connection in zip(people, connections.workers, strict=True)
        ]
