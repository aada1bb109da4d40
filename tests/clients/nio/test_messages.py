"""What people say to each other, through matrix-nio."""

from collections.abc import AsyncIterator
from typing import Any

from nio import (
    MessageDirection,
    ReactionEvent,
    ReceiptType,
    RedactedEvent,
    RoomContextResponse,
    RoomGetEventResponse,
    RoomReadMarkersResponse,
    RoomRedactResponse,
    RoomTypingResponse,
    UpdateReceiptMarkerResponse,
)
from nio.api import RelationshipType

from tests.clients.nio.conversation import conversation
from tests.clients.nio.people import People, Person, expect


@conversation
async def test_a_message_reaches_the_other(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)

    sent = await alice.sends(room, "hello ☃")
    event = await bob.hears(room, sent)

    assert (event.sender, event.body) == (alice.user_id, "hello ☃")


@conversation
async def test_a_message_wakes_a_waiting_sync(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    await bob.syncs_until(lambda: bob.room(room))
    first = await alice.sends(room, "are you there?")

    await bob.hears(room, first)
    answer = await bob.sends(room, "yes")

    assert (await alice.hears(room, answer)).body == "yes"


@conversation
async def test_a_repeated_transaction_id_sends_nothing_new(people: People) -> None:
    alice, _, room = await a_pair_in_a_room(people)
    text = {"msgtype": "m.text", "body": "once"}

    first = await alice.sends_event(room, "m.room.message", text, txn_id="txn-1")
    again = await alice.sends_event(room, "m.room.message", text, txn_id="txn-1")

    assert again == first
    await alice.hears(room, first)
    bodies = [event.body for event in alice.events(room) if hasattr(event, "body")]
    assert bodies == ["once"]


@conversation
async def test_the_sender_is_told_its_own_transaction_id(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    text = {"msgtype": "m.text", "body": "mine"}

    sent = await alice.sends_event(room, "m.room.message", text, txn_id="txn-7")

    assert (await alice.hears(room, sent)).transaction_id == "txn-7"
    assert (await bob.hears(room, sent)).transaction_id is None


@conversation
async def test_an_edit_replaces_the_message_it_names(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    original = await alice.sends(room, "helo")
    new_content = {"msgtype": "m.text", "body": "hello"}

    edit = await alice.sends(
        room,
        "* hello",
        **{
            "m.new_content": new_content,
            "m.relates_to": {"rel_type": "m.replace", "event_id": original},
        },
    )

    heard = await bob.hears(room, edit)
    assert heard.source["content"]["m.new_content"] == new_content
    fetched = await expect(RoomGetEventResponse, bob.client.room_get_event(room, original))
    bundled = fetched.event.source["unsigned"]["m.relations"]["m.replace"]
    assert bundled["event_id"] == edit


@conversation
async def test_a_reaction_is_found_under_the_message(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    message = await alice.sends(room, "cake?")

    reaction = await bob.sends_event(room, "m.reaction", annotation(message, "🍰"))

    heard = await alice.hears(room, reaction)
    assert isinstance(heard, ReactionEvent)
    assert (heard.reacts_to, heard.key) == (message, "🍰")
    related = alice.client.room_get_event_relations(room, message, RelationshipType.annotation)
    assert await event_ids(related) == [reaction]


@conversation
async def test_replies_gather_in_a_thread(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    root = await alice.sends(room, "What shall we plant?")
    in_thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}

    replies = [
        await bob.sends(room, "roses", **in_thread),
        await alice.sends(room, "tulips", **in_thread),
    ]

    related = alice.client.room_get_event_relations(room, root, RelationshipType.thread)
    assert await event_ids(related) == replies[::-1]
    [thread] = [event async for event in bob.client.room_get_threads(room)]
    assert thread.event_id == root
    summary = thread.source["unsigned"]["m.relations"]["m.thread"]
    assert (summary["count"], summary["latest_event"]["event_id"]) == (2, replies[-1])
    assert summary["current_user_participated"] is True


@conversation
async def test_a_redacted_message_loses_its_content_for_everybody(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    secret = await alice.sends(room, "my password is")
    await bob.hears(room, secret)

    redaction = await expect(RoomRedactResponse, alice.client.room_redact(room, secret, "oops"))

    assert (await bob.hears(room, redaction.event_id)).redacts == secret
    fetched = await expect(RoomGetEventResponse, bob.client.room_get_event(room, secret))
    assert isinstance(fetched.event, RedactedEvent)
    assert fetched.event.redacter == alice.user_id
    assert fetched.event.reason == "oops"


@conversation
async def test_typing_is_shown_while_it_lasts(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    await bob.syncs_until(lambda: bob.room(room))

    await expect(RoomTypingResponse, alice.client.room_typing(room, True, timeout=20_000))
    await bob.syncs_until(lambda: bob.room(room).typing_users == [alice.user_id])

    await expect(RoomTypingResponse, alice.client.room_typing(room, False))
    await bob.syncs_until(lambda: not bob.room(room).typing_users)


@conversation
async def test_a_receipt_tells_how_far_somebody_read(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    message = await alice.sends(room, "read this")
    await bob.hears(room, message)

    await expect(UpdateReceiptMarkerResponse, bob.client.update_receipt_marker(room, message))

    receipts = await alice.syncs_until(
        lambda: alice.room(room) and alice.room(room).threaded_read_receipts.get(bob.user_id)
    )
    assert receipts["main"].event_id == message


@conversation
async def test_a_private_receipt_clears_the_unread_count_and_stays_private(
    people: People,
) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    message = await alice.sends(room, "read this")
    await bob.syncs_until(lambda: bob.room(room) and bob.room(room).unread_notifications == 1)

    reading = bob.client.update_receipt_marker(room, message, ReceiptType.read_private)
    await expect(UpdateReceiptMarkerResponse, reading)
    await bob.syncs_until(lambda: bob.room(room).unread_notifications == 0)

    later = await bob.sends(room, "done")
    await alice.hears(room, later)
    assert bob.user_id not in alice.room(room).threaded_read_receipts


@conversation
async def test_the_read_marker_is_kept_for_its_owner(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    message = await alice.sends(room, "remember this place")
    await bob.hears(room, message)

    marking = bob.client.room_read_markers(room, message, read_event=message)
    await expect(RoomReadMarkersResponse, marking)

    await bob.syncs_until(lambda: bob.room(room).fully_read_marker == message)
    await alice.syncs_until(lambda: alice.room(room) and alice.room(room).read_receipts)


@conversation
async def test_a_mention_counts_as_a_highlight(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)

    await alice.sends(room, "look at this", **{"m.mentions": {"user_ids": [bob.user_id]}})

    await bob.syncs_until(lambda: bob.room(room) and bob.room(room).unread_highlights == 1)


@conversation
async def test_paging_back_shows_each_of_500_messages_once(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    sent = [await alice.sends(room, f"message {number}") for number in range(500)]
    await bob.hears(room, sent[-1])

    newest_first = await read_history(bob, room, MessageDirection.back)
    oldest_first = await read_history(bob, room, MessageDirection.front)

    assert newest_first == sent[::-1]
    assert oldest_first == sent


@conversation
async def test_context_shows_what_was_said_around_an_event(people: People) -> None:
    alice, bob, room = await a_pair_in_a_room(people)
    sent = [await alice.sends(room, str(number)) for number in range(7)]

    around = await expect(RoomContextResponse, bob.client.room_context(room, sent[3], limit=4))

    assert around.event.event_id == sent[3]
    assert [event.event_id for event in around.events_before] == [sent[2], sent[1]]
    assert [event.event_id for event in around.events_after] == [sent[4], sent[5]]
    earlier = await bob.pages(room, around.start, limit=2)
    assert earlier.chunk[0].event_id == sent[0]


async def a_pair_in_a_room(people: People) -> tuple[Person, Person, str]:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)
    return alice, bob, room


async def read_history(person: Person, room: str, direction: MessageDirection) -> list[str]:
    """The ids of all messages in a room, page by page to the end."""
    found: list[str] = []
    place = ""
    while place is not None:
        page = await person.pages(room, place, direction=direction, limit=60)
        found += [event.event_id for event in page.chunk if hasattr(event, "body")]
        place = page.end
    return found


async def event_ids(events: AsyncIterator[Any]) -> list[str]:
    return [event.event_id async for event in events]


def annotation(event_id: str, key: str) -> dict[str, object]:
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": event_id, "key": key}}
