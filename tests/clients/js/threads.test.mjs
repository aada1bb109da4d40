// Threads: replies beside the main timeline, with counts and receipts of their own.

import assert from "node:assert/strict";
import { Direction, NotificationCountType, ThreadFilterType } from "matrix-js-sdk";
import { conversation } from "./conversation.mjs";

conversation("replies gather in a thread beside the main timeline", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const root = await alice.says(roomId, "What shall we plant?");

  const roses = await bob.saysInThread(roomId, root, "roses");
  const thread = await alice.until(() => alice.room(roomId).getThread(root));
  await alice.until(() => thread.initialEventsFetched && thread.findEventById(roses));
  const tulips = await alice.saysInThread(roomId, root, "tulips");

  await alice.until(() => thread.findEventById(tulips));
  assert.deepEqual(ids(thread.timeline), [root, roses, tulips]);
  const main = ids(alice.room(roomId).getLiveTimeline().getEvents());
  assert.ok(main.includes(root) && !main.includes(roses));
  const { unsigned } = await bob.client.fetchRoomEvent(roomId, root);
  const summary = unsigned["m.relations"]["m.thread"];
  assert.equal(summary.count, 2);
  assert.equal(summary.latest_event.event_id, tulips);
});

conversation("a newcomer finds all threads and those they spoke in", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const plants = await alice.says(roomId, "plants");
  const animals = await alice.says(roomId, "animals");
  await bob.saysInThread(roomId, plants, "roses");
  await alice.saysInThread(roomId, animals, "hedgehogs");

  const laptop = await people.anotherDevice(bob);
  const room = laptop.room(roomId);
  await room.createThreadsTimelineSets();
  await room.fetchRoomThreads();

  assert.deepEqual(ids(room.getThreads()).sort(), [plants, animals].sort());
  const [all, mine] = room.threadsTimelineSets.map((set) => ids(set.getLiveTimeline().getEvents()));
  assert.deepEqual(all, [plants, animals]);
  assert.deepEqual(mine, [plants]);
});

conversation("the list of threads is paged from the newest on", async (people) => {
  const [alice, , roomId] = await people.aPairInARoom();
  const roots = [];
  for (let number = 0; number < 5; number++) {
    roots.push(await alice.says(roomId, `topic ${number}`));
    await alice.saysInThread(roomId, roots.at(-1), `about ${number}`);
  }

  const page = (from) =>
    alice.client.createThreadListMessagesRequest(
      roomId,
      from,
      3,
      Direction.Backward,
      ThreadFilterType.All,
    );
  const first = await page(null);
  const second = await page(first.end);

  // The SDK turns each page around: oldest first.
  const listed = [...second.chunk, ...first.chunk].map((event) => event.event_id);
  assert.deepEqual(listed, roots);
});

conversation("a long thread is read back to its root", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const root = await alice.says(roomId, "count with me");
  const replies = [];
  for (let number = 0; number < 45; number++)
    replies.push(await alice.saysInThread(roomId, root, `${number}`));

  const laptop = await people.anotherDevice(bob);
  await laptop.room(roomId).fetchRoomThreads();
  const thread = await laptop.until(() => laptop.room(roomId).getThread(root));
  await laptop.until(() => thread.initialEventsFetched);
  const timeline = thread.liveTimeline;
  while (await laptop.client.paginateEventTimeline(timeline, { backwards: true, limit: 20 }));

  assert.deepEqual(ids(timeline.getEvents()), [root, ...replies]);
});

conversation("a thread's unread messages are counted apart", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const root = await bob.says(roomId, "What shall we plant?");
  await alice.saysInThread(roomId, root, "roses");
  const last = await alice.saysInThread(roomId, root, "tulips");

  const room = bob.room(roomId);
  const inThread = () => room.getThreadUnreadNotificationCount(root, NotificationCountType.Total);
  await bob.until(() => inThread() === 2);
  assert.equal(room.getRoomUnreadNotificationCount(), 0);

  const reply = await bob.until(() => room.getThread(root)?.findEventById(last));
  await bob.client.sendReadReceipt(reply);

  await bob.until(() => inThread() === 0);
  await alice.until(() => alice.room(roomId).getThread(root)?.getEventReadUpTo(bob.id) === last);
});

conversation("a receipt in the main timeline leaves a thread unread", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const phone = await people.anotherDevice(bob);
  const root = await alice.says(roomId, "What shall we plant?");
  const message = await bob.hears(roomId, root);
  await alice.saysInThread(roomId, root, "roses");
  const counts = () => [
    phone.room(roomId).getRoomUnreadNotificationCount(),
    phone.room(roomId).getThreadUnreadNotificationCount(root),
  ];
  await phone.until(() => counts().join() === "1,1");

  await bob.client.sendReadReceipt(message);

  await phone.until(() => counts().join() === "0,1");
});

const ids = (events) => events.map((event) => event.getId?.() ?? event.id);
