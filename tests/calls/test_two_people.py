"""A call of two people: real WebRTC through a real coturn, with what Isthmus gave them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from tests.calls.coturn import running_coturn
from tests.calls.peers import Phone
from tests.clients.nio.conversation import play
from tests.clients.nio.people import People
from tests.clients.started_server import Homeserver, started_homeserver

SECRET = "only for the relay of the tests"


@frozen
class Place:
    homeserver: Homeserver
    coturn_log: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("calls")
    database = {"engine": "sqlite", "path": str(folder / "homeserver.db")}
    with running_coturn(folder, SECRET) as port:
        uris = [f"turn:127.0.0.1:{port}?transport=udp"]
        calls = {"turn": {"uris": uris, "shared_secret": SECRET}}
        with started_homeserver(folder, database, calls=calls) as homeserver:
            yield Place(homeserver, folder / "coturn.log")


async def a_call(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)
    hers, his = Phone(alice, room, "hers"), Phone(bob, room, "his")
    await asyncio.gather(hers.connects_to_relay(), his.connects_to_relay())
    try:
        await hers.invites()
        await his.answers()
        await hers.take_answer()
        await asyncio.gather(hers.hears_a_tone(), his.hears_a_tone())
        await hers.says("m.call.hangup", reason="user_hangup")
        assert (await his.hears("m.call.hangup"))["reason"] == "user_hangup"
    finally:
        await asyncio.gather(hers.hangs_up(), his.hangs_up())


def test_two_people_hear_each_other_through_the_relay(place: Place) -> None:
    asyncio.run(play(a_call, place.homeserver))

    log = place.coturn_log.read_text()
    assert "ALLOCATE processed, success" in log


def test_the_relay_refuses_who_has_no_password_of_ours(place: Place) -> None:
    async def tries(people: People) -> None:
        (mallory,) = await people.register("mallory")
        phone = Phone(mallory, await mallory.creates_room(), "hers")
        await phone.connects_to_relay("a guess")
        await phone.connection.setLocalDescription(await phone.connection.createOffer())
        assert "typ relay" not in phone.connection.localDescription.sdp
        await phone.hangs_up()

    asyncio.run(play(tries, place.homeserver))
