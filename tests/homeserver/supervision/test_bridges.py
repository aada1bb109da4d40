"""Bridges whose folders come, change and go beside a server that runs."""

import json
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import define, field
from prometheus_client import CollectorRegistry

from homeserver.http.request import Request
from homeserver.http.response import Response, json_response
from homeserver.supervision.bridges import Bridges, Workshop
from homeserver.supervision.child import Child, Means, Order
from homeserver.supervision.control import Commands, Conversation
from homeserver.supervision.folders import Folder
from homeserver.supervision.health import ASKED_EVERY_S, PATIENCE, Health
from homeserver.supervision.meter import BridgeMeter
from homeserver.users.appservices import read_file
from tests.homeserver.appservices.bridge import REGISTRATION
from tests.homeserver.appservices.bridge import World as HomeserverWorld
from tests.homeserver.supervision.processes import Machine
from tests.internet import Internet, Website
from tests.outcomes import outcome
from tests.people import FakeTransport, JsonObject, Person, Refused


@define(eq=False)
class World:
    """A homeserver with a directory of bridges, and a machine that runs them."""

    homeserver: HomeserverWorld
    directory: Path
    bridges: Bridges
    machine: Machine = field(factory=Machine)

    def adds(self, name: str, port: int = 9000) -> Folder:
        folder = Folder(self.directory / name)
        folder.path.mkdir(parents=True, exist_ok=True)
        own = {"id": name, "as_token": f"as-{name}", "sender_localpart": f"{name}bot"}
        registration = {**REGISTRATION, **own, "url": f"http://127.0.0.1:{port}"}
        folder.registration.write_text(yaml.safe_dump(registration))
        folder.config.write_text(f"network: {name}")
        return folder

    def looks(self) -> list[JsonObject]:
        outcome(self.bridges.look())
        return self.bridges.status()

    def bot(self, name: str) -> Person:
        return Person(self.homeserver.server, f"{name}bot", f"as-{name}")


@pytest.fixture
def world(settings: Any, internet: Internet, tmp_path: Path) -> Iterator[World]:
    beside = HomeserverWorld(settings, internet, tmp_path)
    server = beside.starts()
    machine = Machine()
    means = Means(machine.spawn, server.clock, lambda name: None)
    client = internet.client(denied=())
    workshop = Workshop(
        partial(read_file, server_name="test"),
        lambda folder: Child(Order(folder.name, ("python",), str(folder.path)), means, print),
        lambda url: Health(url, client, server.clock),
        BridgeMeter.of(CollectorRegistry()),
    )
    roster = server.app.appservices.roster
    bridges = Bridges(tmp_path / "bridges", roster, workshop, server.clock)
    yield World(beside, tmp_path / "bridges", bridges, machine)
    outcome(bridges.stop())
    server.stop()


def test_those_that_are_there_are_run_once_the_ports_are_open(world: World) -> None:
    world.adds("irc")
    outcome(world.bridges.start())
    assert world.machine.started == []

    world.bridges.begin()

    (status,) = world.bridges.status()
    assert (status["name"], status["state"], status["pid"]) == ("irc", "starting", 100)
    assert world.bot("irc").get("/v3/account/whoami")["user_id"] == "@ircbot:test"


def test_one_that_comes_while_the_server_runs_is_registered_and_run(world: World) -> None:
    world.bridges.begin()
    assert world.looks() == []

    world.adds("irc")

    assert world.looks()[0]["state"] == "starting"
    assert world.bot("irc").get("/v3/account/whoami")["user_id"] == "@ircbot:test"
    assert len(world.looks()) == len(world.machine.started) == 1


def test_one_that_goes_is_stopped_and_its_token_opens_nothing(world: World) -> None:
    world.bridges.begin()
    folder = world.adds("irc")
    world.looks()

    folder.registration.unlink()

    assert world.looks() == []
    assert world.machine.newest.signals == [signal.SIGTERM]
    with pytest.raises(Refused) as refused:
        world.bot("irc").get("/v3/account/whoami")
    assert refused.value.errcode == "M_UNKNOWN_TOKEN"


def test_one_whose_settings_change_is_started_anew(world: World) -> None:
    world.bridges.begin()
    folder = world.adds("irc")
    world.looks()

    folder.config.write_text("network: irc  # and more")
    world.looks()

    assert world.machine.started[0].signals == [signal.SIGTERM]
    assert len(world.machine.started) == 2


def test_a_broken_registration_harms_nobody_else_and_is_told(world: World) -> None:
    world.bridges.begin()
    world.adds("broken").registration.write_text("id: 5")
    world.adds("irc")

    states = {it["name"]: it for it in world.looks()}

    assert states["irc"]["state"] == "starting"
    assert states["broken"]["state"] == "broken"
    assert "sender_localpart" in states["broken"]["last_end"]


def test_how_their_logins_are_is_asked_and_one_that_is_silent_is_ended(
    world: World, internet: Internet
) -> None:
    answers = [json_response({"sessions": ["running", "logged out"]})]

    def answer(request: Request) -> Response:
        assert request.path == "/health"
        return answers[0]

    internet.listen("127.0.0.1", 9000, Website(answer).factory(internet.clock))
    world.bridges.begin()
    world.adds("irc")
    world.looks()
    world.machine.newest.says("is ready")

    world.homeserver.settles(ASKED_EVERY_S + 5)
    assert world.bridges.status()[0]["sessions"] == ["running", "logged out"]

    internet.unlisten("127.0.0.1", 9000)
    world.homeserver.settles((ASKED_EVERY_S + 10) * PATIENCE)
    assert world.machine.started[0].signals == [signal.SIGKILL]
    assert len(world.machine.started) == 2


def asks(world: World, line: bytes) -> Any:
    conversation = Conversation(Commands(world.bridges).answer)
    transport: Any = FakeTransport()
    conversation.transport = transport
    conversation.lineReceived(line)
    return json.loads(transport.written)


def test_the_command_line_asks_over_the_socket(world: World) -> None:
    world.bridges.begin()
    world.adds("irc")

    assert asks(world, b'{"do": "status"}') == {"bridges": []}
    assert asks(world, b'{"do": "look"}')["bridges"][0]["state"] == "starting"
    assert asks(world, b'{"do": "restart", "name": "irc"}')["bridges"][0]["starts"] == 2
    assert "knows no bridge" in asks(world, b'{"do": "restart", "name": "no"}')["error"]
    assert "does not know" in asks(world, b'{"do": "dance"}')["error"]
    assert "object of JSON" in asks(world, b"[").get("error")
