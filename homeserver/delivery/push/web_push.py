"""What is sent to browsers, so that only they can read it: RFC 8291."""

from base64 import urlsafe_b64decode

import http_ece
from attrs import frozen
from cryptography.hazmat.primitives.asymmetric import ec

from homeserver.delivery.push.notification import Notification, body
from homeserver.delivery.push.preparing import Due
from homeserver.json_values import JsonObject, encode
from homeserver.storage.pushers import Pusher

MAX_PLAIN = 3993
"""With it the encrypted body has 4,096 bytes, which every push service takes: RFC 8030, 7.2."""
ROOM_FOR_DEFAULTS = 1000


@frozen
class Subscription:
    """Of one browser."""

    url: str
    public_key: bytes
    auth: bytes

    @classmethod
    def of(cls, pusher: Pusher) -> "Subscription":
        data = pusher.data
        return cls(str(data["url"]), _decoded(pusher.pushkey), _decoded(str(data["auth"])))


def encrypt(plain: bytes, to: Subscription, key: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """`key` and `salt` are new for each message."""
    sealed: bytes = http_ece.encrypt(
        plain, salt=salt, private_key=key, dh=to.public_key, auth_secret=to.auth
    )
    return sealed


def payload(due: Due, *, include_content: bool) -> bytes:
    """The same words as for a push gateway, flat; content is left out where it is too long."""
    assert due.counts is not None
    data = due.pusher.data
    if not include_content:
        data = {**data, "format": "event_id_only"}
    told = _told(due, data)
    if len(encode(told)) > MAX_PLAIN:
        told.pop("content", None)
    if len(encode(told)) > MAX_PLAIN:
        told = _told(due, {**data, "format": "event_id_only"})
    return encode(told)


def _told(due: Due, data: JsonObject) -> JsonObject:
    assert due.counts is not None
    told = {**_defaults(data), **body(due.notification, due.counts, data)}
    # Service workers of today look for the numbers here.
    told.update(told.get("counts", {}))
    if due.notification is not None and due.notification.tweaks:
        told["tweaks"] = due.notification.tweaks
    return told


def _defaults(data: JsonObject) -> JsonObject:
    """What the client wants to find in each message, to know whose it is."""
    wanted = data.get("default_payload")
    if isinstance(wanted, dict) and len(encode(wanted)) <= ROOM_FOR_DEFAULTS:
        return wanted
    return {}


def urgency(notification: Notification | None) -> str:
    """RFC 8030, section 5.3."""
    if notification is None:
        return "low"
    return "high" if notification.is_urgent else "normal"


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
