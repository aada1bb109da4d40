"""What a device is told, and how it catches up, through matrix-nio."""

from nio import (
    DeletePushRuleResponse,
    EnablePushRuleResponse,
    MessageDirection,
    PresenceGetResponse,
    PresenceSetResponse,
    PushNotify,
    PushRuleKind,
    RoomLeaveResponse,
    SetPushRuleResponse,
    ToDeviceMessage,
    ToDeviceResponse,
    UploadFilterResponse,
)

from tests.clients.nio.conversation import conversation
from tests.clients.nio.people import People, Person, expect

SHORT = {"room": {"timeline": {"limit": 5}}}


@conversation
async def test_a_gap_in_the_timeline_can_be_filled(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)
    before = (await bob.syncs()).next_batch

    sent = [await alice.sends(room, str(number)) for number in range(25)]
    timeline = (await bob.syncs(since=before, sync_filter=SHORT)).rooms.join[room].timeline

    assert timeline.limited
    newest = [event.event_id for event in timeline.events]
    assert newest == sent[-5:]
    gap = await bob.pages(room, timeline.prev_batch, end=before, limit=100)
    assert [event.event_id for event in gap.chunk] == sent[:-5][::-1]


@conversation
async def test_a_changed_state_inside_a_gap_is_told_all_the_same(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob, name="Old name")
    await bob.joins(room)
    await bob.syncs()
    since = bob.client.next_batch

    await alice.client.room_put_state(room, "m.room.name", {"name": "New name"})
    for number in range(8):
        await alice.sends(room, str(number))
    joined = (await bob.syncs(since=since, sync_filter=SHORT)).rooms.join[room]

    assert joined.timeline.limited
    assert [event.name for event in joined.state if hasattr(event, "name")] == ["New name"]


@conversation
async def test_nothing_new_means_an_empty_answer_and_a_usable_token(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)
    await bob.syncs()

    quiet = await bob.syncs(timeout_ms=50)
    sent = await alice.sends(room, "after the silence")

    assert quiet.rooms.join == {}
    assert (await bob.hears(room, sent)).body == "after the silence"


@conversation
async def test_two_devices_of_one_user_both_hear_everything(people: People) -> None:
    phone, bob = await people.register("alice", "bob")
    laptop = await people.another_device(phone)
    room = await phone.creates_room(bob)
    await bob.joins(room)

    from_phone = await phone.sends(room, "from my phone")
    from_laptop = await laptop.sends(room, "from my laptop")
    from_bob = await bob.sends(room, "from bob")

    for device in (phone, laptop):
        for event_id in (from_phone, from_laptop, from_bob):
            await device.hears(room, event_id)


@conversation
async def test_account_data_reaches_the_other_device(people: People) -> None:
    [phone] = await people.register("alice")
    laptop = await people.another_device(phone)
    await laptop.syncs()

    path = f"/user/{phone.user_id}/account_data/com.example.colour"
    assert await phone.asks("PUT", path, {"colour": "green"}) == (200, {})

    await laptop.syncs_until(lambda: {"colour": "green"} in contents(laptop))
    assert await laptop.asks("GET", path) == (200, {"colour": "green"})


@conversation
async def test_account_data_of_others_is_out_of_reach(people: People) -> None:
    alice, mallory = await people.register("alice", "mallory")
    path = f"/user/{alice.user_id}/account_data/com.example.colour"

    status, body = await mallory.asks("PUT", path, {"colour": "red"})

    assert (status, body["errcode"]) == (403, "M_FORBIDDEN")


@conversation
async def test_a_tag_is_seen_by_its_owner_alone(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)
    path = f"/user/{alice.user_id}/rooms/{room}/tags"

    assert await alice.asks("PUT", f"{path}/m.favourite", {"order": 0.25}) == (200, {})

    await alice.syncs_until(
        lambda: alice.room(room) and alice.room(room).tags == {"m.favourite": {"order": 0.25}}
    )
    await bob.syncs_until(lambda: bob.room(room))
    assert bob.room(room).tags == {}
    assert (await alice.asks("DELETE", f"{path}/m.favourite"))[0] == 200
    assert await alice.asks("GET", path) == (200, {"tags": {}})


