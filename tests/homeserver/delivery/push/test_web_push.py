"""Browsers that are told directly: MSC4174, RFC 8030, RFC 8291, RFC 8292."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from homeserver.delivery.push.web_push import Subscription, encrypt
from homeserver.http.response import Response
from tests.homeserver.delivery.push.browsers import Browser, unb64
from tests.homeserver.delivery.push.conftest import OK, PushTown, Town, a_room
from tests.people import JsonObject, Person, Refused

ACK = "/unstable/org.matrix.msc4174/pushers/ack"


def subscribes(here: PushTown, person: Person, browser: Browser, **data: object) -> None:
    """Set the pusher, and send back what comes."""
    assert person.ask("POST", "/v3/pushers/set", browser.pusher(**data)).raw()[0] == 201
    here.passes()
    (proof,) = browser.hears()
    person.post(ACK, proof)


def activated(person: Person) -> list[bool]:
    return [it["data"]["activated"] for it in person.get("/v3/pushers")["pushers"]]


def test_the_example_of_rfc_8291_is_encrypted_to_the_letter() -> None:
    """Its section 5 and appendix A."""
    to = Subscription(
        "https://push.example.net/push/x",
        unb64(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        unb64("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    secret = unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    key = ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1())

    sealed = encrypt(
        b"When I grow up, I want to be a watermelon", to, key, unb64("DGv6ra1nlYgDCS1FRnbzlw")
    )

    assert sealed == unb64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
        "lcy4a-fN"
    )


def test_a_browser_reads_what_only_it_can_read(town: Town) -> None:
    here = town()
    browser = Browser(here.gateway("push.example.net"))
    alice, bob = here.people("alice", "bob")
    room = a_room(alice, bob, name="Kitchen")
    subscribes(here, bob, browser, default_payload={"user_id": bob.user_id})

    event_id = alice.sends(room, "dinner")
    here.passes()

    (request,) = browser.service.requests
    assert b"dinner" not in request.body and request.path == "/push/abc"
    assert request.headers[b"content-encoding"] == b"aes128gcm"
    assert request.headers[b"ttl"] == b"86400" and request.headers[b"urgency"] == b"high"
    (told,) = browser.hears()
    assert told["event_id"] == event_id and told["content"]["body"] == "dinner"
    assert (told["room_name"], told["unread"], told["user_id"]) == ("Kitchen", 1, bob.user_id)


def test_the_server_signs_with_the_key_that_its_capabilities_name(town: Town) -> None:
    here = town()
    browser = Browser(here.gateway("push.example.net"))
    alice, bob = here.people("alice", "bob")
    room = a_room(alice, bob)
    subscribes(here, bob, browser)
    alice.sends(room, "dinner")
    here.passes()

    capabilities = bob.get("/v3/capabilities")["capabilities"]
    web_push = capabilities["org.matrix.msc4174.webpush"]
    (request,) = browser.service.requests
    scheme, token, key = request.headers[b"authorization"].decode().split(" ")
    assert scheme == "vapid" and key == f"k={web_push['vapid']}" and web_push["enabled"]
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(web_push["vapid"]))
    claims = jwt.decode(
        token.removeprefix("t=").rstrip(","),
        public,
        algorithms=["ES256"],
        audience="https://push.example.net",
        options={"verify_exp": False},
    )
    assert claims["sub"] == "https://test"
    assert 0 < claims["exp"] - here.server.clock.now_ms() // 1000 <= 24 * 3600
    assert bob.get("/_matrix/client/versions")["unstable_features"]["org.matrix.msc4174"]


def test_the_key_outlives_a_restart(town: Town) -> None:
    def key(person: Person) -> str:
        capabilities = person.get("/v3/capabilities")["capabilities"]
        return str(capabilities["org.matrix.msc4174.webpush"]["vapid"])

    here = town()
    (alice,) = here.people("alice")
    before = key(alice)
    alice.server = town().server

    assert key(alice) == before


def test_a_browser_is_told_nothing_before_it_has_shown_that_it_is_there(town: Town) -> None:
    here = town()
    browser = Browser(here.gateway("push.example.net"))
    alice, bob = here.people("alice", "bob")
    room = a_room(alice, bob)

    bob.ask("POST", "/v3/pushers/set", browser.pusher())
    alice.sends(room, "dinner")
    here.passes()

    (proof,) = browser.hears()
    assert set(proof) == {"app_id", "ack_token"} and activated(bob) == [False]
    bob.post(ACK, proof)
    alice.sends(room, "again")
    here.passes()
    assert [it["content"]["body"] for it in browser.hears()] == ["again"]
    assert activated(bob) == [True]


def test_the_same_subscription_stays_activated_and_another_does_not(town: Town) -> None:
    here = town()
    browser = Browser(here.gateway("push.example.net"))
    (bob,) = here.people("bob")
    subscribes(here, bob, browser)

    assert bob.ask("POST", "/v3/pushers/set", browser.pusher(extra=1)).raw()[0] == 200
    assert activated(bob) == [True]

    moved = browser.pusher(url="https://push.example.net/push/other")
    assert bob.ask("POST", "/v3/pushers/set", moved).raw()[0] == 201
    assert activated(bob) == [False]


def test_a_token_that_is_wrong_or_late_activates_nothing(town: Town) -> None:
    here = town()
    browser = Browser(here.gateway("push.example.net"))
    bob, mallory = here.people("bob", "mallory")
    bob.ask("POST", "/v3/pushers/set", browser.pusher())
    here.passes()
    (proof,) = browser.hears()

    for person, body, errcode in (
        (bob, {**proof, "app_id": "org.example.other"}, "M_NOT_FOUND"),
        (mallory, proof, "M_NOT_FOUND"),
        (bob, {**proof, "ack_token": "guessed"}, "M_UNKNOWN_ACTIVATION_TOKEN"),
    ):
        with pytest.raises(Refused) as refused:
            person.post(ACK, body)
        assert refused.value.errcode == errcode
    here.passes(301)
    with pytest.raises(Refused) as refused:
        bob.post(ACK, proof)
    assert (refused.value.errcode, refused.value.status) == ("M_EXPIRED_ACTIVATION_TOKEN", 410)
    assert activated(bob) == [False]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_subscription_that_is_gone_ends_its_pusher(town: Town, status: int) -> None:
    here = town()
    browser = Browser(here.gateway("push.example.net"))
    alice, bob = here.people("alice", "bob")
    room = a_room(alice, bob)
    subscribes(here, bob, browser)
    browser.service.answer = Response(status=status)

    alice.sends(room, "dinner")
    here.passes()

    assert bob.get("/v3/pushers") == {"pushers": []}


def test_a_push_service_that_is_away_is_waited_for(town: Town) -> None:
    here = town()
    browser = Browser(here.gateway("push.example.net"))
    alice, bob = here.people("alice", "bob")
    room = a_room(alice, bob)
    subscribes(here, bob, browser)
    browser.service.answer = Response(status=502)
    alice.sends(room, "dinner")
    here.passes()
    browser.hears()
    browser.service.answer = OK
    here.passes(10)

    assert [it["content"]["body"] for it in browser.hears()] == ["dinner"]


def test_what_is_too_long_for_a_push_service_goes_without_content(town: Town) -> None:
    here = town()
    browser = Browser(here.gateway("push.example.net"))
    alice, bob = here.people("alice", "bob")
    room = a_room(alice, bob)
    subscribes(here, bob, browser)

    event_id = alice.sends(room, "x" * 5000)
    here.passes()

    assert len(browser.service.requests[0].body) <= 4096
    (told,) = browser.hears()
    assert told["event_id"] == event_id and "content" not in told


WRONG: list[JsonObject] = [
    {"data": {"url": "http://push.example.net/x"}},
    {"data": {"auth": "short"}},
    {"data": {"auth": "§§§"}},
    {"pushkey": "BAAA"},
    {"pushkey": "A2sX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW"},
    {"pushkey": "B" + "A" * 86},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_a_subscription_is_refused(town: Town, wrong: JsonObject) -> None:
    here = town()
    browser = Browser(here.gateway("push.example.net"))
    (bob,) = here.people("bob")
    pusher = browser.pusher()
    data = {**pusher["data"], **wrong.get("data", {})}

    with pytest.raises(Refused) as refused:
        bob.post("/v3/pushers/set", {**pusher, **wrong, "data": data})

    assert refused.value.errcode == "M_INVALID_PARAM"
