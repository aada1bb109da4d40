// People whose client encrypts, with the Rust crypto of matrix-js-sdk.

import {
  CryptoEvent,
  VerificationPhase,
  VerificationRequestEvent,
  VerifierEvent,
} from "matrix-js-sdk/lib/crypto-api/index.js";

const ENCRYPTED = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
export const SECRET_ROOM = { initial_state: [ENCRYPTED] };

// A device that encrypts; `recovery` is the key to its owner's secrets, shared by all devices of one person.
export async function encrypts(people, person, recovery = {}) {
  const { client } = person;
  const device = people.withSession(
    { user_id: person.id, device_id: client.getDeviceId(), access_token: client.getAccessToken() },
    person.password,
    {
      cryptoCallbacks: {
        getSecretStorageKey: async ({ keys }) => [Object.keys(keys)[0], recovery.key],
        cacheSecretStorageKey: () => {},
      },
    },
  );
  client.stopClient();
  await device.client.initRustCrypto({ useIndexedDB: false });
  await device.startsSyncing();
  device.recovery = recovery;
  device.crypto = device.client.getCrypto();
  device.requests = [];
  device.client.on(CryptoEvent.VerificationRequestReceived, (it) => device.requests.push(it));
  await device.untilAsked(() => hasToldItsKeys(device));
  return device;
}

// Whoever asked before that would share no keys with the device.
async function hasToldItsKeys(device) {
  const known = await device.crypto.getUserDeviceInfo([device.id], true);
  return known.get(device.id)?.has(device.deviceId());
}

// Cross-signing, secret storage and key backup, as clients set them up at the first login.
export async function setsUpIdentity(device) {
  const { crypto } = device;
  await crypto.bootstrapCrossSigning({
    authUploadDeviceSigningKeys: (upload) => upload(null),
  });
  const created = await crypto.createRecoveryKeyFromPassphrase();
  device.recovery.key = created.privateKey;
  await crypto.bootstrapSecretStorage({
    createSecretStorageKey: async () => created,
    setupNewSecretStorage: true,
    setupNewKeyBackup: true,
  });
  await crypto.checkKeyBackupAndEnable();
}

// A new device takes its owner's cross-signing keys out of secret storage.
export async function knowsOwnIdentity(device) {
  await device.crypto.userHasCrossSigningKeys(device.id, true);
  await device.crypto.bootstrapCrossSigning({});
}

// What an event says, once it can be read.
export async function reads(device, roomId, eventId) {
  const event = await device.hears(roomId, eventId);
  // What cannot be read yet has a content, too: it says so.
  return device.untilAsked(() => !event.isDecryptionFailure() && event.getClearContent()?.body);
}

// Both compare emoji; what they see must be the same.
export async function verifyEachOther(request, answerer) {
  const asked = await answerer.untilAsked(() => answerer.requests.at(-1));
  await asked.accept();
  await inPhase(request, VerificationPhase.Ready);
  const verifier = await request.startVerification("m.sas.v1");
  const done = verifier.verify();
  await inPhase(asked, VerificationPhase.Started);
  const otherDone = asked.verifier.verify();
  const [seen, alsoSeen] = await Promise.all([shownBy(verifier), shownBy(asked.verifier)]);
  const emoji = (sas) => JSON.stringify(sas.sas.emoji);
  if (emoji(seen) !== emoji(alsoSeen)) throw new Error("they see different emoji");
  await Promise.all([seen.confirm(), alsoSeen.confirm()]);
  await Promise.all([done, otherDone]);
}

const shownBy = (verifier) =>
  verifier.getShowSasCallbacks() ??
  new Promise((resolve) => verifier.once(VerifierEvent.ShowSas, resolve));

const inPhase = (request, phase) =>
  request.phase === phase
    ? Promise.resolve()
    : new Promise((resolve) => {
        const look = () => {
          if (request.phase !== phase) return;
          request.off(VerificationRequestEvent.Change, look);
          resolve();
        };
        request.on(VerificationRequestEvent.Change, look);
      });
