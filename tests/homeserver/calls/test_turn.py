from base64 import b64encode
from collections.abc import Callable
from hashlib import sha1
from hmac import new

from homeserver.config.accounts import Registration
from homeserver.config.calls import Calls, Turn
from tests.people import Server

Start = Callable[..., Server]
URIS = ("turn:turn.test:3478?transport=udp", "turns:turn.test:5349")


def test_a_server_without_turn_says_that_there_is_none(server: Server) -> None:
    alice = server.person("alice")

    assert alice.get("/v3/voip/turnServer") == {}


def test_everybody_gets_a_password_that_expires(start_server: Start) -> None:
    server = start_server(calls=Calls(turn=Turn(uris=URIS, shared_secret="north")))
    alice = server.person("alice")

    answer = alice.get("/v3/voip/turnServer")

    expires, _, user = answer["username"].partition(":")
    assert (user, int(expires)) == ("@alice:test", server.clock.now_ms() // 1000 + 86_400)
    expected = new(b"north", answer["username"].encode(), sha1).digest()
    assert answer["password"] == b64encode(expected).decode()
    assert (answer["uris"], answer["ttl"]) == (list(URIS), 86_400)


def test_one_name_and_password_may_be_for_all(start_server: Start) -> None:
    turn = Turn(uris=URIS, username="matrix", password="south", user_lifetime=60_000)
    alice = start_server(calls=Calls(turn=turn)).person("alice")

    answer = alice.get("/v3/voip/turnServer")

    assert (answer["username"], answer["password"], answer["ttl"]) == ("matrix", "south", 60)


def test_guests_may_be_kept_from_the_relays(start_server: Start) -> None:
    turn = Turn(uris=URIS, shared_secret="north", allow_guests=False)
    registration = Registration(enabled=True, guests_enabled=True)
    server = start_server(calls=Calls(turn=turn), registration=registration)
    guest = server.anonymous
    guest.token = guest.post("/v3/register", {}, kind="guest")["access_token"]

    assert guest.get("/v3/voip/turnServer") == {}
