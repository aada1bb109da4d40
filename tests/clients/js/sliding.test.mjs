// Rooms through sliding sync.

import assert from "node:assert/strict";
import { MsgType, NotificationCountType } from "matrix-js-sdk";
import { conversation } from "./conversation.mjs";

conversation("sliding sync shows the newest rooms first, and others as they move", async (people) => {
  const [bob] = await people.register("bob");
  const alice = await people.account("alice");
  const rooms = [];
  for (const name of ["one", "two", "three"]) {
    const { room_id: roomId } = await alice.client.createRoom({ name, preset: "public_chat" });
    await bob.joins(roomId);
    await bob.says(roomId, `hello in ${name}`);
    rooms.push(roomId);
  }

  const sliding = await alice.startsSliding({ ranges: [[0, 1]] });

  assert.equal(alice.room(rooms[2]).name, "three");
  assert.equal(alice.room(rooms[2]).getJoinedMemberCount(), 2);
  assert.equal(alice.room(rooms[0]), null);
  assert.equal(sliding.getListData("all").joinedCount, 3);
  const eventId = await bob.says(rooms[0], "up we go");
  await alice.hears(rooms[0], eventId);
  assert.equal(alice.room(rooms[0]).name, "one");
});

conversation("sliding sync shows an opened room's history", async (people) => {
  const [bob] = await people.register("bob");
  const alice = await people.account("alice");
  const { room_id: roomId } = await alice.client.createRoom({ preset: "public_chat" });
  await bob.joins(roomId);
  for (let n = 0; n < 8; n++) await bob.says(roomId, `${n}`);
  const sliding = await alice.startsSliding({ timeline_limit: 1 });
  const said = () =>
    alice
      .room(roomId)
      .getLiveTimeline()
      .getEvents()
      .filter((event) => event.getContent().msgtype === MsgType.Text)
      .map((event) => event.getContent().body);
  assert.deepEqual(said(), ["7"]);

  sliding.modifyRoomSubscriptions(new Set([roomId]));

  await alice.until(() => said().length === 8);
  assert.deepEqual(said(), ["0", "1", "2", "3", "4", "5", "6", "7"]);
});

conversation("sliding sync brings what is beside the rooms", async (people) => {
  const [bob] = await people.register("bob");
  const alice = await people.account("alice");
  const { room_id: roomId } = await alice.client.createRoom({ preset: "public_chat" });
  await bob.joins(roomId);
  await alice.startsSliding();

  await alice.client.setAccountData("org.test", { n: 1 });
  await alice.until(() => alice.client.getAccountData("org.test")?.getContent().n === 1);
  await alice.client.setRoomTag(roomId, "m.favourite", { order: 0.5 });
  await alice.until(() => alice.room(roomId).tags["m.favourite"]);
  await bob.client.sendTyping(roomId, true, 20_000);
  await alice.until(() => alice.room(roomId).getMember(bob.id)?.typing);
  const devices = new Map([[alice.deviceId(), { n: 2 }]]);
  await bob.client.sendToDevice("org.test", new Map([[alice.id, devices]]));
  await alice.until(() => alice.toDevice.some((event) => event.getContent().n === 2));
  const eventId = await bob.says(roomId, "read this");
  const heard = await alice.hears(roomId, eventId);
  const room = alice.room(roomId);
  await alice.until(() => room.getUnreadNotificationCount(NotificationCountType.Total) === 1);
  await alice.client.sendReadReceipt(heard);
  await alice.until(() => room.getEventReadUpTo(alice.id) === eventId);
});

conversation("sliding sync shows an invite, and the room when it is accepted", async (people) => {
  const [bob] = await people.register("bob");
  const alice = await people.account("alice");
  await alice.startsSliding();
  const roomId = await bob.createsRoom({ name: "Den", invite: [alice.id] });
  await alice.until(() => alice.room(roomId)?.getMyMembership() === "invite");

  await alice.client.joinRoom(roomId);

  await alice.until(() => alice.room(roomId).getMyMembership() === "join");
  const eventId = await bob.says(roomId, "welcome");
  await alice.hears(roomId, eventId);
  assert.equal(alice.room(roomId).name, "Den");
});
