"""A phone that holds passkeys, and lies where a test wants it to."""

import json
import re
from hashlib import sha256
from html import unescape
from typing import Any

from attrs import define, evolve, field
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from homeserver.users.webauthn import from_text, to_text
from tests.browser import BASE, PASSWORD, Browser, Page
from tests.people import Server

PASSKEY, PASSKEYS = "/_isthmus/account/passkey", "/_isthmus/account/passkeys"
RP_ID = "matrix.test"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def options_in(page: Page) -> dict[str, Any]:
    """What the page asks the browser for."""
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found, page.text
    options: dict[str, Any] = json.loads(unescape(found[1]))
    return options


@define(eq=False)
class PasskeyDevice:
    server: Server
    key: EllipticCurvePrivateKey = field(factory=lambda: generate_private_key(SECP256R1()))
    id: bytes = b""
    user_handle: bytes = b""
    counter: int = 0
    counts: bool = True
    origin: str = BASE
    rp_id: str = RP_ID
    flags: int = PRESENT | VERIFIED

    def __attrs_post_init__(self) -> None:
        self.id = self.id or sha256(str(id(self)).encode()).digest()

    def with_(self, **lies: Any) -> "PasskeyDevice":
        return evolve(self, **lies)

    # -- what it answers to a browser

    def makes(self, options: dict[str, Any]) -> str:
        self.user_handle = from_text(options["user"]["id"])
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        attested = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        data = self._data(ATTESTED, attested)
        made = AttestationObject.create("none", data, {})
        client_data = self._client_data("webauthn.create", options)
        return json.dumps(
            {
                "id": to_text(self.id),
                "clientDataJSON": to_text(client_data),
                "attestationObject": to_text(bytes(made)),
            }
        )

    def shows(self, options: dict[str, Any]) -> str:
        self.counter += self.counts
        data, client_data = self._data(), self._client_data("webauthn.get", options)
        signed = bytes(data) + sha256(client_data).digest()
        return json.dumps(
            {
                "id": to_text(self.id),
                "clientDataJSON": to_text(client_data),
                "authenticatorData": to_text(bytes(data)),
                "signature": to_text(self.key.sign(signed, ECDSA(SHA256()))),
                "userHandle": to_text(self.user_handle),
            }
        )

    def _data(self, flags: int = 0, attested: bytes = b"") -> AuthenticatorData:
        made: AuthenticatorData = AuthenticatorData.create(
            sha256(self.rp_id.encode()).digest(),
            AuthenticatorData.FLAG(self.flags | flags),
            self.counter,
            attested,
        )
        return made

    def _client_data(self, type: str, options: dict[str, Any]) -> bytes:
        found = {"type": type, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps({**found, "crossOrigin": False}).encode()

    # -- what its owner does with it

    def made_in(self, browser: Browser, **proof: str) -> Page:
        """Whoever is signed in there makes a passkey."""
        wish = {"password": PASSWORD, "name": "Phone", "decision": "begin", **proof}
        page = browser.fills(browser.opens(PASSKEYS), **wish)
        return browser.fills(page, credential=self.makes(options_in(page)))

    def signs_in(self, browser: Browser, next: str = "/_isthmus/account") -> Page:
        page = browser.opens(f"{PASSKEY}?next={next}")
        return browser.fills(page, credential=self.shows(options_in(page)))
