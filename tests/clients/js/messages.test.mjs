// What people say to each other.

import assert from "node:assert/strict";
import { NotificationCountType, ReceiptType } from "matrix-js-sdk";
import { conversation } from "./conversation.mjs";

conversation("a message reaches the other and shows once to its sender", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();

  const eventId = await alice.says(roomId, "hello ☃");

  const heard = await bob.hears(roomId, eventId);
  assert.equal(heard.getSender(), alice.id);
  assert.equal(heard.getContent().body, "hello ☃");
  await alice.until(() => alice.room(roomId).findEventById(eventId)?.getUnsigned().transaction_id);
  const shown = alice.room(roomId).getLiveTimeline().getEvents();
  assert.equal(shown.filter((event) => event.getContent().body === "hello ☃").length, 1);
});

conversation("an edit replaces what it names", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const original = await alice.says(roomId, "helo");

  await alice.sends(roomId, "m.room.message", {
    "msgtype": "m.text",
    "body": "* hello",
    "m.new_content": { msgtype: "m.text", body: "hello" },
    "m.relates_to": { rel_type: "m.replace", event_id: original },
  });

  const heard = await bob.hears(roomId, original);
  await bob.until(() => heard.getContent().body === "hello");
});

conversation("a late reader is given the newest edit", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const original = await alice.says(roomId, "helo");
  const edit = await alice.sends(roomId, "m.room.message", {
    "msgtype": "m.text",
    "body": "* hello",
    "m.new_content": { msgtype: "m.text", body: "hello" },
    "m.relates_to": { rel_type: "m.replace", event_id: original },
  });

  const fetched = await bob.client.fetchRoomEvent(roomId, original);

  assert.equal(fetched.unsigned["m.relations"]["m.replace"].event_id, edit);
});

conversation("reactions gather under the message", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const message = await alice.says(roomId, "cake?");
  const annotation = { rel_type: "m.annotation", event_id: message, key: "🍰" };

  for (const person of [alice, bob])
    await person.sends(roomId, "m.reaction", { "m.relates_to": annotation });

  const reactions = () =>
    alice
      .room(roomId)
      .relations.getChildEventsForEvent(message, "m.annotation", "m.reaction")
      ?.getSortedAnnotationsByKey();
  await alice.until(() => reactions()?.[0][1].size === 2);
  const { events } = await bob.client.relations(roomId, message, "m.annotation", "m.reaction");
  assert.deepEqual(
    events.map((event) => event.getSender()),
    [bob.id, alice.id],
  );
});

conversation("a redacted message is emptied for everybody", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const secret = await alice.says(roomId, "my password is");
  const heard = await bob.hears(roomId, secret);

  await alice.client.redactEvent(roomId, secret, undefined, { reason: "oops" });

  await bob.until(() => heard.isRedacted());
  assert.deepEqual(heard.getContent(), {});
  const fetched = await bob.client.fetchRoomEvent(roomId, secret);
  assert.deepEqual(fetched.content, {});
  assert.equal(fetched.unsigned.redacted_because.content.reason, "oops");
});

conversation("typing is shown while it lasts", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const typing = () => bob.room(roomId).getMember(alice.id)?.typing;

  await alice.client.sendTyping(roomId, true, 20_000);
  await bob.until(() => typing());
  await alice.client.sendTyping(roomId, false, 0);
  await bob.until(() => !typing());
});

conversation("a receipt tells the sender who has read", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const message = await alice.says(roomId, "read this");
  const heard = await bob.hears(roomId, message);
  await bob.until(() => bob.room(roomId).getUnreadNotificationCount() === 1);

  await bob.client.sendReadReceipt(heard);

  await alice.until(() => alice.room(roomId).getEventReadUpTo(bob.id) === message);
  await bob.until(() => bob.room(roomId).getUnreadNotificationCount() === 0);
});

conversation("a private receipt clears the count and nobody else sees it", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const phone = await people.anotherDevice(bob);
  const message = await alice.says(roomId, "read this");
  const heard = await bob.hears(roomId, message);
  await phone.until(() => phone.room(roomId).getUnreadNotificationCount() === 1);

  await bob.client.sendReadReceipt(heard, ReceiptType.ReadPrivate);

  await phone.until(() => phone.room(roomId).getUnreadNotificationCount() === 0);
  assert.equal(phone.room(roomId).getEventReadUpTo(bob.id), message);
  await alice.hears(roomId, await alice.says(roomId, "did you?"));
  assert.notEqual(alice.room(roomId).getEventReadUpTo(bob.id), message);
});

conversation("a mention is counted as a highlight", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();

  await alice.sends(roomId, "m.room.message", {
    "msgtype": "m.text",
    "body": "look at this",
    "m.mentions": { user_ids: [bob.id] },
  });

  const highlights = () =>
    bob.room(roomId).getUnreadNotificationCount(NotificationCountType.Highlight);
  await bob.until(() => highlights() === 1);
});

conversation("the read marker is kept for its owner", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const message = await alice.says(roomId, "remember this place");
  const heard = await bob.hears(roomId, message);

  await bob.client.setRoomReadMarkers(roomId, message, heard);

  const marker = () => bob.room(roomId).getAccountData("m.fully_read")?.getContent().event_id;
  await bob.until(() => marker() === message);
  await alice.until(() => alice.room(roomId).getEventReadUpTo(bob.id) === message);
});

conversation("two devices of one user hear what each of them says", async (people) => {
  const [phone, bob, roomId] = await people.aPairInARoom();
  const laptop = await people.anotherDevice(phone);

  const said = [
    await phone.says(roomId, "from my phone"),
    await laptop.says(roomId, "from my laptop"),
    await bob.says(roomId, "from bob"),
  ];

  for (const device of [phone, laptop])
    for (const eventId of said) await device.hears(roomId, eventId);
});
