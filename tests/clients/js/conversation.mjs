// A test that is a script: people on a server, and what they say to each other.

import { test } from "node:test";
import { People } from "./people.mjs";

const CONVERSATION_MS = 60_000;

export function conversation(promise, script) {
  test(promise, { timeout: CONVERSATION_MS }, async () => {
    const people = new People(process.env.ISTHMUS_TEST_BASE_URL);
    try {
      await script(people);
    } finally {
      people.goHome();
    }
  });
}
