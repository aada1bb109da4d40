"""What is done beside, and given up when it takes long: it is only worth something now."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from attrs import define, field

from bridges.kit.failures import NetworkFailure
from bridges.matrix.client import MatrixError

log = logging.getLogger(__name__)

WORTH_S = 10
MAX_AT_ONCE = 100


@define(eq=False)
class Errands:
    _under_way: set[asyncio.Task[None]] = field(factory=set)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Dropped when too many are under way."""
        if len(self._under_way) >= MAX_AT_ONCE:
            work.close()
            return
        task = asyncio.create_task(self._run(work))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(WORTH_S):
                await work
        except (TimeoutError, NetworkFailure, MatrixError) as error:
            log.debug("An errand is given up: %s", type(error).__name__)
        except Exception:
            log.exception("An errand fails by a mistake of ours")

    async def stop(self) -> None:
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
