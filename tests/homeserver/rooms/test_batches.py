"""History that bridges bring."""

import pytest

from homeserver.rooms.timeline import Appended
from tests.homeserver.appservices.bridge import Bridge, Ghost, World
from tests.people import JsonObject, Person, Refused

BATCH = "/unstable/com.beeper.backfill/rooms/{}/batch_send"


@pytest.fixture
def chat(world: World, bridge: Bridge) -> tuple[Person, Person, Ghost, str]:
    """Alice and a ghost in a room that the bridge has made; one message stands there."""
    alice, bot = world.server.person("alice"), world.bot(bridge)
    ghost = world.ghost(bridge, "_irc_bob")
    room = bot.creates_room(preset="public_chat", **{"com.beeper.initial_members": [ghost.user_id]})
    alice.joins(room)
    return alice, bot, ghost, room


def past(sender: Person, *texts: str, ts: int = 1000) -> list[JsonObject]:
    return [
        {
            "type": "m.room.message",
            "sender": sender.user_id,
            "content": {"msgtype": "m.text", "body": text},
            "origin_server_ts": ts + number,
        }
        for number, text in enumerate(texts)
    ]


def said(person: Person, room: str) -> list[str]:
    """Every message, oldest first, by paging to the very beginning."""
    texts: list[str] = []
    query = {"dir": "b", "limit": "7"}
    while True:
        page = person.get(f"/v3/rooms/{room}/messages", **query)
        texts += [it["content"]["body"] for it in page["chunk"] if it["type"] == "m.room.message"]
        if "end" not in page:
            return texts[::-1]
        query["from"] = page["end"]


def test_history_stands_before_the_first_message_oldest_first(
    chat: tuple[Person, Person, Ghost, str],
) -> None:
    alice, bot, ghost, room = chat
    bot.sends(room, "now")
    alice.syncs()

    newer = bot.post(BATCH.format(room), {"events": past(ghost, "c", "d")})
    older = bot.post(BATCH.format(room), {"events": past(ghost, "a", "b")})

    assert said(alice, room) == ["a", "b", "c", "d", "now"]
    first = alice.get(f"/v3/rooms/{room}/event/{older['event_ids'][0]}")
    assert (first["sender"], first["origin_server_ts"]) == (ghost.user_id, 1000)
    assert len({*newer["event_ids"], *older["event_ids"]}) == 4
    # Nobody is woken for what is long ago.
    assert not alice.syncs()
    page = alice.get(f"/v3/rooms/{room}/messages", dir="f", limit="1")
    assert page["chunk"][0]["type"] == "m.room.create"


def test_a_first_batch_goes_forward_where_nothing_was_said(
    chat: tuple[Person, Person, Ghost, str],
) -> None:
    alice, bot, ghost, room = chat
    alice.syncs()

    for texts in (("a", "b"), ("before",)):
        body = {"events": past(ghost, *texts), "forward_if_no_messages": True}
        bot.post(BATCH.format(room), body)

    sync = alice.syncs()
    assert sync.texts(room) == ["a", "b"]
    assert sync.room(room)["unread_notifications"]["notification_count"] == 0
    assert said(alice, room) == ["before", "a", "b"]


def test_history_at_the_end_notifies_only_if_it_should(
    chat: tuple[Person, Person, Ghost, str],
) -> None:
    alice, bot, ghost, room = chat
    alice.syncs()

    for notifies, count in ((False, 0), (True, 2)):
        body = {"events": past(ghost, "x", "y"), "forward": True, "send_notification": notifies}
        bot.post(BATCH.format(room), body)
        unread = alice.syncs().room(room)["unread_notifications"]
        assert unread["notification_count"] == count


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_what_is_old_is_told_as_such(chat: tuple[Person, Person, Ghost, str]) -> None:
    _, bot, ghost, room = chat
    told: list[bool] = []
    bot.server.app.notifier.listen(Appended, lambda change: told.append(change.is_quiet))

    for notifies in (False, True):
        body = {"events": past(ghost, "x"), "forward": True, "send_notification": notifies}
        bot.post(BATCH.format(room), body)

    assert told == [True, False]


def test_a_batch_can_be_marked_as_read(chat: tuple[Person, Person, Ghost, str]) -> None:
    alice, bot, ghost, room = chat
    alice.syncs()

    body = {"events": past(ghost, "x", "y"), "forward": True, "mark_read_by": ghost.user_id}
    sent = bot.post(BATCH.format(room), body)["event_ids"]

    (receipt,) = alice.syncs().room(room)["ephemeral"]["events"]
    assert receipt["content"] == {
        sent[-1]: {"m.read": {ghost.user_id: {"ts": receipt_ts(receipt, sent[-1], ghost)}}}
    }


def receipt_ts(receipt: JsonObject, event_id: str, user: Person) -> int:
    return int(receipt["content"][event_id]["m.read"][user.user_id]["ts"])


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_thousands_of_messages_of_the_past_fit(chat: tuple[Person, Person, Ghost, str]) -> None:
    alice, bot, ghost, room = chat
    bot.sends(room, "now")

    for number in range(4):
        texts = [f"{3 - number}.{it}" for it in range(500)]
        bot.post(BATCH.format(room), {"events": past(ghost, *texts)})

    messages = {"types": ["m.room.message"]}
    page = alice.get(f"/v3/rooms/{room}/messages", dir="b", limit="502", filter=messages)
    texts = [event["content"]["body"] for event in page["chunk"]]
    assert texts[:3] == ["now", "3.499", "3.498"]
    assert texts[500:] == ["3.0", "2.499"]


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_only_services_bring_history_and_only_of_their_users(
    chat: tuple[Person, Person, Ghost, str],
) -> None:
    alice, bot, ghost, room = chat
    bot.sends(room, "now")
    elsewhere = alice.creates_room()
    body = {"events": past(ghost, "x")}

    for who, where, events in (
        (alice, room, body),
        (bot, elsewhere, body),
        (bot, room, {"events": past(alice, "not I")}),
        (bot, room, {**body, "mark_read_by": alice.user_id}),
    ):
        with pytest.raises(Refused) as refused:
            who.post(BATCH.format(where), events)
        assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")
    assert said(alice, room) == ["now"]


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_batches_out_of_order_are_refused_whole(chat: tuple[Person, Person, Ghost, str]) -> None:
    _, bot, ghost, room = chat
    bot.sends(room, "now")
    fine = past(ghost, "fine")
    topic = {"type": "m.room.topic", "state_key": "", "content": {}}

    for wrong in (
        [*fine, {**fine[0], **topic}],
        [*fine, {**fine[0], "origin_server_ts": -1}],
        [*fine, {**fine[0], "content": 7}],
        [*fine, 7],
        past(ghost, *["x"] * 501),
    ):
        with pytest.raises(Refused) as refused:
            bot.post(BATCH.format(room), {"events": wrong})
        assert refused.value.status == 400
    assert said(bot, room) == ["now"]


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_a_room_without_places_says_so(chat: tuple[Person, Person, Ghost, str]) -> None:
    alice, bot, ghost, _ = chat
    room = alice.creates_room(preset="public_chat")
    bot.joins(room)
    ghost.joins(room)
    alice.sends(room, "now")

    with pytest.raises(Refused) as refused:
        bot.post(BATCH.format(room), {"events": past(ghost, "x")})

    assert refused.value.status == 409
    bot.post(BATCH.format(room), {"events": past(ghost, "x"), "forward": True})
    assert said(alice, room) == ["now", "x"]
