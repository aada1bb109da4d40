// Rooms: who may be in them, what they are called and where they are found.

import assert from "node:assert/strict";
import { conversation } from "./conversation.mjs";
import { fresh, refusal } from "./people.mjs";

conversation("an invited person sees the room and joins it", async (people) => {
  const [alice, bob] = await people.register("alice", "bob");
  const roomId = await alice.createsRoom({ name: "Garden", topic: "Roses", invite: [bob.id] });

  const invitation = await bob.until(() => bob.room(roomId));
  assert.equal(invitation.getMyMembership(), "invite");
  assert.equal(invitation.name, "Garden");
  assert.equal(invitation.getMember(bob.id).events.member.getSender(), alice.id);

  await bob.joins(roomId);
  assert.equal(bob.state(roomId, "m.room.topic").topic, "Roses");
  await alice.until(() => alice.room(roomId).getJoinedMemberCount() === 2);
});

conversation("a declined invitation leaves no room behind", async (people) => {
  const [alice, bob] = await people.register("alice", "bob");
  const roomId = await alice.createsRoom({ invite: [bob.id] });
  await bob.until(() => bob.room(roomId)?.getMyMembership() === "invite");

  await bob.client.leave(roomId);

  await bob.until(() => bob.room(roomId)?.getMyMembership() === "leave");
  await bob.client.forget(roomId);
  assert.equal(await refusal(bob.client.joinRoom(roomId)), "M_FORBIDDEN");
});

conversation("a direct chat is named after the other", async (people) => {
  const [alice, bob] = await people.register("alice", "bob");
  await bob.client.setDisplayName("Bob B.");

  const roomId = await alice.createsRoom({
    is_direct: true,
    preset: "trusted_private_chat",
    invite: [bob.id],
  });

  const invitation = await bob.until(() => bob.room(roomId));
  assert.equal(invitation.getDMInviter(), alice.id);
  await bob.joins(roomId);
  await alice.until(() => alice.room(roomId).name === "Bob B.");
});

conversation("members are loaded when they are asked for", async (people) => {
  const [alice, bob, carol] = await people.register("alice", "bob", "carol");
  const dave = await people.account("dave");
  const invite = [bob.id, carol.id, dave.id];
  const roomId = await alice.createsRoom({ name: "Town hall", invite });
  await dave.client.joinRoom(roomId);
  for (const person of [carol, bob]) await person.joins(roomId);
  for (let number = 0; number < 12; number++) await bob.says(roomId, `message ${number}`);

  await dave.startsSyncing();
  const room = dave.room(roomId);
  assert.equal(room.getMember(carol.id), null);
  assert.equal(room.getJoinedMemberCount(), 4);
  await room.loadMembersIfNeeded();

  const joined = room.getJoinedMembers().map((member) => member.userId);
  assert.deepEqual(joined.sort(), [alice.id, bob.id, carol.id, dave.id].sort());
});

conversation("a published room is found by its topic and joined by its alias", async (people) => {
  const [alice, bob] = await people.register("alice", "bob");
  const word = fresh("orchid");
  const localpart = fresh("garden");
  const roomId = await alice.createsRoom({
    preset: "public_chat",
    visibility: "public",
    room_alias_name: localpart,
    name: "Garden",
    topic: `All about the ${word}`,
  });

  const search = { generic_search_term: word };
  const { chunk } = await bob.client.publicRooms({ limit: 10, filter: search });

  assert.deepEqual(
    chunk.map((entry) => entry.room_id),
    [roomId],
  );
  assert.equal(chunk[0].canonical_alias, `#${localpart}:${alice.server}`);
  assert.equal(await bob.joins(chunk[0].canonical_alias), roomId);
  await alice.client.setRoomDirectoryVisibility(roomId, "private");
  assert.deepEqual((await bob.client.publicRooms({ filter: search })).chunk, []);
});

