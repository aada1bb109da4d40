// What a telephone is told while nobody looks at it. The gateway is one of this test, on loopback.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { conversation } from "./conversation.mjs";

const PATIENCE_MS = 20_000;

class Gateway {
  told = [];

  async opens() {
    this.server = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => (body += part));
      request.on("end", () => {
        this.told.push(JSON.parse(body).notification);
        response.setHeader("Content-Type", "application/json");
        response.end(JSON.stringify({ rejected: this.rejected ?? [] }));
      });
    });
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}/_matrix/push/v1/notify`;
  }

  closes() {
    this.server.close();
    this.server.closeAllConnections();
  }

  pusher(pushkey, data = {}) {
    return {
      kind: "http",
      app_id: "org.example.app",
      app_display_name: "App",
      device_display_name: "Telephone",
      lang: "en",
      pushkey,
      data: { url: this.url, ...data },
      append: true,
    };
  }

  // What satisfies the condition, once it was told.
  async hears(condition) {
    const giveUp = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = this.told.find(condition);
      if (found) return found;
      if (Date.now() > giveUp) throw new Error(`never told: ${JSON.stringify(this.told)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function withGateway(script) {
  return async (people) => {
    const gateway = new Gateway();
    await gateway.opens();
    try {
      await script(people, gateway);
    } finally {
      gateway.closes();
    }
  };
}

conversation("a telephone rings for a message and its badge follows the reading", withGateway(async (people, gateway) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  await bob.client.setPusher(gateway.pusher("bob"));

  const first = await alice.says(roomId, "are you there?");
  const second = await alice.says(roomId, "hello?");

  const rung = await gateway.hears((told) => told.event_id === first);
  assert.equal(rung.content.body, "are you there?");
  assert.equal(rung.sender, alice.id);
  assert.equal(rung.devices[0].pushkey, "bob");
  const again = await gateway.hears((told) => told.event_id === second);
  assert.equal(again.counts.unread, 2);
  await bob.client.sendReadReceipt(await bob.hears(roomId, second));
  const cleared = await gateway.hears((told) => !told.event_id);
  assert.deepEqual(cleared.counts, { unread: 0 });
}));

conversation("a telephone that wants only ids is told nothing else", withGateway(async (people, gateway) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  await bob.client.setPusher(gateway.pusher("bob", { format: "event_id_only" }));

  const eventId = await alice.says(roomId, "a secret");

  const rung = await gateway.hears((told) => told.event_id === eventId);
  assert.equal(rung.room_id, roomId);
  assert.ok(!JSON.stringify(rung).includes("secret"));
}));

conversation("a muted room does not ring, and what did is listed", withGateway(async (people, gateway) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  await bob.client.setPusher(gateway.pusher("bob"));
  await bob.client.addPushRule("global", "room", roomId, { actions: [] });
  const other = await alice.createsRoom({ preset: "public_chat" });
  await bob.joins(other);
  await alice.says(roomId, "quiet");
  // Whom a message notifies is worked out in order: once this one rings, the first has been passed over.
  const elsewhere = await alice.says(other, "not muted");
  await gateway.hears((told) => told.event_id === elsewhere);
  await bob.client.deletePushRule("global", "room", roomId);

  const loud = await alice.says(roomId, "loud");

  await gateway.hears((told) => told.event_id === loud);
  assert.deepEqual(gateway.told.map((told) => told.event_id).filter(Boolean), [elsewhere, loud]);
  const listed = await bob.client.http.authedRequest("GET", "/notifications", { limit: "1" });
  assert.equal(listed.notifications[0].event.event_id, loud);
  assert.equal(listed.notifications[0].read, false);
}));

conversation("a pushkey that is rejected ends its pusher", withGateway(async (people, gateway) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  await bob.client.setPusher(gateway.pusher("bob"));
  gateway.rejected = ["bob"];

  await alice.says(roomId, "hello");

  await bob.untilAsked(async () => (await bob.client.getPushers()).pushers.length === 0);
}));
