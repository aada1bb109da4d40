import asyncio

from scripts.benchmarks.crews import Crew


def test_results_stand_in_the_order_of_the_tasks() -> None:
    async def work(worker: str, task: int) -> tuple[int, str]:
        for _ in range(10 - task):
            await asyncio.sleep(0)
        return task, worker

    done = asyncio.run(Crew(["ann", "bob", "cem"]).each(range(10), work))

    assert [task for task, _ in done] == list(range(10))
    assert {worker for _, worker in done} == {"ann", "bob", "cem"}
