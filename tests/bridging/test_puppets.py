"""Alice writes on the network from elsewhere, and it is she who says it on Matrix."""

import asyncio
from pathlib import Path

import aiohttp

from tests.appservices.people import User
from tests.bridging.account import Account
from tests.bridging.people import meets_the_bot, opens, state
from tests.bridging.started_bridge import BridgeProcess
from tests.clients.started_server import free_port, homeserver_settings, started_homeserver

KILLS = 4


async def story(base_url: str, bridge: BridgeProcess, account: Account) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        await bridge.start()
        room = await meets_the_bot(alice)
        await alice.says(room, "login")
        await alice.reads(room, "You are logged in")
        portal = await opens(alice, room, "north")
        said = []
        for round in range(KILLS):
            for number in range(5):
                said.append(f"from my phone, {round} {number}")
                account.says("north", said[-1])
            await asyncio.sleep(0.1 * round)
            await bridge.kill()
            await bridge.start()
        account.says("north", "the end")
        await alice.sees(lambda it: it["content"].get("body") == "the end")
        page = await alice.ask("GET", f"/v3/rooms/{portal}/messages", dir="f", limit="500")
        events = [it for it in page["chunk"] if it["type"] == "m.room.message"]
        assert [it["content"]["body"] for it in events] == [*said, "the end"]
        assert {it["sender"] for it in events} == {alice.user_id}

        await alice.says(portal, "by hand")
        await account.has_heard("north", 1)
        assert account.heard["north"] == ["by hand"]
        assert (await state(alice, portal, "m.room.member", alice.user_id))["membership"] == "join"
        print(f"{len(events)} came from her account through {KILLS} kills, none of them went back")
        await bridge.stop()


def test_her_words_come_once_from_her_account_and_do_not_go_back(tmp_path: Path) -> None:
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"

    async def act() -> None:
        account = Account()
        bridge.network_settings["port"] = await account.opens(ledger)
        try:
            await story(base_url, bridge, account)
        except BaseException:
            print(bridge.log())
            raise
        finally:
            bridge.abandon()
            await account.closes()

    ledger = free_port()
    bridge = BridgeProcess(tmp_path, "tests.bridging.ledger", base_url, {"port": ledger})
    database = {"engine": "sqlite", "path": str(tmp_path / "homeserver.db")}
    listeners = homeserver_settings(tmp_path, database, port)["listeners"]
    files = [str(bridge.prepare()), str(bridge.prepare_puppets())]
    with started_homeserver(tmp_path, database, listeners=listeners, appservice_config_files=files):
        asyncio.run(act())
