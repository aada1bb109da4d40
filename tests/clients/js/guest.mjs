// Somebody who talks through matrix-js-sdk, and does as they are told: a line of JSON for each wish
// on standard input, and a line with its outcome on standard output.

import { createInterface } from "node:readline";
import { People } from "./people.mjs";
import { encrypts, reads } from "./secrets.mjs";

const people = new People(process.env.ISTHMUS_TEST_BASE_URL);
const [plain] = await people.register("guest");
const guest = await encrypts(people, plain);
let roomId;

const wishes = {
  joins: async (room) => {
    roomId = await guest.joins(room);
    return guest.id;
  },
  says: (body) => guest.says(roomId, body),
  reads: (eventId) => reads(guest, roomId, eventId),
};

const tell = (outcome) => console.log(JSON.stringify({ outcome }));

tell(guest.id);
for await (const line of createInterface({ input: process.stdin })) {
  const [wish, argument] = JSON.parse(line);
  tell(await wishes[wish](argument));
}
process.exit(0);
