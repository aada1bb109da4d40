"""Asking VK for news. VK: "Bots Long Poll API"."""

from contextlib import suppress
from typing import Any

from attrs import define

from bridges.kit.failures import Rejected, Transient
from bridges.kit.happenings import Message
from bridges.kit.json_values import objects
from bridges.kit.network import Bridge
from bridges.networks.vk.hearing import Hearing
from bridges.networks.vk.wire import Wire

PLACE = "long poll"
SPARE_S = 10
CAUGHT_UP = 100
"""Messages of each chat that are read again."""


@define
class Place:
    """Where the news are, and how far we have come."""

    server: str
    key: str
    ts: str


async def listen(wire: Wire, hearing: Hearing, bridge: Bridge, poll_s: int) -> None:
    """A place counts as reached when all before it is safe, also over a restart.

    Where VK has forgotten events, we read what was said meanwhile.
    """
    place = await ask(wire, hearing.group)
    if known := await bridge.kept(PLACE):
        place.ts = known
    while True:
        answer = await poll(wire, place, poll_s)
        match answer.get("failed"):
            case None:
                for update in objects(answer.get("updates")):
                    await hearing.hear(update)
            case 1:
                await catch_up(wire, hearing, bridge)
            case 2:
                place.key = (await ask(wire, hearing.group)).key
                continue
            case _:
                place = await ask(wire, hearing.group)
                answer = {"ts": place.ts}
                await catch_up(wire, hearing, bridge)
        if (ts := answer.get("ts")) is not None and str(ts) != known:
            place.ts = known = str(ts)
            await bridge.keep(PLACE, known)


async def catch_up(wire: Wire, hearing: Hearing, bridge: Bridge) -> None:
    """What is known already is dropped by its number."""
    for chat in await bridge.chats():
        with suppress(Rejected):
            for message in await newest(wire, hearing, chat.id, CAUGHT_UP):
                await bridge.receive(message)


async def newest(
    wire: Wire, hearing: Hearing, peer: str, count: int, offset: int = 0
) -> list[Message]:
    """The oldest first."""
    answer = await wire.call(
        "messages.getHistory", peer_id=peer, offset=offset, count=count, extended=True
    )
    hearing.people.learn(answer)
    items = [it for it in objects(answer.get("items")) if not isinstance(it.get("action"), dict)]
    under_way = await hearing.under_way(peer)
    items = [it | {"peer_id": int(peer)} for it in items if it.get("random_id") != under_way]
    return [await hearing.said(it) for it in reversed(items)]


async def ask(wire: Wire, group: str) -> Place:
    there = await wire.call("groups.getLongPollServer", group_id=group)
    if not isinstance(there, dict) or not isinstance(there.get("server"), str):
        raise Transient("VK does not say where its news are.")
    return Place(there["server"], str(there.get("key")), str(there.get("ts")))


async def poll(wire: Wire, place: Place, poll_s: int) -> dict[str, Any]:
    params = {"act": "a_check", "key": place.key, "ts": place.ts, "wait": str(poll_s)}
    reply = await wire.web.call("GET", place.server, params=params, wait_s=poll_s + SPARE_S)
    answer = reply.json()
    if not isinstance(answer, dict):
        raise Transient("VK answers what we do not understand.")
    return answer