@conversation
async def test_a_to_device_message_arrives_once(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    hello = ToDeviceMessage(
        "com.example.hello", bob.user_id, str(bob.client.device_id), {"text": "psst"}
    )

    await expect(ToDeviceResponse, alice.client.to_device(hello))

    [heard] = await bob.syncs_until(lambda: bob.to_device)
    assert (heard.sender, heard.source["content"]) == (alice.user_id, {"text": "psst"})
    await bob.syncs()
    assert len(bob.to_device) == 1


@conversation
async def test_a_left_room_comes_down_sync_as_left(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)
    await bob.syncs_until(lambda: bob.room(room))

    await expect(RoomLeaveResponse, bob.client.room_leave(room))
    response = await bob.syncs()

    assert room in response.rooms.leave
    await alice.sends(room, "bob cannot hear this")
    assert room not in (await bob.syncs()).rooms.join


@conversation
async def test_an_uploaded_filter_narrows_what_sync_tells(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)
    only_topics = {"timeline": {"types": ["m.room.topic"]}, "state": {"types": []}}
    uploading = bob.client.upload_filter(room=only_topics)
    filter_id = (await expect(UploadFilterResponse, uploading)).filter_id
    since = (await bob.syncs()).next_batch

    await alice.sends(room, "not wanted")
    await alice.client.update_room_topic(room, "wanted")
    joined = (await bob.syncs(since=since, sync_filter=filter_id)).rooms.join[room]

    assert [event.source["type"] for event in joined.timeline.events] == ["m.room.topic"]


@conversation
async def test_lazily_loaded_members_are_those_who_spoke(people: People) -> None:
    alice, bob, carol = await people.register("alice", "bob", "carol")
    room = await alice.creates_room(bob, carol, name="Town hall")
    await bob.joins(room)
    await carol.joins(room)
    for number in range(6):
        await bob.sends(room, str(number))

    lazy = {"room": {"state": {"lazy_load_members": True}, "timeline": {"limit": 5}}}
    joined = (await alice.syncs(sync_filter=lazy)).rooms.join[room]

    told = {event.state_key for event in joined.state if event.source["type"] == "m.room.member"}
    assert bob.user_id in told
    assert carol.user_id not in told
    assert joined.summary.joined_member_count == 3


@conversation
async def test_presence_is_told_to_those_who_share_a_room(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)
    await bob.syncs()

    await expect(PresenceSetResponse, alice.client.set_presence("unavailable", "At lunch"))

    shown = await expect(PresenceGetResponse, bob.client.get_presence(alice.user_id))
    assert (shown.presence, shown.status_msg) == ("unavailable", "At lunch")
    await bob.syncs_until(lambda: "At lunch" in [event.status_msg for event in bob.presence])


@conversation
async def test_a_push_rule_is_made_switched_off_and_deleted(people: People) -> None:
    [alice] = await people.register("alice")
    rule = ("global", PushRuleKind.content, "cake")
    path = "/pushrules/global/content/cake"

    making = alice.client.set_pushrule(*rule, actions=[PushNotify()], pattern="cake")
    await expect(SetPushRuleResponse, making)
    status, made = await alice.asks("GET", path)
    assert (status, made["pattern"], made["enabled"]) == (200, "cake", True)

    await expect(EnablePushRuleResponse, alice.client.enable_pushrule(*rule, enable=False))
    assert (await alice.asks("GET", path))[1]["enabled"] is False

    await expect(DeletePushRuleResponse, alice.client.delete_pushrule(*rule))
    assert (await alice.asks("GET", path))[0] == 404


@conversation
async def test_a_newcomer_reads_what_was_said_before(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room()
    old = await alice.sends(room, "before bob came")

    await alice.invites(bob, room)
    await bob.joins(room)
    history = await bob.pages(room, "", direction=MessageDirection.back, limit=50)

    assert old in [event.event_id for event in history.chunk]


def contents(person: Person) -> list[object]:
    return [getattr(event, "content", None) for event in person.account_data]
