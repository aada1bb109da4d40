"""From Matrix to the network: who says it, whenever it comes."""

from pathlib import Path

from bridges.kit.parts import plain
from bridges.storage import outbox
from tests.bridges.portals.house import ALICE, House, in_a_house
from tests.bridges.portals.test_sessions import HELLO

MANY = 30
"""Looks into the database: more than a message needs to be carried."""


def test_what_comes_before_the_logins_are_known_is_said_by_its_own_login(tmp_path: Path) -> None:
    """The homeserver repeats what a killed bridge did not take, as soon as it is there again."""

    async def story(house: House) -> None:
        portal = await house.portal(await house.logs_in(), HELLO)
        await house.reads(portal, "hello")
        await house.closes()
        await house.hears_already()
        await house.says(ALICE, portal, "too early")
        for _ in range(MANY):
            assert (await house.bridge.ground.db.write(outbox.lengths))[1] == 1
        await house.bridge.start()
        session = house.network.sessions["alice"]
        await house.until(lambda: session.heard)
        assert plain(session.heard[0].parts) == "too early"

    in_a_house(tmp_path / "bridge.db", story)
