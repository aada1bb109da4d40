// Reading what was said while nobody listened.

import assert from "node:assert/strict";
import { Direction, TimelineWindow } from "matrix-js-sdk";
import { conversation } from "./conversation.mjs";

conversation("scrolling back shows each of 500 messages once", async (people) => {
  const [alice, bob] = [await people.account("alice"), await people.account("bob")];
  const { room_id: roomId } = await alice.client.createRoom({ invite: [bob.id] });
  await bob.client.joinRoom(roomId);
  const said = await saysMuch(alice, roomId, 500);

  await bob.startsSyncing();
  const room = bob.room(roomId);
  while (room.oldState.paginationToken !== null) await bob.client.scrollback(room, 60);

  assert.deepEqual(messages(room.getLiveTimeline()), said);
});

conversation("a gap after an absence is filled by scrolling back", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const before = await saysMuch(alice, roomId, 5);
  await bob.hears(roomId, before.at(-1));
  bob.client.stopClient();

  const meanwhile = await saysMuch(alice, roomId, 60);
  await bob.startsSyncing();
  await bob.hears(roomId, meanwhile.at(-1));
  const room = bob.room(roomId);
  assert.ok(messages(room.getLiveTimeline()).length < 60);
  const view = new TimelineWindow(bob.client, room.getUnfilteredTimelineSet());
  await view.load();
  while (await view.paginate(Direction.Backward, 30));

  assert.deepEqual(messages(view), [...before, ...meanwhile]);
});

conversation("an event of long ago is shown amid what surrounded it", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const said = await saysMuch(alice, roomId, 40);
  const laptop = await people.anotherDevice(bob);
  const timelineSet = laptop.room(roomId).getUnfilteredTimelineSet();
  const view = new TimelineWindow(laptop.client, timelineSet, { windowLimit: 100 });

  await view.load(said[15], 10);
  const shown = view.getEvents().map((event) => event.getId());
  assert.ok(shown.includes(said[15]) && !shown.includes(said[0]) && !shown.includes(said[39]));

  for (const direction of [Direction.Backward, Direction.Forward])
    while (await view.paginate(direction, 10));
  assert.deepEqual(messages(view), said);
});

conversation("a moment leads to the event nearest to it", async (people) => {
  const [alice, , roomId] = await people.aPairInARoom();
  const [first, second] = await saysMuch(alice, roomId, 2);
  const moment = (await alice.hears(roomId, second)).getTs();

  const after = await alice.client.timestampToEvent(roomId, moment, Direction.Forward);
  const before = await alice.client.timestampToEvent(roomId, moment - 1, Direction.Backward);

  assert.ok([first, second].includes(after.event_id));
  assert.ok(before.origin_server_ts < moment);
});

conversation("a newcomer reads what the room's history allows", async (people) => {
  const [alice, bob] = await people.register("alice", "bob");
  const onlyMembers = {
    type: "m.room.history_visibility",
    state_key: "",
    content: { history_visibility: "joined" },
  };
  const open = await alice.createsRoom({ invite: [bob.id] });
  const closed = await alice.createsRoom({ invite: [bob.id], initial_state: [onlyMembers] });
  const [shown, hidden] = [await alice.says(open, "welcome"), await alice.says(closed, "psst")];

  for (const roomId of [open, closed]) await bob.joins(roomId);
  const read = async (roomId) => {
    const page = await bob.client.createMessagesRequest(roomId, null, 50, Direction.Backward);
    return page.chunk.map((event) => event.event_id);
  };

  assert.ok((await read(open)).includes(shown));
  assert.ok(!(await read(closed)).includes(hidden));
});

async function saysMuch(person, roomId, count) {
  const said = [];
  for (let number = 0; number < count; number++)
    said.push(await person.says(roomId, `message ${number}`));
  return said;
}

const messages = (timeline) =>
  timeline
    .getEvents()
    .filter((event) => event.getType() === "m.room.message")
    .map((event) => event.getId());
