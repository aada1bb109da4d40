"""Rooms that ask a policy server about events: ours before they are sent, others' as they come."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, evolve, field
from nacl.signing import SigningKey
from signedjson.key import NACL_ED25519

from homeserver.config.settings import Settings
from homeserver.errors import LimitExceeded, MatrixError, Unrecognized
from homeserver.events.building import Draft
from homeserver.events.hashes import signable
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.events.signatures import POLICY_KEY_ID, signature
from homeserver.events.unpadded_base64 import encode_base64
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.rooms import timeline
from homeserver.storage.events import Standing
from homeserver.storage.transaction import Transaction
from tests.linked_servers import FEDERATION, LinkedServer, Network
from tests.outcomes import outcome
from tests.people import JsonObject, Person, Refused, Server

VERSION = ROOM_VERSIONS["12"]
OK: JsonObject = {}


def new_key(seed: int) -> Any:
    key: Any = SigningKey(bytes([seed]) * 32)
    key.alg, key.version = NACL_ED25519, "policy_server"
    return key


@define(eq=False)
class PolicyServer:
    """`judge` raises what it has against an event."""

    name: str
    key: Any = field(factory=lambda: new_key(7))
    judge: Callable[[JsonObject], object] = field(default=lambda pdu: None)
    asked: list[str] = field(factory=list)
    is_old: bool = False

    @property
    def public_key(self) -> str:
        return encode_base64(bytes(self.key.verify_key))

    @route("POST", "/_matrix/policy/v1/sign", access=Access.SERVER)
    async def sign(self, request: Request) -> JsonObject:
        if self.is_old:
            raise Unrecognized("What is that?")
        return self._sign(request.json_object())

    @route("POST", "/_matrix/policy/unstable/org.matrix.msc4284/sign", access=Access.SERVER)
    async def sign_old(self, request: Request) -> JsonObject:
        return self._sign(request.json_object())

    def _sign(self, pdu: JsonObject) -> JsonObject:
        self.asked.append(pdu["content"].get("body", pdu["type"]))
        if self.judge(pdu) is OK:
            return OK
        return {self.name: {POLICY_KEY_ID: signature(signable(pdu, VERSION), self.key)}}


@pytest.fixture
def servers(link: Callable[..., list[LinkedServer]]) -> list[LinkedServer]:
    return link("a", "b", "ps")


@pytest.fixture
def network(servers: list[LinkedServer]) -> Network:
    return servers[0].sender.network


@pytest.fixture
def policy(servers: list[LinkedServer]) -> PolicyServer:
    ps = servers[2]
    policy = PolicyServer("ps")
    ps.app.endpoints["federation"].append(policy)
    ps.federation = ps.app.factory(FEDERATION)
    return policy


@pytest.fixture
def people(servers: list[LinkedServer]) -> list[Person]:
    return [server.person(name) for server, name in zip(servers, "abp", strict=True)]


@pytest.fixture
def room(people: list[Person], policy: PolicyServer) -> str:
    alice, bob, guard = people
    room = alice.creates_room(preset="public_chat", room_version="12")
    for person in (bob, guard):
        person.post(f"/v3/join/{room}?via=a")
    alice.sets(room, "m.room.policy", stable(policy))
    alice.syncs()
    bob.syncs()
    policy.asked.clear()
    return room


def stable(policy: PolicyServer) -> JsonObject:
    return {"via": "ps", "public_keys": {"ed25519": policy.public_key}}


def refuses(word: str) -> Callable[[JsonObject], object]:
    def judge(pdu: JsonObject) -> None:
        if word in str(pdu["content"]):
            raise MatrixError("This looks like spam", errcode="M_FORBIDDEN", status=400)

    return judge


def sends_without_asking(server: LinkedServer, room: str, sender: Person, body: str) -> str:
    """As a server would that knows nothing of policy servers."""
    author = server.author
    draft = Draft("m.room.message", {"msgtype": "m.text", "body": body})

    def append(txn: Transaction) -> str:
        head = timeline.head(txn, room)
        assert head is not None
        event = author.write(txn, head, sender.user_id, draft)
        timeline.append(txn, head, event)
        return event.event_id

    return outcome(server.database.write(append))


def has_word(server: LinkedServer, event_id: str) -> bool:
    return POLICY_KEY_ID in server.pdu(event_id)["signatures"].get("ps", {})


# -- events of our users


def test_messages_carry_the_word_of_the_policy_server_and_nobody_asks_again(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people

    sent = alice.sends(room, "hello")

    assert bob.syncs().texts(room) == ["hello"]
    assert has_word(a, sent) and has_word(b, sent)
    assert policy.asked == ["hello"]


def test_what_it_refuses_is_not_sent_and_the_sender_hears_why(
    people: list[Person], policy: PolicyServer, room: str
) -> None:
    alice, bob, _ = people
    policy.judge = refuses("spam")

    with pytest.raises(Refused) as refused:
        alice.sends(room, "spam")
    alice.sends(room, "no harm")

    assert (refused.value.status, refused.value.errcode) == (400, "M_FORBIDDEN")
    assert refused.value.body["error"] == "This looks like spam"
    assert bob.syncs().texts(room) == ["no harm"]
    assert alice.syncs().texts(room) == ["no harm"]


def test_the_same_words_may_be_said_twice(
    people: list[Person], policy: PolicyServer, room: str
) -> None:
    alice, bob, _ = people

    first, second = alice.sends(room, "hi"), alice.sends(room, "hi")

    assert first != second
    assert bob.syncs().timeline(room) == [first, second]
    assert policy.asked == ["hi", "hi"]


def test_state_and_memberships_need_its_word_too(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    policy.judge = refuses("rude")

    alice.sets(room, "m.room.topic", {"topic": "tea"})
    carol = a.person("carol")
    carol.joins(room)
    alice.invites(room, b.person("dave"))
    with pytest.raises(Refused):
        alice.sets(room, "m.room.topic", {"topic": "rude"})
    bob.leaves(room)

    assert alice.state(room, "m.room.topic") == {"topic": "tea"}
    state = a.state_of(room)
    for key in (
        ("m.room.topic", ""),
        ("m.room.member", "@carol:a"),
        ("m.room.member", "@dave:b"),
        ("m.room.member", bob.user_id),
    ):
        assert has_word(a, state[key]), key
    assert a.state_of(room) == servers[2].state_of(room)


def test_many_who_speak_at_once_are_all_heard(
    servers: list[LinkedServer], people: list[Person], network: Network, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    carol = a.person("carol")
    carol.joins(room)
    alice.syncs()

    with network.stalled("/policy/"):
        waiting = [
            person.ask("PUT", f"/v3/rooms/{room}/send/m.room.message/{n}", message(str(n)))
            for n, person in enumerate((alice, carol, alice))
        ]
    for exchange in waiting:
        assert exchange.json()["event_id"]

    assert sorted(alice.syncs().texts(room)) == ["0", "1", "2"]
    last = bob.sends(room, "and me")
    assert a.head(room).extremities == b.head(room).extremities == (last,)


def message(body: str) -> JsonObject:
    return {"msgtype": "m.text", "body": body}


def test_a_silent_policy_server_keeps_the_room_silent_until_it_is_let_go(
    people: list[Person], network: Network, room: str
) -> None:
    alice, bob, _ = people
    with network.cut("a", "ps"):
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                alice.sends(room, "hello?")
            assert refused.value.status == 502
    alice.sends(room, "it is back")

    with network.cut("a", "ps"):
        alice.sets(room, "m.room.policy", {})
        alice.sends(room, "without")
    assert bob.syncs().texts(room) == ["it is back", "without"]


def test_a_policy_server_that_has_nobody_in_the_room_is_not_asked(
    people: list[Person], policy: PolicyServer, room: str
) -> None:
    alice, _, guard = people
    guard.leaves(room)
    policy.asked.clear()

    alice.sends(room, "hello")

    assert policy.asked == []


def test_older_servers_and_rooms_spell_it_in_their_way(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, _, _ = servers
    alice, _, _ = people
    policy.is_old = True
    alice.sets(room, "m.room.policy", {})
    older = {"via": "ps", "public_key": policy.public_key}
    alice.sets(room, "org.matrix.msc4284.policy", older)

    assert has_word(a, alice.sends(room, "hello"))
    policy.judge = lambda pdu: OK
    with pytest.raises(Refused) as refused:
        alice.sends(room, "refused by saying nothing")
    assert refused.value.errcode == "M_FORBIDDEN"


def test_a_signature_by_another_key_is_worth_nothing(
    people: list[Person], policy: PolicyServer, room: str
) -> None:
    policy.key = new_key(8)

    with pytest.raises(Refused) as refused:
        people[0].sends(room, "hello")

    assert refused.value.errcode == "M_FORBIDDEN"


def test_a_busy_policy_server_is_asked_again_soon(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, _, _ = servers
    alice, bob, _ = people
    waits = [2_000, 2_000]

    def busy(pdu: JsonObject) -> None:
        if waits:
            raise LimitExceeded(waits.pop())

    policy.judge = busy
    waiting = alice.ask("PUT", f"/v3/rooms/{room}/send/m.room.message/1", message("hello"))
    for _ in range(2):
        assert not waiting.is_answered
        a.clock.advance(2)

    assert waiting.json()["event_id"]
    assert bob.syncs().texts(room) == ["hello"]


def test_who_would_have_to_wait_long_is_told_so_at_once(
    people: list[Person], policy: PolicyServer, room: str
) -> None:
    def busy(pdu: JsonObject) -> None:
        raise LimitExceeded(60_000)

    policy.judge = busy

    with pytest.raises(Refused) as refused:
        people[0].sends(room, "hello")

    assert (refused.value.status, refused.value.errcode) == (429, "M_LIMIT_EXCEEDED")
    assert refused.value.body["retry_after_ms"] == 60_000


# -- events of others


def test_events_without_its_word_get_it_when_they_come(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people

    sent = sends_without_asking(a, room, alice, "hello")

    assert bob.syncs().texts(room) == ["hello"]
    assert has_word(b, sent) and not has_word(a, sent)


def test_events_that_it_refuses_are_kept_from_people(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    policy.judge = refuses("spam")

    spam = sends_without_asking(a, room, alice, "spam")
    good = sends_without_asking(a, room, alice, "good")

    assert bob.syncs().texts(room) == ["good"]
    assert b.stored(spam).standing is Standing.SOFT_FAILED
    assert b.head(room).extremities == (good,)


def test_administrators_see_what_failed_softly_if_they_wish(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    policy.judge = refuses("spam")
    before = sends_without_asking(a, room, alice, "first")
    spam = sends_without_asking(a, room, alice, "spam")
    after = sends_without_asking(a, room, alice, "last")
    config = f"/v3/user/{bob.user_id}/account_data/io.element.synapse.admin_client_config"
    bob.put(config, {"return_soft_failed_events": True})

    def texts(**query: Any) -> list[str]:
        page = bob.get(f"/v3/rooms/{room}/messages", **query)
        return [it["event_id"] for it in page["chunk"] if it["type"] == "m.room.message"]

    assert texts(dir="b") == [after, before]
    outcome(b.app.accounts.accounts.make_admin(bob.user_id, True))
    assert texts(dir="b") == [after, spam, before]
    assert texts(dir="f", limit=100) == [before, spam, after]
    shown = bob.get(f"/v3/rooms/{room}/messages", dir="b")["chunk"][1]
    assert shown["unsigned"]["io.element.synapse.soft_failed"] is True
    assert shown["unsigned"]["io.element.synapse.policy_server_spammy"] is True

    # Page by page each comes once.
    seen: list[str] = []
    start: dict[str, str] = {}
    for _ in range(3):
        page = bob.get(f"/v3/rooms/{room}/messages", dir="b", limit=1, **start)
        seen += [it["event_id"] for it in page["chunk"]]
        start = {"from": page["end"]}
    assert seen == [after, spam, before]
    assert bob.syncs().texts(room) == ["first", "spam", "last"]
    policy.judge = refuses("more spam")
    sends_without_asking(a, room, alice, "more spam")
    sends_without_asking(a, room, alice, "very last")
    assert bob.syncs().texts(room) == ["more spam", "very last"]
    lists = {"all": {"ranges": [[0, 9]], "timeline_limit": 9, "required_state": []}}
    screen = bob.post("/unstable/org.matrix.simplified_msc3575/sync", {"lists": lists})
    assert spam in [it["event_id"] for it in screen["rooms"][room]["timeline"]]

    bob.put(config, {"return_policy_server_spammy_events": True})
    assert spam in texts(dir="b")
    bob.put(config, {"return_soft_failed_events": False})
    assert spam not in texts(dir="b")


def test_events_fail_softly_while_it_is_silent_but_not_those_with_its_word(
    servers: list[LinkedServer],
    people: list[Person],
    policy: PolicyServer,
    network: Network,
    room: str,
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    with network.cut("b", "ps"):
        lost = sends_without_asking(a, room, alice, "without")
        alice.sends(room, "with")

    assert bob.syncs().texts(room) == ["with"]
    assert b.stored(lost).standing is Standing.SOFT_FAILED


def test_a_forged_word_is_asked_for_anew(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    with network_cut(a, "b"):
        sent = sends_without_asking(a, room, alice, "hello")
    forged = a.pdu(sent)
    forged["signatures"]["ps"] = {POLICY_KEY_ID: "A" * 86}

    a.sends_pdus("b", forged)

    assert bob.syncs().texts(room) == ["hello"]
    assert has_word(b, sent)
    assert policy.asked == ["hello"]


def network_cut(server: LinkedServer, other: str) -> Any:
    return server.sender.network.cut(server.settings.server_name, other)


def test_users_of_the_policy_servers_own_speak_with_two_signatures(
    servers: list[LinkedServer],
    people: list[Person],
    policy: PolicyServer,
    network: Network,
    room: str,
) -> None:
    _, b, ps = servers
    _, bob, guard = people
    before = len([line for line in network.asked if "/key/" in line])

    sends_without_asking(ps, room, guard, "mind your words")

    assert bob.syncs().texts(room) == ["mind your words"]
    assert len([line for line in network.asked if "/key/" in line]) == before
    del b


# -- what is said of a policy server of this name


def test_the_key_of_a_policy_server_is_published(
    start_server: Callable[..., Server], settings: Settings
) -> None:
    path = "/.well-known/matrix/policy_server"
    with pytest.raises(Refused) as refused:
        start_server().anonymous.get(path)
    assert refused.value.status == 404

    well_known = evolve(settings.well_known, policy_server_key="abc")
    answer = start_server(well_known=well_known).anonymous.get(path)
    assert answer == {"public_keys": {"ed25519": "abc"}}
