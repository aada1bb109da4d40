// Events for later, and events that stay in sight.

import assert from "node:assert/strict";
import { conversation } from "./conversation.mjs";
import { fresh } from "./people.mjs";

const TEXT = { msgtype: "m.text", body: "much later" };
const TYPE = "m.room.message";

conversation("an event is sent when it is due", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();

  const { delay_id: delayId } = await alice.client._unstable_sendDelayedEvent(
    roomId,
    { delay: 500 },
    null,
    TYPE,
    { ...TEXT, body: "half a second later" },
  );

  const { finalised } = await alice.untilAsked(async () => {
    const found = await alice.client._unstable_getDelayedEvent(delayId);
    return found.finalised && found;
  });
  const event = await bob.hears(roomId, finalised.event_id);
  assert.equal(event.getContent().body, "half a second later");
});

conversation("a delayed event is put off, sent early or called off", async (people) => {
  const [alice, bob, roomId] = await people.aPairInARoom();
  const schedule = async (body) =>
    (
      await alice.client._unstable_sendDelayedEvent(roomId, { delay: 60_000 }, null, TYPE, {
        ...TEXT,
        body,
      })
    ).delay_id;
  const [early, never] = [await schedule("early"), await schedule("never")];

  await alice.client._unstable_restartScheduledDelayedEvent(early);
  await alice.client._unstable_sendScheduledDelayedEvent(early);
  await alice.client._unstable_cancelScheduledDelayedEvent(never);

  const { finalised } = await alice.client._unstable_getDelayedEvents("finalised");
  const outcomes = Object.fromEntries(
    finalised.map((it) => [it.delayed_event.delay_id, it.outcome]),
  );
  assert.deepEqual(outcomes, { [early]: "send", [never]: "cancel" });
  const sent = finalised.find((it) => it.outcome === "send").event_id;
  assert.equal((await bob.hears(roomId, sent)).getContent().body, "early");
});

conversation("a sticky event is known to who comes later", async (people) => {
  const [alice, , roomId] = await people.aPairInARoom({ preset: "public_chat" });
  const type = "org.example.member";
  await alice.client._unstable_sendStickyEvent(roomId, 600_000, null, type, {
    msc4354_sticky_key: "phone",
  });
  for (let number = 0; number < 15; number++) await alice.says(roomId, `and then ${number}`);

  const [carol] = await people.register(fresh("carol"));
  await carol.joins(roomId);

  const found = await carol.until(() =>
    carol.room(roomId)._unstable_getKeyedStickyEvent(alice.id, type, "phone"),
  );
  assert.equal(found.getContent().msc4354_sticky_key, "phone");
});
