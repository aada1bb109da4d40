"""Where a delayed leave is kept: here, or at the homeserver of a user of another one. MSC4140."""

from collections.abc import Awaitable
from typing import Protocol
from urllib.parse import quote

from attrs import frozen

from homeserver.errors import MatrixError
from homeserver.http.client import Client, Limits, Outgoing
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.storage.call_seats import Leave

LIMITS = Limits(seconds=10.0, size=64 * 1024)
ACTIONS = "/_matrix/client/unstable/org.matrix.msc4140/delayed_events"


class LeaveLost(Exception):
    """The homeserver that has it knows it no more, or sent it already."""


class OwnDelayedEvents(Protocol):
    """Both raise a MatrixError for an id that is unknown, or finished."""

    async def restart(self, delay_id: str) -> None: ...

    async def send(self, delay_id: str) -> None: ...


@frozen(eq=False)
class LeaveKeeper:
    _own: OwnDelayedEvents
    _client: Client

    async def restart(self, leave: Leave) -> None:
        """Raises LeaveLost; a server that does not answer is asked again when it is due next."""
        if leave.base_url:
            await self._ask(leave, "restart")
        else:
            await here(self._own.restart(leave.delay_id))

    async def send(self, leave: Leave) -> None:
        if leave.base_url:
            await self._ask(leave, "send")
        else:
            await here(self._own.send(leave.delay_id))

    async def _ask(self, leave: Leave, action: str) -> None:
        """Whoever knows the id may do this, so no token is needed."""
        url = f"{leave.base_url}{ACTIONS}/{quote(leave.delay_id, safe='')}/{action}"
        headers = {"Content-Type": "application/json"}
        try:
            answer = await self._client.request(Outgoing("POST", url, headers, b"{}"), LIMITS)
        except OutgoingError:
            return
        if 400 <= answer.status < 500 and answer.status != 429:
            raise LeaveLost(f"the other homeserver answered {answer.status}")


async def here(work: Awaitable[object]) -> None:
    try:
        await work
    except MatrixError as error:
        raise LeaveLost(str(error)) from None
