"""Events from other servers, taken apart once: their id, what was signed, whether they are whole.

Spec: Server-Server API, "Validating hashes and signatures on received events".
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256

from attrs import frozen
from nacl.signing import VerifyKey

from homeserver.events.event import Event
from homeserver.events.formats import check_pdu
from homeserver.events.hashes import event_id_from_hash, has_content_hash, signable
from homeserver.events.problems import InvalidEvent
from homeserver.events.redaction import redact
from homeserver.events.room_versions import RoomVersion
from homeserver.events.signatures import POLICY_KEY_ID, signing_servers, verify
from homeserver.json_values import JsonObject, JsonValue

MAX_SIGNATURES = 8
"""Of one server that are looked at: more than any server has keys in use."""


@frozen
class Received:
    """`signed` are the bytes that its servers have signed."""

    event: Event
    signed: bytes

    def proofs(self, signed_by: str = "") -> Iterator[tuple[str, str]]:
        """Server and id of each key that may prove the event genuine."""
        pdu = self.event.pdu
        for server in self._signers(signed_by):
            for key_id in list(pdu["signatures"].get(server, ()))[:MAX_SIGNATURES]:
                if key_id != POLICY_KEY_ID:
                    yield server, key_id

    def verify(self, keys: Mapping[tuple[str, str], VerifyKey], signed_by: str = "") -> None:
        """Raise BadSignature unless all have signed who must; `keys` by server and id."""
        pdu = self.event.pdu
        for server in self._signers(signed_by):
            signatures = pdu["signatures"].get(server, ())
            known = {id: keys[server, id] for id in signatures if (server, id) in keys}
            verify(self.signed, pdu, server, known)

    def _signers(self, one_more: str) -> set[str]:
        servers = signing_servers(self.event.pdu, self.event.version)
        return servers | {one_more} if one_more else servers


def take(value: JsonValue, version: RoomVersion, *, is_past: bool = False) -> Received:
    """Raises InvalidEvent. Of an event whose content hash is wrong the redacted form is taken."""
    if not isinstance(value, dict):
        raise InvalidEvent("An event must be a JSON object.")
    pdu: JsonObject = {key: part for key, part in value.items() if key != "unsigned"}
    check_pdu(pdu, version, is_past=is_past)
    _check_text(pdu)
    signed = signable(pdu, version)
    if not has_content_hash(pdu, version):
        pdu = redact(pdu, version)
    if version.chosen_event_ids:
        event_id = pdu["event_id"]
    else:
        event_id = event_id_from_hash(sha256(signed).digest(), version)
    return Received(Event.from_pdu(pdu, version, event_id), signed)


def _check_text(pdu: JsonObject) -> None:
    """What becomes a name of its own cannot hold NUL on every database."""
    for key in ("type", "state_key", "redacts"):
        if "\0" in str(pdu.get(key, "")):
            raise InvalidEvent(f"The event's `{key}` holds a NUL character.")
