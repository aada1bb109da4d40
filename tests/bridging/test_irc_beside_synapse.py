"""The IRC bridge beside Synapse, with a registration file written by hand."""

import asyncio
from pathlib import Path

import aiohttp
import yaml

from tests.appservices.irc import Chatter, irc_server
from tests.appservices.people import User
from tests.bridging.people import logs_in, meets_the_bot, opens, sends, state
from tests.bridging.started_bridge import BridgeProcess
from tests.bridging.synapse import running_synapse
from tests.clients.started_server import free_port

REGISTRATION = """\
id: irc
url: http://127.0.0.1:{port}
as_token: {as_token}
hs_token: {hs_token}
sender_localpart: netbot
rate_limited: false
de.sorunome.msc2409.push_ephemeral: true
namespaces:
  users:
    - exclusive: true
      regex: '@net_.*:localhost'
  aliases:
    - exclusive: true
      regex: '#net_.*:localhost'
  rooms: []
"""


async def conversation(base_url: str, irc_port: int, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        bob = await Chatter.connects(irc_port, "bob")
        await bob.joins("#Matrix")
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, nick="alice", password="-")
        portal = await opens(alice, room, "#Matrix")
        await bob.hears("JOIN")
        assert (await state(alice, portal, "m.room.name"))["name"] == "#Matrix"

        html = {"format": "org.matrix.custom.html", "formatted_body": "hello <b>Bob</b>"}
        content = {"msgtype": "m.text", "body": "hello Bob", **html}
        await sends(alice, portal, "m.room.message", content, "first")
        assert (await bob.hears("hello")).endswith("PRIVMSG #Matrix :hello \x02Bob\x02")
        bob.says("#Matrix", "hello \x1dAlice\x1d")
        heard = await alice.reads(portal, "hello Alice")
        assert heard["sender"] == "@net_bob:localhost"
        assert heard["content"]["formatted_body"] == "hello <em>Alice</em>"
        bob.writes("TOPIC #Matrix :about bridges")
        await alice.sees(lambda it: it["content"].get("topic") == "about bridges")
        bob.writes("NICK robert")
        bob.says("#Matrix", "it is still me")
        assert (await alice.reads(portal, "still me"))["sender"] == "@net_robert:localhost"

        await bridge.kill()
        await alice.says(portal, "said while the bridge was away")
        await bridge.start()
        await bob.hears("said while the bridge was away")
        await bridge.stop()


def test_alice_on_synapse_and_bob_talk_over_irc(tmp_path: Path) -> None:
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    with irc_server(tmp_path) as irc_port:
        settings = {"host": "127.0.0.1", "port": irc_port, "tls": False, "seconds_per_line": 0.1}
        bridge = BridgeProcess(tmp_path, "irc", base_url, settings)
        bridge.prepare()
        tokens = yaml.safe_load(bridge.config.read_text())
        registration = tmp_path / "by-hand.yaml"
        registration.write_text(
            REGISTRATION.format(
                port=bridge.port, as_token=tokens["as_token"], hs_token=tokens["hs_token"]
            )
        )
        with running_synapse(tmp_path / "synapse", port, [registration]):
            try:
                asyncio.run(conversation(base_url, irc_port, bridge))
            except BaseException:
                print(bridge.log())
                raise
            finally:
                bridge.abandon()
