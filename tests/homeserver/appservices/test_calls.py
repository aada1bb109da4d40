"""Services that lie, babble and hang: they are waited out, and others keep their pace."""

from collections.abc import Callable
from urllib.parse import quote

import pytest

from homeserver.http.response import Response, json_response
from tests.homeserver.appservices.bridge import ADDRESS, PORT, Bridge, World
from tests.internet import Speaker
from tests.people import Person

pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BABBLE: dict[str, bytes] = {
    "an endless body": HEAD
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"400\r\n%b\r\n" % (b"x" * 1024) * 200,
    "a body that is too large": HEAD + b"Content-Length: 10000000\r\n\r\n",
    "endless headers": HEAD + b"X-More: and more\r\n" * 20_000,
    "what is no HTTP": b"220 mail.example.org ESMTP\r\n\r\n",
    "half an answer": HEAD + b"Content-Length: 2\r\n\r\n{",
}
ANSWERS: dict[str, Callable[[], Response]] = {
    "a redirect": lambda: Response(b"", 302, headers=(("Location", "http://127.0.0.1:1/"),)),
    "an error": lambda: json_response({"errcode": "M_UNKNOWN"}, 500),
    "a refusal": lambda: json_response({"errcode": "M_FORBIDDEN"}, 403),
}


@pytest.fixture
def talk(world: World) -> tuple[Bridge, Bridge, Person, str]:
    """Two bridges in one room; the first one will go astray."""
    first = world.adds()
    second = world.adds(namespaces={"users": [{"regex": "@_other_.*", "exclusive": True}]})
    alice = world.starts().person("alice")
    room = alice.creates_room(preset="public_chat")
    world.ghost(first, "_irc_bob").joins(room)
    world.ghost(second, "_other_bob").joins(room)
    world.settles()
    return first, second, alice, room


@pytest.mark.parametrize("babble", BABBLE)
def test_babble_is_waited_out(
    world: World, talk: tuple[Bridge, Bridge, Person, str], babble: str
) -> None:
    first, second, alice, room = talk
    world.internet.unlisten(ADDRESS, PORT)
    world.internet.listen(ADDRESS, PORT, Speaker(BABBLE[babble], hangs_up=True))

    alice.sends(room, "one")
    world.settles()
    alice.sends(room, "two")
    world.settles(120)

    assert second.texts() == ["one", "two"]
    assert first.texts() == []
    world.listens(first)
    world.settles(300)
    assert first.texts() == ["one", "two"]


@pytest.mark.parametrize("answer", ANSWERS)
def test_wrong_answers_are_waited_out(
    world: World, talk: tuple[Bridge, Bridge, Person, str], answer: str
) -> None:
    first, second, alice, room = talk
    first.answers["/_matrix/app/v1/transactions"] = lambda _: ANSWERS[answer]()

    alice.sends(room, "one")
    for _ in range(60):
        world.settles(60)

    assert second.texts() == ["one"]
    tries = [it for it in first.requests if "/transactions/" in it.path]
    assert len({it.body for it in tries[-5:]}) == 1
    first.answers.clear()
    world.settles(400)
    assert first.texts() == ["one"]


def test_the_body_of_an_accepting_answer_does_not_matter(
    world: World, talk: tuple[Bridge, Bridge, Person, str]
) -> None:
    first, _, alice, room = talk
    first.answers["/_matrix/app/v1/transactions"] = lambda _: Response(b"[{", 200)
    first.requests.clear()

    alice.sends(room, "one")
    world.settles(60)

    assert len(first.requests) == 1


def test_babble_is_no_answer_to_a_question(
    world: World, talk: tuple[Bridge, Bridge, Person, str]
) -> None:
    _, _, alice, _ = talk
    world.internet.unlisten(ADDRESS, PORT)
    world.internet.listen(ADDRESS, PORT, Speaker(BABBLE["what is no HTTP"], hangs_up=True))

    exchange = alice.ask("GET", "/v3/directory/room/" + quote("#_irc_room:test"))
    world.settles(1)

    assert exchange.raw()[0] == 408


def test_what_is_told_is_counted(world: World, talk: tuple[Bridge, Bridge, Person, str]) -> None:
    first, _, alice, room = talk
    first.status = 500
    alice.sends(room, "one")
    world.settles(90)

    told = world.server.app.ground.metrics.exposition().decode()
    numbers = dict(line.rsplit(" ", 1) for line in told.splitlines() if "appservice" in line)
    assert float(numbers['isthmus_appservice_backlog_seconds{service="irc"}']) >= 90
    assert float(numbers['isthmus_appservice_backlog_seconds{service="bridge1"}']) == 0
    sent = 'isthmus_appservice_transactions_sent_total{outcome="%s",service="%s"}'
    assert float(numbers[sent % ("refused", "irc")]) >= 2
    assert float(numbers[sent % ("ok", "bridge1")]) >= 1
    assert 'isthmus_appservice_events_sent_total{kind="event",service="bridge1"}' in numbers
