// Rooms that the server cannot read, with the Rust crypto that Element Web has.

import assert from "node:assert/strict";
import { conversation } from "./conversation.mjs";
import { SECRET_ROOM, encrypts, knowsOwnIdentity, reads, setsUpIdentity, verifyEachOther } from "./secrets.mjs";

async function aPairWithSecrets(people) {
  const [alice, bob] = await people.register("alice", "bob");
  return [await encrypts(people, alice), await encrypts(people, bob)];
}

async function aSecretRoom(alice, bob) {
  const roomId = await alice.createsRoom({ invite: [bob.id], ...SECRET_ROOM });
  await bob.joins(roomId);
  await alice.until(() => alice.room(roomId).getMember(bob.id)?.membership === "join");
  return roomId;
}

async function devicesOf(asker, person) {
  const found = await asker.crypto.getUserDeviceInfo([person.id], true);
  return [...(found.get(person.id)?.keys() ?? [])];
}

conversation("two people read each other in a room that the server cannot read", async (people) => {
  const [alice, bob] = await aPairWithSecrets(people);
  const roomId = await aSecretRoom(alice, bob);

  const asked = await alice.says(roomId, "who is there?");
  assert.equal(await reads(bob, roomId, asked), "who is there?");
  const answered = await bob.says(roomId, "me");
  assert.equal(await reads(alice, roomId, answered), "me");

  const stored = await alice.client.fetchRoomEvent(roomId, asked);
  assert.equal(stored.type, "m.room.encrypted");
  assert.ok(!JSON.stringify(stored).includes("who is there"));
});

conversation("two people verify each other by emoji", async (people) => {
  const [alice, bob] = await aPairWithSecrets(people);
  await setsUpIdentity(alice);
  await setsUpIdentity(bob);
  const roomId = await aSecretRoom(alice, bob);
  await reads(bob, roomId, await alice.says(roomId, "hello"));

  const request = await alice.crypto.requestVerificationDM(bob.id, roomId);
  await verifyEachOther(request, bob);

  const trusts = async (one, other) =>
    (await one.crypto.getUserVerificationStatus(other.id)).isCrossSigningVerified();
  await alice.untilAsked(() => trusts(alice, bob));
  await bob.untilAsked(() => trusts(bob, alice));
});

conversation("a new device reads old messages from the backup of keys", async (people) => {
  const [alice, bob] = await aPairWithSecrets(people);
  await setsUpIdentity(alice);
  const roomId = await aSecretRoom(alice, bob);
  const eventId = await bob.says(roomId, "remember this");
  await reads(alice, roomId, eventId);
  const second = await encrypts(people, await people.anotherDevice(alice), alice.recovery);
  const laptop = await encrypts(people, await people.anotherDevice(alice), alice.recovery);
  const backup = () => alice.client.http.authedRequest("GET", "/room_keys/version");
  await alice.untilAsked(async () => (await backup()).count === 1);

  await knowsOwnIdentity(laptop);
  await laptop.crypto.loadSessionBackupPrivateKeyFromSecretStorage();
  await laptop.crypto.checkKeyBackupAndEnable();
  const { imported, total } = await laptop.crypto.restoreKeyBackup();

  assert.deepEqual([imported, total], [1, 1]);
  assert.equal(await reads(laptop, roomId, eventId), "remember this");
  const trust = await alice.crypto.getDeviceVerificationStatus(alice.id, laptop.deviceId());
  assert.ok(trust.signedByOwner, "the new device signed itself with its owner's keys");
  assert.notEqual(second.deviceId(), laptop.deviceId());
});

conversation("a dehydrated device keeps what comes while nobody is logged in", async (people) => {
  const [alice, bob] = await aPairWithSecrets(people);
  await setsUpIdentity(alice);
  const roomId = await aSecretRoom(alice, bob);
  assert.ok(await alice.crypto.isDehydrationSupported());
  await alice.crypto.startDehydration({ createNewKey: true });
  await bob.untilAsked(async () => (await devicesOf(bob, alice)).length === 2);
  await alice.client.logout(true);

  const eventId = await bob.says(roomId, "while you were away");
  await bob.hears(roomId, eventId);
  const back = await encrypts(people, await people.anotherDevice(alice), alice.recovery);
  await knowsOwnIdentity(back);
  await back.crypto.startDehydration({ rehydrate: true });

  assert.equal(await reads(back, roomId, eventId), "while you were away");
});
