"""The server that a room asks whether events are welcome.

Spec: Server-Server API, "Policy Servers". MSC4284 has an older spelling of the room's state event.
"""

from attrs import frozen
from nacl.signing import VerifyKey

from homeserver.events.event import Event, StateKey
from homeserver.events.hashes import signable
from homeserver.events.ids import is_server_name
from homeserver.events.signatures import POLICY_KEY_ID, is_signature
from homeserver.events.unpadded_base64 import decode_base64
from homeserver.json_values import JsonObject, JsonValue

POLICY: StateKey = ("m.room.policy", "")
OLDER: StateKey = ("org.matrix.msc4284.policy", "")


@frozen
class Policy:
    """Its server, and the key that it signs with what it recommends."""

    server: str
    public_key: str

    def has_signed(self, event: Event) -> bool:
        signatures = event.pdu["signatures"].get(self.server)
        found = signatures.get(POLICY_KEY_ID) if isinstance(signatures, dict) else None
        return found is not None and self.is_signature(event, found)

    def is_signature(self, event: Event, text: JsonValue) -> bool:
        try:
            key = VerifyKey(decode_base64(self.public_key))
        except (ValueError, TypeError):
            return False
        return is_signature(signable(event.pdu, event.version), text, key)

    def signed(self, event: Event, text: str) -> Event:
        """The event with the policy server's signature beside those that are there."""
        signatures = event.pdu["signatures"]
        its = {**signatures.get(self.server, {}), POLICY_KEY_ID: text}
        pdu = {**event.pdu, "signatures": {**signatures, self.server: its}}
        return Event.from_pdu(pdu, event.version, event.event_id)


def policy_in(content: JsonObject) -> Policy | None:
    """What a state event says; None if it names no policy server."""
    server, keys = content.get("via"), content.get("public_keys")
    key = keys.get("ed25519") if isinstance(keys, dict) else None
    if isinstance(server, str) and is_server_name(server) and isinstance(key, str):
        return Policy(server, key)
    return None


def policy_in_older(content: JsonObject) -> Policy | None:
    keys = content.get("public_keys") or {"ed25519": content.get("public_key")}
    return policy_in({**content, "public_keys": keys})


def needs_no_word(event: Event) -> bool:
    """The event that says whom to ask: so that nobody can lock the room."""
    return (event.type, event.state_key) in (POLICY, OLDER)
