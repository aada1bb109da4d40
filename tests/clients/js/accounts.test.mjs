// Accounts, sessions and devices.

import assert from "node:assert/strict";
import { AuthType, InteractiveAuth } from "matrix-js-sdk";
import { conversation } from "./conversation.mjs";
import { fresh, refusal } from "./people.mjs";

conversation("registration is guided through its stages", async (people) => {
  const stranger = people.stranger();
  const account = { username: fresh("carol"), password: "correct horse" };
  const guide = new InteractiveAuth({
    matrixClient: stranger,
    doRequest: (auth) => stranger.registerRequest({ ...account, auth: auth ?? undefined }),
    stateUpdated: (stage) => guide.submitAuthDict({ type: stage }),
    supportedStages: [AuthType.Dummy],
    requestEmailToken: () => assert.fail("no e-mail address is needed"),
  });

  const session = await guide.attemptAuth();

  assert.match(session.user_id, new RegExp(`^@${account.username}:`));
  const carol = people.withSession(session, account.password);
  assert.equal((await carol.client.whoami()).device_id, session.device_id);
});

conversation("a taken name is known to be taken", async (people) => {
  const alice = await people.account("alice");
  const localpart = alice.client.getUserIdLocalpart();

  assert.equal(await people.stranger().isUsernameAvailable(fresh("nobody")), true);
  assert.equal(await people.stranger().isUsernameAvailable(localpart), false);
  const auth = { type: "m.login.dummy" };
  const again = people.stranger().register(localpart, "password", null, auth);
  assert.equal(await refusal(again), "M_USER_IN_USE");
});

conversation("a wrong password opens nothing", async (people) => {
  const alice = await people.account("alice");

  const login = people.stranger().loginWithPassword(alice.id, "not the password");

  assert.equal(await refusal(login), "M_FORBIDDEN");
});

conversation("logout ends one device and no other", async (people) => {
  const phone = await people.account("alice");
  const laptop = await people.anotherDevice(phone);

  await laptop.client.logout(true);

  const { devices } = await phone.client.getDevices();
  assert.deepEqual(
    devices.map((device) => device.device_id),
    [phone.client.getDeviceId()],
  );
  assert.equal(await refusal(laptop.client.whoami()), "M_UNKNOWN_TOKEN");
});

conversation("a device is renamed and deleted by its owner", async (people) => {
  const phone = await people.account("alice");
  const laptop = await people.anotherDevice(phone);
  const laptopId = laptop.client.getDeviceId();

  await phone.client.setDeviceDetails(laptopId, { display_name: "old laptop" });
  assert.equal((await phone.client.getDevice(laptopId)).display_name, "old laptop");
  const asked = await phone.client.deleteDevice(laptopId).catch((error) => error);
  assert.equal(asked.httpStatus, 401);
  await phone.client.deleteDevice(laptopId, phone.passwordStage(asked.data.session));

  assert.equal(await refusal(phone.client.getDevice(laptopId)), "M_NOT_FOUND");
  assert.equal(await refusal(laptop.client.whoami()), "M_UNKNOWN_TOKEN");
});

conversation("a changed password replaces the old one and ends other devices", async (people) => {
  const phone = await people.account("alice");
  const laptop = await people.anotherDevice(phone);

  const asked = await phone.client.setPassword({}, "a new password").catch((error) => error);
  const proof = phone.passwordStage(asked.data.session);
  await phone.client.setPassword(proof, "a new password", true);

  assert.equal((await phone.client.whoami()).user_id, phone.id);
  assert.equal(await refusal(laptop.client.whoami()), "M_UNKNOWN_TOKEN");
  const old = people.stranger().loginWithPassword(phone.id, phone.password);
  assert.equal(await refusal(old), "M_FORBIDDEN");
  await people.stranger().loginWithPassword(phone.id, "a new password");
});

conversation("a refresh token brings a new access token", async (people) => {
  const alice = await people.account("alice");
  const session = await people.stranger().loginRequest({
    type: "m.login.password",
    identifier: { type: "m.id.user", user: alice.id },
    password: alice.password,
    refresh_token: true,
  });

  const renewed = await people.stranger().refreshToken(session.refresh_token);

  const device = people.withSession({ ...session, ...renewed }, alice.password);
  assert.notEqual(renewed.access_token, session.access_token);
  assert.equal((await device.client.whoami()).device_id, session.device_id);
});

conversation("a deactivated account is gone for good", async (people) => {
  const alice = await people.account("alice");

  const asked = await alice.client.deactivateAccount({}, true).catch((error) => error);
  await alice.client.deactivateAccount(alice.passwordStage(asked.data.session), true);

  assert.equal(await refusal(alice.client.whoami()), "M_UNKNOWN_TOKEN");
  const login = people.stranger().loginWithPassword(alice.id, alice.password);
  assert.ok(["M_FORBIDDEN", "M_USER_DEACTIVATED"].includes(await refusal(login)));
});

conversation("a profile with fields of its own is shown to others", async (people) => {
  const [alice, bob] = [await people.account("alice"), await people.account("bob")];

  await alice.client.setDisplayName("Alice ☃");
  await alice.client.setAvatarUrl("mxc://example.org/alice");
  await alice.client.setExtendedProfileProperty("m.tz", "Europe/Vienna");

  const profile = await bob.client.getExtendedProfile(alice.id);
  assert.equal(profile.displayname, "Alice ☃");
  assert.equal(profile.avatar_url, "mxc://example.org/alice");
  assert.equal(profile["m.tz"], "Europe/Vienna");
  await alice.client.deleteExtendedProfileProperty("m.tz");
  assert.equal("m.tz" in (await bob.client.getExtendedProfile(alice.id)), false);
});

conversation("the server tells what it can do", async (people) => {
  const alice = await people.account("alice");

  const capabilities = await alice.client.fetchCapabilities();

  assert.equal(capabilities["m.change_password"].enabled, true);
  const { default: version, available } = capabilities["m.room_versions"];
  assert.equal(available[version], "stable");
  assert.ok(await alice.client.isVersionSupported("v1.11"));
});
