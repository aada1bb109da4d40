"""Everything that this package refuses, each with a name of its own."""

from attrs import frozen


class E2eeError(Exception):
    """Refused; nothing was changed."""


class BadBase64(E2eeError):
    """A text that must be unpadded Base64 is not."""


class BadJson(E2eeError):
    """A decrypted payload, a bundle or a file is not the JSON object that it should be."""


class BadField(E2eeError):
    """A field is missing or of the wrong type."""


class TooLarge(E2eeError):
    """A ciphertext, file or list is larger than anything honest."""


class UnknownAlgorithm(E2eeError):
    """Encrypted by an algorithm that we do not know."""


class BadSignature(E2eeError):
    """A signature is missing or does not fit."""


class ForgedDeviceKeys(E2eeError):
    """Device keys that do not belong to the user and device they are given for."""


class DeviceKeysChanged(E2eeError):
    """A known device has other keys all of a sudden: the server lies."""


class ForgedIdentity(E2eeError):
    """Cross-signing keys that are not one user's, or not signed by their master key."""


class IdentityChanged(E2eeError):
    """A user whom we had verified has another identity now; `acknowledge_identity` accepts it."""


# Ratchets and what they carry


class BadPickle(E2eeError):
    """A stored account or session cannot be read."""


class BadRatchetKey(E2eeError):
    """A key of a ratchet is malformed."""


class DecryptionFailed(E2eeError):
    """The ratchet refuses the ciphertext: truncated, altered, or from another session."""


class NotForUs(E2eeError):
    """An Olm message without a ciphertext for this device."""


class NoOlmSession(E2eeError):
    """A normal Olm message, and no session that could read it."""


class Replayed(E2eeError):
    """The same message again, by another name."""


class ForgedSender(E2eeError):
    """The payload names another sender, or other keys, than the envelope."""


class ForgedRecipient(E2eeError):
    """The payload was meant for somebody else."""


class NotEncrypted(E2eeError):
    """A secret came in the clear, or a message that must be encrypted was not."""


class WrongRoom(E2eeError):
    """A message or key was made for another room."""


class NotBetter(E2eeError):
    """We have this room key already, from the same message on or an earlier one."""


class SessionMismatch(E2eeError):
    """A room key that is not the session it claims to be."""


@frozen
class MissingRoomKey(E2eeError):
    """No key for this message (yet). `ask` names the devices of ours that may have it."""

    room_id: str
    session_id: str
    ask: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"No key of session {self.session_id}."


@frozen
class RoomKeyWithheld(E2eeError):
    """The sender told us that we do not get the key, and why."""

    session_id: str
    code: str
    reason: str

    def __str__(self) -> str:
        return f"The key of session {self.session_id} is withheld: {self.code}."


@frozen
class KeyStartsLater(E2eeError):
    """We have the session, but only from a later message on."""

    session_id: str
    first_index: int

    def __str__(self) -> str:
        return f"Session {self.session_id} is known from message {self.first_index} on."


class NotInEncryptedRoom(E2eeError):
    """The room is not encrypted, as far as we know; nothing may be sent there as if it were."""


class NotTaken(E2eeError):
    """The server refused an event for good."""


# Stores


class WrongStoreKey(E2eeError):
    """The store was sealed with another key, or somebody changed what is in it."""


class StoreTooNew(E2eeError):
    """The store was written by a newer version."""


class StoreInUse(E2eeError):
    """Two machines wrote to one account's store at a time."""


# Identity, secrets, verification


class NotPossible(E2eeError):
    """What was asked needs something that is not there: a key, an identity, a backup."""


class WrongPassphrase(E2eeError):
    """The passphrase or recovery key does not open what it should open."""


class BadRecoveryKey(E2eeError):
    """Mistyped: the recovery key has a wrong letter, length or parity."""


class BadExport(E2eeError):
    """Not a file of exported keys, or a version that we do not know."""


class Tampered(E2eeError):
    """The MAC or hash does not fit: a backup, export, secret or attachment was altered."""


class UntrustedBackup(E2eeError):
    """The backup on the server is signed by nobody whom we trust."""


class BadQrCode(E2eeError):
    """Not a verification code, or one for somebody else."""


@frozen
class VerificationRefused(E2eeError):
    """The step does not fit the verification; `code` is what the other side was told."""

    code: str
    reason: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.code})"
