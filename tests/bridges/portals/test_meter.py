"""What those hear who watch a bridge."""

import json
from pathlib import Path

from bridges.kit.failures import BadCredentials
from tests.bridges.portals.house import ALICE, BOB, House, in_a_house
from tests.bridges.portals.test_sessions import HELLO


def test_each_login_says_how_it_is_and_not_who_it_is(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        await house.reads(await house.portal(session, HELLO), "hello")
        gone = await house.logs_in(BOB, "Bob")
        gone.orders.put_nowait(BadCredentials("gone"))
        await house.until(lambda: "logged out" in house.bridge.sessions.states().values())

        health = house.bridge.meter.health()
        assert sorted(health["sessions"]) == ["logged out", "running"]
        by_event = {it["event"]: it for it in health["logins"]}
        assert by_event["CONNECTED"]["heard"] == 2 and by_event["CONNECTED"]["silent_s"] == 0
        assert "silent_s" not in by_event["BAD_CREDENTIALS"]
        assert "alice" not in json.dumps(health)

        text = await house.bridge.meter.metrics()
        for line in (
            'isthmus_bridge_waiting{direction="to_network"} 0.0',
            'isthmus_bridge_carried_total{direction="to_matrix"} 1.0',
            'isthmus_bridge_logins{state="CONNECTED"} 1.0',
            'isthmus_bridge_logins{state="BAD_CREDENTIALS"} 1.0',
            "isthmus_bridge_known_already_total 0.0",
        ):
            assert line in text.splitlines()
        assert ALICE not in text

    in_a_house(tmp_path / "bridge.db", story)
