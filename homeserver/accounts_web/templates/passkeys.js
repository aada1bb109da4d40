// Carries what an authenticator makes of our challenge into the form, and sends it.
"use strict";

const form = document.getElementById("passkey");
const failed = document.getElementById("failed");

function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function textOf(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function keysIn(list) {
  return list.map((key) => ({ ...key, id: bytesOf(key.id) }));
}

async function make(options) {
  options.challenge = bytesOf(options.challenge);
  options.user.id = bytesOf(options.user.id);
  options.excludeCredentials = keysIn(options.excludeCredentials);
  const { rawId, response } = await navigator.credentials.create({ publicKey: options });
  return {
    id: textOf(rawId),
    clientDataJSON: textOf(response.clientDataJSON),
    attestationObject: textOf(response.attestationObject),
  };
}

async function show(options) {
  options.challenge = bytesOf(options.challenge);
  options.allowCredentials = keysIn(options.allowCredentials);
  const { rawId, response } = await navigator.credentials.get({ publicKey: options });
  return {
    id: textOf(rawId),
    clientDataJSON: textOf(response.clientDataJSON),
    authenticatorData: textOf(response.authenticatorData),
    signature: textOf(response.signature),
    userHandle: response.userHandle ? textOf(response.userHandle) : null,
  };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  failed.hidden = true;
  const options = JSON.parse(form.dataset.options);
  try {
    const answer = await (form.dataset.what === "make" ? make(options) : show(options));
    form.elements.credential.value = JSON.stringify(answer);
    form.submit();
  } catch {
    failed.hidden = false;
    failed.focus();
  }
});
