"""Invites that were sent to an email address or phone number. Spec: room version 12, rule 5.4.1."""

from collections.abc import Iterator
from itertools import islice

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from homeserver.events.canonical import canonical_json
from homeserver.events.event import Event
from homeserver.events.membership import RoomState
from homeserver.events.problems import AuthError
from homeserver.events.signatures import is_signature
from homeserver.events.unpadded_base64 import decode_base64
from homeserver.json_values import JsonObject, JsonValue

_MOST = 16
"""Signatures, and keys, that are tried; a real invite has one or two of each."""


def authorize_third_party_invite(event: Event, state: RoomState) -> None:
    """Raise AuthError unless an identity server vouches that the invitee is who was meant."""
    signed = _signed_part(event.content["third_party_invite"])
    if signed["mxid"] != event.state_key:
        raise AuthError("The invite was accepted by another user.")
    token = signed["token"]
    invite = state.get(("m.room.third_party_invite", token)) if isinstance(token, str) else None
    if invite is None:
        raise AuthError("The invite has been withdrawn, or never was.")
    if invite.sender != event.sender:
        raise AuthError("The invite was sent by another user.")
    if not _is_signed(signed, invite.content):
        raise AuthError("The invite is not signed by the identity server it was sent through.")


def public_keys(content: JsonObject) -> Iterator[VerifyKey]:
    """The usable keys of an m.room.third_party_invite event."""
    listed = content.get("public_keys")
    entries = [content, *listed] if isinstance(listed, list) else [content]
    for entry in entries:
        key = entry.get("public_key") if isinstance(entry, dict) else None
        if isinstance(key, str) and (usable := _verify_key(key)) is not None:
            yield usable


def _signed_part(invite: JsonValue) -> JsonObject:
    signed = invite.get("signed") if isinstance(invite, dict) else None
    if not isinstance(signed, dict) or "mxid" not in signed or "token" not in signed:
        raise AuthError("The invite does not say who accepted it.")
    return signed


def _is_signed(signed: JsonObject, invite: JsonObject) -> bool:
    covered = {key: part for key, part in signed.items() if key not in ("signatures", "unsigned")}
    message = canonical_json(covered)
    keys = list(islice(public_keys(invite), _MOST))
    return any(
        is_signature(message, signature, key)
        for signature in islice(_signatures(signed), _MOST)
        for key in keys
    )


def _signatures(signed: JsonObject) -> Iterator[str]:
    by_server = signed.get("signatures")
    for by_key in by_server.values() if isinstance(by_server, dict) else ():
        for key_id, signature in by_key.items() if isinstance(by_key, dict) else ():
            if key_id.startswith("ed25519:") and isinstance(signature, str):
                yield signature


def _verify_key(text: str) -> VerifyKey | None:
    try:
        return VerifyKey(decode_base64(text))
    except (ValueError, CryptoError):
        return None
