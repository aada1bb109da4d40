"""Rooms: who may be in them, what they are called and where they are found, through matrix-nio."""

from nio import (
    JoinedMembersResponse,
    JoinedRoomsResponse,
    RoomBanResponse,
    RoomDeleteAliasResponse,
    RoomForgetResponse,
    RoomGetStateEventResponse,
    RoomGetStateResponse,
    RoomKickResponse,
    RoomKnockResponse,
    RoomLeaveResponse,
    RoomPreset,
    RoomPutAliasResponse,
    RoomPutStateResponse,
    RoomResolveAliasResponse,
    RoomUnbanResponse,
    RoomVisibility,
    SpaceGetHierarchyResponse,
)
from nio.responses import PublicRoomsResponse, RoomUpgradeResponse

from tests.clients.nio.conversation import conversation
from tests.clients.nio.people import Json, People, Person, expect, fresh, refused


@conversation
async def test_an_invited_person_sees_the_room_and_joins_it(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob, name="Garden", topic="Roses")

    invited = await bob.syncs_until(lambda: bob.client.invited_rooms.get(room))
    assert invited.name == "Garden"
    assert invited.inviter == alice.user_id

    await bob.joins(room)
    joined = await bob.syncs_until(lambda: bob.room(room))
    assert (joined.name, joined.topic, joined.join_rule) == ("Garden", "Roses", "invite")
    assert set(joined.users) == {alice.user_id, bob.user_id}
    await alice.syncs_until(lambda: alice.room(room) and bob.user_id in alice.room(room).users)