conversation("a room has as many aliases as its people give it", async (people) => {
  const [alice, bob] = await people.register("alice", "bob");
  const roomId = await alice.createsRoom({ preset: "public_chat" });
  const aliases = [fresh("#a"), fresh("#b")].map((name) => `${name}:${alice.server}`);

  for (const alias of aliases) await alice.client.createAlias(alias, roomId);
  assert.deepEqual((await alice.client.getLocalAliases(roomId)).aliases.sort(), aliases);
  assert.equal((await bob.client.getRoomIdForAlias(aliases[1])).room_id, roomId);

  await alice.client.deleteAlias(aliases[1]);
  assert.equal(await refusal(bob.client.getRoomIdForAlias(aliases[1])), "M_NOT_FOUND");
});

conversation("a kicked person may return and a banned one may not", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom({ preset: "public_chat" });

  await alice.client.kick(roomId, bob.id, "too loud");
  await bob.until(() => bob.room(roomId).getMyMembership() === "leave");
  await bob.joins(roomId);

  await alice.client.ban(roomId, bob.id, "much too loud");
  await bob.until(() => bob.room(roomId).getMyMembership() === "ban");
  await refusal(bob.client.joinRoom(roomId));
  assert.deepEqual((await bob.client.getJoinedRooms()).joined_rooms, []);

  await alice.client.unban(roomId, bob.id);
  await bob.joins(roomId);
});

conversation("power is needed to change a room and can be given", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();

  assert.equal(await refusal(bob.client.setRoomTopic(roomId, "mine")), "M_FORBIDDEN");
  await alice.client.setPowerLevel(roomId, bob.id, 50);
  await bob.until(() => bob.room(roomId).getMember(bob.id).powerLevel === 50);
  await bob.client.setRoomTopic(roomId, "ours");

  await alice.until(() => alice.state(roomId, "m.room.topic")?.topic === "ours");
});

conversation("a knock is answered with an invitation", async (people) => {
  const [alice, bob] = await people.register("alice", "bob");
  const rule = { type: "m.room.join_rules", state_key: "", content: { join_rule: "knock" } };
  const roomId = await alice.createsRoom({ initial_state: [rule] });

  await bob.client.knockRoom(roomId, { reason: "let me in" });
  await bob.until(() => bob.room(roomId)?.getMyMembership() === "knock");
  await alice.until(() => alice.room(roomId).getMember(bob.id)?.membership === "knock");

  await alice.client.invite(roomId, bob.id);
  await bob.joins(roomId);
});

conversation("an upgraded room leads to its successor", async (people) => {
  const [alice, bob, oldId] = await people.aPairInARoom({ room_version: "10", name: "Garden" });

  const { replacement_room: newId } = await alice.client.upgradeRoom(oldId, "11");

  await bob.until(() => bob.state(oldId, "m.room.tombstone")?.replacement_room === newId);
  await alice.until(() => alice.room(newId)?.name === "Garden");
  assert.equal(alice.room(newId).getVersion(), "11");
  assert.equal(alice.room(newId).findPredecessor().roomId, oldId);
  assert.equal(await refusal(bob.client.sendTextMessage(oldId, "still here?")), "M_FORBIDDEN");
});

conversation("a space lists the rooms in it", async (people) => {
  const [alice] = await people.register("alice");
  const spaceId = await alice.createsRoom({ creation_content: { type: "m.space" } });
  const roomId = await alice.createsRoom({ name: "Garden" });
  const child = { via: [alice.server] };
  await alice.client.sendStateEvent(spaceId, "m.space.child", child, roomId);

  const { rooms } = await alice.client.getRoomHierarchy(spaceId);

  assert.deepEqual(
    rooms.map((room) => room.room_id),
    [spaceId, roomId],
  );
  await alice.until(() => alice.room(spaceId).isSpaceRoom());
});

conversation("a summary shows a public room to those outside", async (people) => {
  const [alice] = await people.register("alice");
  const bob = await people.account("bob");
  const roomId = await alice.createsRoom({ preset: "public_chat", name: "Market" });

  const summary = await bob.client.getRoomSummary(roomId);

  assert.equal(summary.name, "Market");
  assert.equal(summary.num_joined_members, 1);
});

conversation("the newest room version works like the others", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom({ room_version: "12" });

  const eventId = await bob.says(roomId, "hello from version 12");

  await alice.hears(roomId, eventId);
  assert.equal(alice.room(roomId).getVersion(), "12");
  assert.equal(alice.room(roomId).getMember(alice.id).powerLevel, Infinity);
});
