"""What the machine tells its host."""

from enum import Enum

from attrs import frozen

from e2ee.encoding import JsonObject
from e2ee.errors import E2eeError


class Trust(Enum):
    """How sure we are whose device it was, from best to worst."""

    VERIFIED = "verified"
    """Signed by an identity that we verified, or a device that we verified itself."""
    CROSS_SIGNED = "cross-signed"
    """Signed by the identity that its user has had since we first saw it."""
    CHANGED = "changed"
    """Signed by an identity that is not the one we knew before."""
    UNSIGNED = "unsigned"
    """A known device that its user has not signed."""
    UNKNOWN = "unknown"
    """Nobody vouches for the key: the device is not (yet) known, or the key came by a copy."""
    BLOCKED = "blocked"
    """A device that we were told not to talk to."""


class KeySource(Enum):
    """How a room key came to us."""

    OWN = "own"
    DIRECT = "direct"
    FORWARDED = "forwarded"
    BACKUP = "backup"
    IMPORT = "import"
    BUNDLE = "bundle"


@frozen
class Decrypted:
    """A room event that was encrypted."""

    room_id: str
    event: JsonObject
    """As if it had come in the clear: type and content are the decrypted ones."""
    trust: Trust
    device_id: str | None
    source: KeySource
    shared_by: str | None = None
    """Whose word we have for it, if the key came in a bundle of history."""


@frozen
class Undecryptable:
    """A room event that cannot be read (yet); RoomKeyArrived tells when to try again."""

    room_id: str
    event: JsonObject
    error: E2eeError


@frozen
class RoomKeyArrived:
    """Messages of this session can be read now, or from an earlier one on."""

    room_id: str
    session_id: str


@frozen
class ToDeviceReceived:
    """A to-device message that is not the machine's; `trust` is None if it came in the clear."""

    sender: str
    type: str
    content: JsonObject
    device_id: str | None
    trust: Trust | None


@frozen
class ToDeviceRefused:
    """A to-device message that was discarded, and why."""

    sender: str
    error: E2eeError


@frozen
class DevicesChanged:
    user_id: str


@frozen
class DeviceRefused:
    """The server told us keys that cannot be true."""

    user_id: str
    device_id: str
    error: E2eeError


@frozen
class IdentityReplaced:
    """A user has a new cross-signing identity. People should be told."""

    user_id: str
    was_verified: bool


@frozen
class RequestRefused:
    """The server will not have something that we wanted to say; it is given up."""

    path: str
    status: int


@frozen
class Sent:
    """What `send` was asked for is in the room."""

    id: str
    room_id: str
    event_id: str


@frozen
class NotSent:
    """What `send` was asked for cannot be sent; it is given up."""

    id: str
    room_id: str
    error: E2eeError


@frozen
class SecretReceived:
    """A secret that we had asked our other devices for."""

    name: str


@frozen
class HistoryOffered:
    """Somebody shares the keys of a room's history: `machine.import_history` takes the file."""

    room_id: str
    sender: str
    file: JsonObject


@frozen
class VerificationChanged:
    """A verification came, went on, ended; `machine.verification(id)` shows where it stands."""

    id: str


Happening = (
    Decrypted
    | Undecryptable
    | RoomKeyArrived
    | ToDeviceReceived
    | ToDeviceRefused
    | DevicesChanged
    | DeviceRefused
    | IdentityReplaced
    | RequestRefused
    | Sent
    | NotSent
    | SecretReceived
    | HistoryOffered
    | VerificationChanged
)
