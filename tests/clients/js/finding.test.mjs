// What is found: words with what was said around them, rooms within rooms, pictures.

import assert from "node:assert/strict";
import { deflateSync, crc32 } from "node:zlib";
import { conversation } from "./conversation.mjs";
import { fresh } from "./people.mjs";

conversation("words are found with what was said around them", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const word = fresh("hedgehog").replace("-", "");
  await alice.says(roomId, "What did you see?");
  const said = await bob.says(roomId, `a ${word} in the garden`);
  await alice.says(roomId, "How nice!");

  const { search_categories: found } = await alice.untilAsked(async () => {
    const answer = await alice.client.search({
      body: {
        search_categories: {
          room_events: {
            search_term: word,
            order_by: "recent",
            event_context: { before_limit: 1, after_limit: 1, include_profile: true },
          },
        },
      },
    });
    return answer.search_categories.room_events.count && answer;
  });

  const [{ result, context }] = found.room_events.results;
  assert.equal(result.event_id, said);
  assert.equal(context.events_before[0].content.body, "What did you see?");
  assert.equal(context.events_after[0].content.body, "How nice!");
  assert.ok(bob.id in context.profile_info);
  assert.deepEqual(found.room_events.highlights, [word]);
});

conversation("a space shows the rooms within its rooms", async (people) => {
  const [alice] = await people.register("alice");
  const space = (name) =>
    alice.createsRoom({ name, creation_content: { type: "m.space" }, preset: "public_chat" });
  const [town, street] = [await space("town"), await space("street")];
  const house = await alice.createsRoom({ name: "house", preset: "public_chat" });
  const child = { via: [alice.server] };
  await alice.client.sendStateEvent(town, "m.space.child", child, street);
  await alice.client.sendStateEvent(street, "m.space.child", child, house);

  const { rooms } = await alice.client.getRoomHierarchy(town, 10);

  assert.deepEqual(
    rooms.map((room) => room.name),
    ["town", "street", "house"],
  );
  const summary = await alice.client.getRoomSummary(house);
  assert.equal(summary.num_joined_members, 1);
});

conversation("a picture comes with a thumbnail", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const picture = png(400, 300);

  const { content_uri: url } = await alice.client.uploadContent(new Blob([picture]), {
    type: "image/png",
    name: "garden.png",
  });
  const sent = await alice.sends(roomId, "m.room.message", { msgtype: "m.image", body: "x", url });

  const event = await bob.hears(roomId, sent);
  const get = (...size) =>
    fetch(bob.client.mxcUrlToHttp(event.getContent().url, ...size, true, true), {
      headers: { Authorization: `Bearer ${bob.client.getAccessToken()}` },
    });
  const whole = Buffer.from(await (await get(undefined, undefined, undefined, false)).arrayBuffer());
  assert.ok(whole.equals(picture));
  const small = await get(32, 32, "crop", false);
  assert.match(small.headers.get("content-type"), /^image\//);
  assert.ok((await small.arrayBuffer()).byteLength < picture.length);
});

conversation("people find the rooms that they share, and a day in the past", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const said = await bob.says(roomId, "the first word");

  assert.deepEqual(await alice.client._unstable_getSharedRooms(bob.id), [roomId]);
  const { event_id: found } = await alice.client.timestampToEvent(roomId, Date.now(), "b");
  assert.equal(found, said);
});

// A picture without a pattern, in the plainest form of PNG.
function png(width, height) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc((width * 3 + 1) * height, 0);
  for (let at = 0; at < rows.length; at++) rows[at] = at % (width * 3 + 1) ? (at * 7919) % 251 : 0;
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
