// People who talk through matrix-js-sdk, and what they do.

import { randomBytes } from "node:crypto";
import { fail } from "node:assert/strict";
import loglevel from "loglevel";
import * as sdk from "matrix-js-sdk";
import { SlidingSync, SlidingSyncEvent, SlidingSyncState } from "matrix-js-sdk/lib/sliding-sync.js";

loglevel.getLogger("matrix").setLevel("silent");

const PATIENCE_MS = 20_000;

const NEWS = [
  sdk.ClientEvent.Sync,
  sdk.ClientEvent.AccountData,
  sdk.ClientEvent.Room,
  sdk.ClientEvent.ToDeviceEvent,
  sdk.MatrixEventEvent.Replaced,
  sdk.RoomEvent.Receipt,
  sdk.RoomEvent.Redaction,
  sdk.RoomEvent.Timeline,
  sdk.RoomEvent.UnreadNotifications,
  sdk.RoomMemberEvent.Typing,
  sdk.ThreadEvent.New,
  sdk.ThreadEvent.NewReply,
  sdk.ThreadEvent.Update,
  sdk.UserEvent.Presence,
];

// Random letters keep the names of one test apart from those of others.
export const fresh = (name) => `${name}-${randomBytes(4).toString("hex")}`;

// The errcode with which the server refuses what is asked.
export async function refusal(asking) {
  const answer = await asking.catch((error) => error);
  if (!(answer instanceof sdk.MatrixError)) fail(`expected a refusal, got ${answer}`);
  return answer.errcode;
}

export class Person {
  constructor(client, password) {
    this.client = client;
    this.password = password;
    this.id = client.getSafeUserId();
    this.server = client.getDomain();
    this.toDevice = [];
    client.on(sdk.ClientEvent.ToDeviceEvent, (event) => this.toDevice.push(event));
  }

  async startsSyncing() {
    await this.client.startClient({
      initialSyncLimit: 10,
      lazyLoadMembers: true,
      pollTimeout: 5_000,
      threadSupport: true,
    });
    await this.until(() => this.client.isInitialSyncComplete());
  }

  // Through sliding sync, with one list of all rooms; gives the SDK's SlidingSync.
  async startsSliding(list = {}) {
    const state = [
      ["m.room.create", ""],
      ["m.room.name", ""],
      ["m.room.join_rules", ""],
      ["m.room.member", "$LAZY"],
      ["m.room.member", "$ME"],
    ];
    const all = { ranges: [[0, 19]], timeline_limit: 10, required_state: state, ...list };
    const opened = { timeline_limit: 50, required_state: [["*", "*"]] };
    const lists = new Map([["all", all]]);
    const slidingSync = new SlidingSync(this.client.baseUrl, lists, opened, this.client, 5_000);
    const complete = new Promise((resolve) =>
      slidingSync.on(SlidingSyncEvent.Lifecycle, (state, answer) => {
        if (state === SlidingSyncState.Complete && answer) resolve();
      }),
    );
    await this.client.startClient({ slidingSync, threadSupport: true });
    await complete;
    return slidingSync;
  }

  // Wait until something is so, and give what the condition found; every piece of news is a
  // reason to look again.
  until(condition) {
    const found = condition();
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(
        () => settle(() => reject(new Error(`${this.id} waited in vain until ${condition}`))),
        PATIENCE_MS,
      );
      const settle = (outcome) => {
        clearTimeout(giveUp);
        NEWS.forEach((news) => this.client.off(news, look));
        outcome();
      };
      // Looks only once the news has been worked in, not amidst it.
      const look = () =>
        queueMicrotask(() => {
          const found = condition();
          if (found) settle(() => resolve(found));
        });
      NEWS.forEach((news) => this.client.on(news, look));
    });
  }

  deviceId() {
    return this.client.getDeviceId();
  }

  // As `until`, for what is asked of the SDK and answered later.
  async untilAsked(ask) {
    const giveUp = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await ask();
      if (found) return found;
      if (Date.now() > giveUp) throw new Error(`${this.id} asked in vain: ${ask}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  // The event, once it came down sync.
  hears(roomId, eventId) {
    return this.until(() => this.room(roomId)?.findEventById(eventId));
  }

  room(roomId) {
    return this.client.getRoom(roomId);
  }

  state(roomId, type, key = "") {
    return this.room(roomId)?.currentState.getStateEvents(type, key)?.getContent();
  }

  async createsRoom(options = {}) {
    const { room_id: roomId } = await this.client.createRoom(options);
    await this.until(() => this.room(roomId));
    return roomId;
  }

  async joins(room) {
    const { roomId } = await this.client.joinRoom(room);
    await this.until(() => this.room(roomId)?.getMyMembership() === "join");
    return roomId;
  }

  async says(roomId, body) {
    return (await this.client.sendTextMessage(roomId, body)).event_id;
  }

  // Not by the SDK's own sending: where the thread's message comes down sync before the answer to
  // its request, the SDK (43.0) takes its own message for somebody else's, and throws.
  async saysInThread(roomId, threadId, body) {
    await this.hears(roomId, threadId);
    const relation = {
      rel_type: "m.thread",
      event_id: threadId,
      is_falling_back: true,
      "m.in_reply_to": { event_id: threadId },
    };
    const content = { msgtype: "m.text", body, "m.relates_to": relation };
    const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${fresh("t")}`;
    return (await this.client.http.authedRequest("PUT", path, undefined, content)).event_id;
  }

  async sends(roomId, type, content) {
    return (await this.client.sendEvent(roomId, type, content)).event_id;
  }

  passwordStage(session) {
    const identifier = { type: "m.id.user", user: this.id };
    return { type: "m.login.password", identifier, password: this.password, session };
  }
}

export class People {
  constructor(baseUrl) {
    this.baseUrl = baseUrl;
    this.clients = [];
  }

  // A client without a session.
  stranger(session = {}) {
    const client = sdk.createClient({
      baseUrl: this.baseUrl,
      localTimeoutMs: PATIENCE_MS,
      timelineSupport: true,
      disableVoip: true,
      ...session,
    });
    this.clients.push(client);
    return client;
  }

  withSession({ user_id: userId, device_id: deviceId, access_token: accessToken }, password, more) {
    return new Person(this.stranger({ userId, deviceId, accessToken, ...more }), password);
  }

  // A new account whose device has not begun to sync.
  async account(name) {
    const password = randomBytes(9).toString("base64url");
    const auth = { type: "m.login.dummy" };
    const session = await this.stranger().register(fresh(name), password, null, auth);
    return this.withSession(session, password);
  }

  // New accounts, each with one device that syncs.
  async register(...names) {
    const people = [];
    for (const name of names) {
      people.push(await this.account(name));
      await people.at(-1).startsSyncing();
    }
    return people;
  }

  async anotherDevice(person) {
    const session = await this.stranger().loginWithPassword(person.id, person.password);
    const device = this.withSession(session, person.password);
    await device.startsSyncing();
    return device;
  }

  // Alice and bob in a room that alice made. Alice has heard that bob is there: the SDK shows what
  // she says at once, and would otherwise show it above his arrival.
  async aPairInARoom(options = {}) {
    const [alice, bob] = await this.register("alice", "bob");
    const roomId = await alice.createsRoom({ invite: [bob.id], ...options });
    await bob.joins(roomId);
    await alice.until(() => alice.room(roomId).getMember(bob.id)?.membership === "join");
    return [alice, bob, roomId];
  }

  goHome() {
    this.clients.forEach((client) => client.stopClient());
  }
}