@conversation
async def test_an_invitation_can_be_declined(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.syncs_until(lambda: room in bob.client.invited_rooms)

    await expect(RoomLeaveResponse, bob.client.room_leave(room))

    assert room in (await bob.syncs()).rooms.leave
    assert await refused(bob.client.join(room)) == "M_FORBIDDEN"


@conversation
async def test_a_stranger_may_neither_join_nor_speak_nor_read(people: People) -> None:
    alice, mallory = await people.register("alice", "mallory")
    room = await alice.creates_room()

    text = {"msgtype": "m.text", "body": "hello"}
    assert await refused(mallory.client.join(room)) == "M_FORBIDDEN"
    speaking = mallory.client.room_send(room, "m.room.message", text)
    assert await refused(speaking) == "M_FORBIDDEN"
    assert await refused(mallory.client.room_messages(room, "")) == "M_FORBIDDEN"
    assert await refused(mallory.client.room_get_state(room)) == "M_FORBIDDEN"


@conversation
async def test_a_published_room_is_found_by_a_word_of_its_topic(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    word = fresh("orchid")
    alias = fresh("garden")
    room = await alice.creates_room(
        visibility=RoomVisibility.public,
        preset=RoomPreset.public_chat,
        name="Garden",
        topic=f"All about the {word}",
        alias=alias,
    )

    search = bob.client.list_public_rooms(filter_generic_search_term=word.upper())
    found = (await expect(PublicRoomsResponse, search)).public_rooms

    assert [entry.room_id for entry in found] == [room]
    assert found[0].canonical_alias == f"#{alias}:{alice.server_name}"
    assert (found[0].name, found[0].num_joined_members) == ("Garden", 1)
    await bob.joins(found[0].canonical_alias)


@conversation
async def test_an_alias_leads_to_its_room_until_it_is_deleted(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(preset=RoomPreset.public_chat)
    alias = f"#{fresh('pond')}:{alice.server_name}"

    await expect(RoomPutAliasResponse, alice.client.room_put_alias(alias, room))
    resolved = await expect(RoomResolveAliasResponse, bob.client.room_resolve_alias(alias))
    assert resolved.room_id == room
    assert await bob.joins(alias) == room

    await expect(RoomDeleteAliasResponse, alice.client.room_delete_alias(alias))
    assert await refused(bob.client.room_resolve_alias(alias)) == "M_NOT_FOUND"


@conversation
async def test_a_kicked_person_may_return_and_a_banned_one_may_not(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(preset=RoomPreset.public_chat)
    await bob.joins(room)

    await expect(RoomKickResponse, alice.client.room_kick(room, bob.user_id, "too loud"))
    await bob.joins(room)

    await expect(RoomBanResponse, alice.client.room_ban(room, bob.user_id, "much too loud"))
    await refused(bob.client.join(room))
    assert await joined_rooms(bob) == []

    await expect(RoomUnbanResponse, alice.client.room_unban(room, bob.user_id))
    await bob.joins(room)


@conversation
async def test_who_left_can_forget_the_room(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)
    assert await joined_rooms(bob) == [room]

    await expect(RoomLeaveResponse, bob.client.room_leave(room))
    await expect(RoomForgetResponse, bob.client.room_forget(room))

    assert await joined_rooms(bob) == []
    assert await refused(bob.client.room_messages(room, "")) == "M_FORBIDDEN"


@conversation
async def test_a_knock_is_seen_and_answered_with_an_invitation(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room()
    await expect(RoomPutStateResponse, alice.client.room_enable_knocking(room))

    await expect(RoomKnockResponse, bob.client.room_knock(room, "let me in"))
    knock = await alice.syncs_until(
        lambda: [
            event for event in alice.events(room) if event.source.get("state_key") == bob.user_id
        ]
    )
    assert knock[0].membership == "knock"
    assert knock[0].content["reason"] == "let me in"

    await alice.invites(bob, room)
    assert await bob.joins(room) == room


@conversation
async def test_members_are_listed_with_their_names(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)

    members = await expect(JoinedMembersResponse, alice.client.joined_members(room))

    assert {member.user_id for member in members.members} == {alice.user_id, bob.user_id}


@conversation
async def test_power_is_needed_to_change_a_room_and_can_be_given(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)

    assert await refused(bob.client.update_room_topic(room, "mine")) == "M_FORBIDDEN"
    await gives_power(alice, room, bob, 50)
    await expect(RoomPutStateResponse, bob.client.update_room_topic(room, "ours"))

    topic = await state_event(alice, room, "m.room.topic")
    assert topic["topic"] == "ours"


@conversation
async def test_a_preset_decides_who_may_come_in(people: People) -> None:
    [alice] = await people.register("alice")

    assert await access(alice, RoomPreset.private_chat) == ("invite", "can_join", "shared")
    assert await access(alice, RoomPreset.trusted_private_chat) == ("invite", "can_join", "shared")
    assert await access(alice, RoomPreset.public_chat) == ("public", "forbidden", "shared")


@conversation
async def test_an_upgraded_room_points_to_its_successor(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob, room_version="10", name="Garden")
    await bob.joins(room)
    await bob.syncs_until(lambda: bob.room(room))
    await alice.syncs_until(lambda: alice.room(room))

    upgrade = await expect(RoomUpgradeResponse, alice.client.room_upgrade(room, "11"))

    await bob.syncs_until(lambda: bob.room(room).replacement_room == upgrade.room_id)
    creation = await state_event(alice, upgrade.room_id, "m.room.create")
    assert creation["room_version"] == "11"
    assert creation["predecessor"]["room_id"] == room


@conversation
async def test_a_space_lists_its_rooms(people: People) -> None:
    [alice] = await people.register("alice")
    space = await alice.creates_room(space=True, name="Town")
    room = await alice.creates_room(name="Garden")
    child = alice.client.room_put_state(
        space, "m.space.child", {"via": [alice.server_name]}, state_key=room
    )
    await expect(RoomPutStateResponse, child)

    tree = await expect(SpaceGetHierarchyResponse, alice.client.space_get_hierarchy(space))

    assert [entry["room_id"] for entry in tree.rooms] == [space, room]


async def joined_rooms(person: Person) -> list[str]:
    return list((await expect(JoinedRoomsResponse, person.client.joined_rooms())).rooms)


async def state_event(person: Person, room: str, type: str) -> Json:
    asking = person.client.room_get_state_event(room, type)
    return dict((await expect(RoomGetStateEventResponse, asking)).content)


async def access(creator: Person, preset: RoomPreset) -> tuple[str, str, str]:
    """Join rule, guest access and history visibility of a new room."""
    room = await creator.creates_room(preset=preset)
    answer = await expect(RoomGetStateResponse, creator.client.room_get_state(room))
    content = {event["type"]: event["content"] for event in answer.events}
    return (
        content["m.room.join_rules"]["join_rule"],
        content.get("m.room.guest_access", {}).get("guest_access", "forbidden"),
        content["m.room.history_visibility"]["history_visibility"],
    )


async def gives_power(giver: Person, room: str, receiver: Person, level: int) -> None:
    levels = await state_event(giver, room, "m.room.power_levels")
    users = {**levels.get("users", {}), receiver.user_id: level}
    changing = giver.client.room_put_state(room, "m.room.power_levels", levels | {"users": users})
    await expect(RoomPutStateResponse, changing)
