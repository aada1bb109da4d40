// What people keep on the server for themselves, and how they find one another.

import assert from "node:assert/strict";
import { Filter, PushRuleKind } from "matrix-js-sdk";
import { conversation } from "./conversation.mjs";
import { fresh, refusal } from "./people.mjs";

conversation("account data reaches every device of its owner", async (people) => {
  const [phone] = await people.register("alice");
  const laptop = await people.anotherDevice(phone);

  await phone.client.setAccountData("com.example.colour", { colour: "green" });

  const onLaptop = () => laptop.client.getAccountData("com.example.colour")?.getContent();
  await laptop.until(() => onLaptop()?.colour === "green");
  const kept = await laptop.client.getAccountDataFromServer("com.example.colour");
  assert.deepEqual(kept, { colour: "green" });
});

conversation("a room's account data is its owner's alone", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();

  await alice.client.setRoomAccountData(roomId, "com.example.note", { note: "nice people" });

  const note = (person) => person.room(roomId).getAccountData("com.example.note")?.getContent();
  await alice.until(() => note(alice)?.note === "nice people");
  await bob.hears(roomId, await alice.says(roomId, "hello"));
  assert.equal(note(bob), undefined);
});

conversation("a tag is set, told to other devices and removed", async (people) => {
  const [phone] = await people.register("alice");
  const laptop = await people.anotherDevice(phone);
  const roomId = await phone.createsRoom();

  await phone.client.setRoomTag(roomId, "m.favourite", { order: 0.25 });
  await laptop.until(() => laptop.room(roomId)?.tags["m.favourite"]?.order === 0.25);

  await laptop.client.deleteRoomTag(roomId, "m.favourite");
  await phone.until(() => !("m.favourite" in phone.room(roomId).tags));
  assert.deepEqual(await phone.client.getRoomTags(roomId), { tags: {} });
});

conversation("a push rule is made, switched off and deleted", async (people) => {
  const [alice] = await people.register("alice");
  const rule = ["global", PushRuleKind.ContentSpecific, "cake"];
  const kept = async () =>
    (await alice.client.getPushRules()).global.content.find((one) => one.rule_id === "cake");

  await alice.client.addPushRule(...rule, { pattern: "cake", actions: ["notify"] });
  assert.deepEqual(await kept(), {
    rule_id: "cake",
    pattern: "cake",
    actions: ["notify"],
    default: false,
    enabled: true,
  });

  await alice.client.setPushRuleEnabled(...rule, false);
  assert.equal((await kept()).enabled, false);
  await alice.client.deletePushRule(...rule);
  assert.equal(await kept(), undefined);
});

conversation("a muted room counts no messages", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  await bob.client.addPushRule("global", PushRuleKind.Override, roomId, {
    conditions: [{ kind: "event_match", key: "room_id", pattern: roomId }],
    actions: [],
  });

  await bob.hears(roomId, await alice.says(roomId, "quiet, please"));

  assert.equal(bob.room(roomId).getUnreadNotificationCount(), 0);
});

conversation("whoever is ignored is not heard", async (people) => {
  const [alice, bob, mallory] = await people.register("alice", "bob", "mallory");
  const roomId = await alice.createsRoom({ invite: [bob.id, mallory.id] });
  for (const person of [bob, mallory]) await person.joins(roomId);

  await bob.client.setIgnoredUsers([mallory.id]);
  await bob.until(() => bob.client.isUserIgnored(mallory.id));
  const rude = await mallory.says(roomId, "something rude");
  await bob.hears(roomId, await alice.says(roomId, "something kind"));

  assert.equal(bob.room(roomId).findEventById(rude), undefined);
  await alice.hears(roomId, rude);
});

conversation("people are found by their name", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom({ preset: "public_chat" });
  const name = fresh("Rosalind");
  await bob.client.setDisplayName(`Dr. ${name}`);
  await alice.until(() => alice.room(roomId).getMember(bob.id)?.name === `Dr. ${name}`);

  const { results } = await alice.client.searchUserDirectory({ term: name.toLowerCase() });

  assert.deepEqual(
    results.map((found) => [found.user_id, found.display_name]),
    [[bob.id, `Dr. ${name}`]],
  );
});

conversation("presence is told to those who share a room", async (people) => {
  const [alice, bob] = await people.aPairInARoom();

  await alice.client.setPresence({ presence: "unavailable", status_msg: "At lunch" });

  const shown = await bob.client.getPresence(alice.id);
  assert.equal(shown.status_msg, "At lunch");
  await bob.until(() => bob.client.getUser(alice.id)?.presenceStatusMsg === "At lunch");
});

conversation("a filter is kept and given back as it was", async (people) => {
  const alice = await people.account("alice");
  const definition = { room: { timeline: { limit: 7, types: ["m.room.message"] } } };

  const { filterId } = await alice.client.createFilter(definition);
  const kept = await alice.client.getFilter(alice.id, filterId, false);

  assert.ok(kept instanceof Filter);
  assert.deepEqual(kept.getDefinition(), definition);
});

conversation("a message between devices arrives once, at the device it names", async (people) => {
  const [alice, bob] = await people.register("alice", "bob");
  const phone = await people.anotherDevice(bob);
  const text = { text: "psst" };
  const addressed = new Map([[bob.id, new Map([[phone.client.getDeviceId(), text]])]]);

  await alice.client.sendToDevice("com.example.hello", addressed);

  await phone.until(() => phone.toDevice.length);
  assert.deepEqual(phone.toDevice.map((event) => event.getContent()), [text]);
  assert.deepEqual(bob.toDevice, []);
});

conversation("a lost device is refused at once and told why", async (people) => {
  const [phone] = await people.register("alice");
  const laptop = await people.anotherDevice(phone);

  await phone.client.deleteDevice(laptop.client.getDeviceId()).catch(async ({ data }) => {
    const proof = phone.passwordStage(data.session);
    await phone.client.deleteDevice(laptop.client.getDeviceId(), proof);
  });

  assert.equal(await refusal(laptop.client.createRoom({})), "M_UNKNOWN_TOKEN");
});
