// matrix-js-sdk signs in by OAuth 2.0, and by a QR code that one device shows the other.

import assert from "node:assert/strict";
import { initAsync, QrCodeData } from "../clients/js/node_modules/@matrix-org/matrix-sdk-crypto-wasm/node.mjs";
import { OAuth2 } from "../clients/js/node_modules/matrix-js-sdk/lib/oauth/index.js";
import {
  MSC4108RendezvousSession,
  MSC4108SecureChannel,
  MSC4108SignInWithQR,
} from "../clients/js/node_modules/matrix-js-sdk/lib/rendezvous/index.js";
import { conversation } from "../clients/js/conversation.mjs";
import { fresh } from "../clients/js/people.mjs";
import { encrypts, setsUpIdentity } from "../clients/js/secrets.mjs";
import { Browser } from "./browser.mjs";

const BACK = "https://app.example.com/back";
const APP = {
  client_name: "Example app",
  client_uri: "https://app.example.com/",
  redirect_uris: [BACK],
  grant_types: [
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
  ],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
};
const STABLE = (device) => `urn:matrix:client:api:* urn:matrix:client:device:${device}`;
const API = "urn:matrix:org.matrix.msc2967.client:api:*";
const OLDER = (device) => `${API} urn:matrix:org.matrix.msc2967.client:device:${device}`;

// The browser's part: alice signs in and agrees; what the app is told when it comes back.
async function agrees(url, alice) {
  const answers = { username: alice.client.getUserIdLocalpart(), password: alice.password };
  const { url: back } = await new Browser().goesThrough(url, answers);
  return new URLSearchParams(back.hash ? back.hash.slice(1) : back.search);
}

for (const [spelling, scope] of [["stable", STABLE], ["older", OLDER]]) {
  conversation(`an app signs in by OAuth 2.0, with ${spelling} scopes`, async (people) => {
    const alice = await people.account("alice");
    const metadata = await people.stranger().getAuthMetadata();
    const clientId = await OAuth2.registerClient(metadata, APP);
    const device = fresh("WEB").toUpperCase();
    const oauth = new OAuth2(metadata, { clientId, deviceId: device });
    const state = fresh("state");
    const url = await oauth.generateAuthorizationCodeGrantUrl(
      state, BACK, "fragment", undefined, scope(device),
    );

    const told = await agrees(url, alice);
    assert.equal(told.get("state"), state);
    const tokens = await oauth.completeAuthorizationCodeGrant(told.get("code"), BACK);

    const session = { userId: alice.id, deviceId: device, accessToken: tokens.access_token };
    const web = people.stranger(session);
    assert.deepEqual((await web.whoami()).device_id, device);
    const renewed = await oauth.performRefreshTokenGrant(tokens.refresh_token);
    web.setAccessToken(renewed.access_token);
    assert.equal((await web.whoami()).user_id, alice.id);
    await oauth.revokeToken(renewed.access_token);
    await assert.rejects(web.whoami(), { errcode: "M_UNKNOWN_TOKEN" });
  });
}

conversation("apps are told to use OAuth 2.0", async (people) => {
  const app = people.stranger();
  const metadata = await app.getAuthMetadata();

  assert.equal(metadata.issuer, `${people.baseUrl}/`);
  assert.ok(metadata.code_challenge_methods_supported.includes("S256"));
  assert.ok(metadata.grant_types_supported.includes(APP.grant_types[2]));
  for (const feature of ["org.matrix.msc2965", "org.matrix.msc3861", "org.matrix.msc4108"]) {
    assert.ok(await app.doesServerSupportUnstableFeature(feature), feature);
  }
});

conversation("a new device signs in by the QR code that it shows", async (people) => {
  await initAsync();
  const phone = await encrypts(people, (await people.register("alice"))[0]);
  await setsUpIdentity(phone);
  const stranger = people.stranger();
  const here = new MSC4108RendezvousSession({ client: stranger });
  await here.send("");
  const newDevice = new MSC4108SignInWithQR(new MSC4108SecureChannel(here), false);
  await newDevice.generateCode();

  const scanned = QrCodeData.fromBytes
    ? QrCodeData.fromBytes(newDevice.code) : QrCodeData.from_bytes(newDevice.code);
  const there = new MSC4108RendezvousSession({ url: scanned.rendezvous_url ?? scanned.rendezvousUrl });
  const channel = new MSC4108SecureChannel(there, scanned.public_key ?? scanned.publicKey);
  const oldDevice = new MSC4108SignInWithQR(channel, true, phone.client);
  const [{ serverName }] = await Promise.all([
    newDevice.negotiateProtocols(),
    oldDevice.negotiateProtocols(),
  ]);
  assert.equal(serverName, phone.server);
  assert.equal(newDevice.checkCode, oldDevice.checkCode);

  const metadata = await stranger.getAuthMetadata();
  const clientId = await OAuth2.registerClient(metadata, APP);
  const deviceId = fresh("QR").toUpperCase();
  const [, { verificationUri }] = await Promise.all([
    newDevice.deviceAuthorizationGrant({ metadata, clientId, deviceId }),
    oldDevice.deviceAuthorizationGrant(),
  ]);
  const sharing = oldDevice.shareSecrets();
  const answers = { username: phone.client.getUserIdLocalpart(), password: phone.password };
  await new Browser().goesThrough(verificationUri, answers);
  const tokens = await newDevice.completeLoginOnNewDevice({ clientId });
  const [{ secrets }] = await Promise.all([newDevice.shareSecrets(), sharing]);

  const session = { userId: phone.id, deviceId, accessToken: tokens.access_token };
  assert.equal((await people.stranger(session).whoami()).device_id, deviceId);
  assert.ok(secrets.cross_signing.master_key, "the new device can prove at once whose it is");
});
