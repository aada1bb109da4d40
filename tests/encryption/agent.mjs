// Somebody who uses matrix-js-sdk with its Rust crypto, told what to do by lines of JSON.

import { createInterface } from "node:readline";
import { VerificationPhase } from "../clients/js/node_modules/matrix-js-sdk/lib/crypto-api/index.js";
import { People } from "../clients/js/people.mjs";
import { SECRET_ROOM, encrypts, knowsOwnIdentity, setsUpIdentity } from "../clients/js/secrets.mjs";

const people = new People(process.env.ISTHMUS_TEST_BASE_URL);
const PATIENCE_MS = 20_000;
let me; // the device in use
let request; // the verification under way
let shown; // the emoji of it

const until = async (ask) => {
  const giveUp = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > giveUp) throw new Error(`in vain: ${ask}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
};

const verifier = () => until(() => request.verifier);

const deeds = {
  async begins(name) {
    me = await encrypts(people, (await people.register(name))[0]);
    return { userId: me.id, deviceId: me.deviceId(), password: me.password };
  },
  async logsIn({ userId, password, recovery }) {
    const session = await people.stranger().loginWithPassword(userId, password);
    const plain = people.withSession(session, password);
    await plain.startsSyncing();
    me = await encrypts(people, plain, recovery ? { key: Uint8Array.from(recovery) } : {});
    return { userId: me.id, deviceId: me.deviceId() };
  },
  setsUpIdentity: () => setsUpIdentity(me),
  takesIdentity: () => knowsOwnIdentity(me),
  recovery: () => Array.from(me.recovery.key),
  async createsRoom(invite) {
    return me.createsRoom({ invite, ...SECRET_ROOM });
  },
  joins: (roomId) => me.joins(roomId),
  async seesMember({ roomId, userId }) {
    await me.until(() => me.room(roomId)?.getMember(userId)?.membership === "join");
  },
  invites: ({ roomId, userId, shareHistory }) =>
    me.client.invite(roomId, userId, { shareEncryptedHistory: shareHistory }),
  async acceptsInvite(roomId) {
    await me.until(() => me.room(roomId)?.getMyMembership() === "invite");
    await me.client.joinRoom(roomId, { acceptSharedHistory: true });
  },
  says: ({ roomId, body }) => me.says(roomId, body),
  async reads({ roomId, eventId }) {
    const event = await me.hears(roomId, eventId);
    await until(() => event.getClearContent()?.body && !event.isDecryptionFailure());
    return event.getClearContent().body;
  },
  async cannotRead({ roomId, eventId }) {
    const event = await me.hears(roomId, eventId);
    await until(() => event.isDecryptionFailure());
    return event.decryptionFailureReason;
  },
  // The first message with these words, and what clients would show beside it: "none" is nothing.
  async readsFrom({ roomId, sender, words }) {
    const fits = (event) =>
      event.getSender() === sender &&
      event.isEncrypted() &&
      event.getClearContent()?.body?.includes(words);
    const event = await until(() => me.room(roomId)?.getLiveTimeline().getEvents().find(fits));
    const { shieldColour, shieldReason } = await me.crypto.getEncryptionInfoForEvent(event);
    return { shieldColour, shieldReason };
  },
  async isInvited() {
    const invites = () => me.client.getRooms().filter((it) => it.getMyMembership() === "invite");
    const room = await until(() => invites().find((it) => !it.isSpaceRoom()));
    return room.roomId;
  },
  leaves: (roomId) => me.client.leave(roomId),
  kicks: ({ roomId, userId }) => me.client.kick(roomId, userId),
  async asksToVerifyIn({ roomId, userId }) {
    request = await me.crypto.requestVerificationDM(userId, roomId);
    shown = undefined;
  },
  async asksToVerifyOwnDevice(deviceId) {
    request = await me.crypto.requestDeviceVerification(me.id, deviceId);
    shown = undefined;
  },
  async acceptsVerification() {
    request = await until(() => me.requests.at(-1));
    shown = undefined;
    await request.accept();
  },
  async startsSas() {
    await until(() => request.phase === VerificationPhase.Ready);
    await request.startVerification("m.sas.v1");
  },
  async comparesEmoji() {
    const one = await verifier();
    deeds.finished = one.verify();
    deeds.finished.catch(() => {});
    shown = await until(() => one.getShowSasCallbacks());
    return { emoji: shown.sas.emoji.map(([picture]) => picture), decimal: shown.sas.decimal };
  },
  async confirms() {
    await shown.confirm();
    await deeds.finished;
  },
  async mismatches() {
    shown.mismatch();
    await deeds.finished.catch(() => {});
    return request.cancellationCode;
  },
  async scans(bytes) {
    await until(() => request.phase === VerificationPhase.Ready);
    const one = await request.scanQRCode(Uint8ClampedArray.from(bytes));
    await one.verify();
  },
  async knowsDevice({ userId, deviceId }) {
    const devices = async () => (await me.crypto.getUserDeviceInfo([userId], true)).get(userId);
    await until(async () => (await devices())?.has(deviceId));
  },
  async trustsUser(userId) {
    await until(async () => (await me.crypto.getUserVerificationStatus(userId)).isCrossSigningVerified());
    return true;
  },
  async trustsDevice({ userId, deviceId }) {
    const status = await until(async () => {
      const found = await me.crypto.getDeviceVerificationStatus(userId, deviceId);
      return found?.signedByOwner && found;
    });
    return { signedByOwner: status.signedByOwner, verified: status.isVerified() };
  },
  async backedUp(count) {
    const backup = () => me.client.http.authedRequest("GET", "/room_keys/version");
    await until(async () => (await backup()).count >= count);
  },
  async restoresBackup() {
    await me.crypto.loadSessionBackupPrivateKeyFromSecretStorage();
    await me.crypto.checkKeyBackupAndEnable();
    const { imported, total } = await me.crypto.restoreKeyBackup();
    return { imported, total };
  },
  exportsKeys: async () => JSON.parse(await me.crypto.exportRoomKeysAsJson()),
  startsDehydration: () => me.crypto.startDehydration({ createNewKey: true }),
  rehydrates: () => me.crypto.startDehydration({ rehydrate: true }),
  logsOut: () => me.client.logout(true),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { deed, told } = JSON.parse(line);
  try {
    const answer = await deeds[deed](told);
    process.stdout.write(`${JSON.stringify({ answer: answer ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error?.stack ?? error) })}\n`);
  }
}
process.exit(0);
