"""A server whose name says nothing of where it is, but has a .well-known file that does."""

import json
import ssl
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.federation.homeservers import Homeserver
from tests.federation.people import Person, somebody
from tests.federation.products import isthmus
from tests.federation.town import Town

NAME = "localhost"
"""The only name that every machine has; without a port, so that it is looked up."""


class WellKnown(BaseHTTPRequestHandler):
    def __init__(self, there: str, *arguments: object) -> None:
        self._body = json.dumps({"m.server": there}).encode()
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        is_asked = self.path == "/.well-known/matrix/server"
        self.send_response(200 if is_asked else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self._body)))
        self.end_headers()
        self.wfile.write(self._body)

    def log_message(self, *_: object) -> None:
        """Nothing that anybody wants to read."""


@pytest.fixture(scope="module")
def delegated(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    server = town.add(isthmus(), delegates=NAME)
    folder: Path = tmp_path_factory.mktemp("well-known")
    certificate, key = town.authority.write(folder, NAME)
    try:
        site = ThreadingHTTPServer(("127.0.0.1", 443), partial(WellKnown, server.reached_at))
    except OSError as error:
        pytest.skip(f"port 443 is not to be had here: {error}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    Thread(target=site.serve_forever, daemon=True).start()
    yield server
    site.shutdown()
    site.server_close()


def test_a_delegated_server_hosts_people_of_others(
    delegated: Homeserver, our_server: Homeserver, their_server: Homeserver
) -> None:
    host = somebody(delegated, "host")
    guests = [somebody(our_server, "alice"), somebody(their_server, "bob")]
    room = host.creates_room(preset="public_chat", room_alias_name=host.name)

    for guest in guests:
        assert guest.joins(f"#{host.name}:{NAME}") == room

    everybody_hears_everybody(room, host, *guests)


def test_people_of_a_delegated_server_are_guests(
    delegated: Homeserver, their_server: Homeserver
) -> None:
    alice, dora = somebody(their_server, "alice"), somebody(delegated, "dora")
    room = alice.creates_room(preset="private_chat")
    alice.invites(room, dora)
    dora.is_invited(room)

    dora.joins(room, their_server.name)

    everybody_hears_everybody(room, alice, dora)


def everybody_hears_everybody(room: str, *people: Person) -> None:
    said = [person.sends(room, f"I am {person.name}") for person in people]
    for person in people:
        for event_id in said:
            person.sees(room, event_id)
