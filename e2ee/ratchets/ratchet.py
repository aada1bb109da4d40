"""What a library of ratchets must be able to do. Keys and messages are unpadded Base64."""

from typing import Protocol

from attrs import frozen

PRE_KEY = 0
NORMAL = 1


@frozen
class OlmMessage:
    """One ciphertext between two devices; `type` is 0 until the other side has answered."""

    type: int
    body: str


class OlmSession(Protocol):
    """A channel to one other device."""

    @property
    def id(self) -> str: ...

    def encrypt(self, plaintext: bytes) -> OlmMessage: ...

    def decrypt(self, message: OlmMessage) -> bytes:
        """Raises DecryptionFailed, and then the session is as it was."""
        ...

    def matches(self, message: OlmMessage) -> bool:
        """Whether a pre-key message belongs to this session."""
        ...

    def pickle(self) -> str: ...


class OlmAccount(Protocol):
    """The long-lived keys of one device, and its one-time keys."""

    @property
    def ed25519(self) -> str: ...

    @property
    def curve25519(self) -> str: ...

    def sign(self, message: bytes) -> str: ...

    def generate_one_time_keys(self, count: int) -> None: ...

    def unpublished_one_time_keys(self) -> dict[str, str]: ...

    def generate_fallback_key(self) -> None:
        """The one before is kept, until it is forgotten or this is called again."""
        ...

    def unpublished_fallback_key(self) -> dict[str, str]: ...

    def forget_old_fallback_key(self) -> None: ...

    def mark_published(self) -> None: ...

    def session_to(self, identity_key: str, one_time_key: str) -> OlmSession: ...

    def session_from(self, sender_key: str, message: OlmMessage) -> tuple[OlmSession, bytes]:
        """The session that a pre-key message opens, and what it says. Its one-time key is used up;
        raises DecryptionFailed, and then nothing is.
        """
        ...

    def pickle(self) -> str: ...


class OutboundGroup(Protocol):
    """Our own Megolm session in a room."""

    @property
    def id(self) -> str: ...

    @property
    def index(self) -> int:
        """Of the next message."""
        ...

    def session_key(self) -> str:
        """Reads from the next message on."""
        ...

    def encrypt(self, plaintext: bytes) -> str: ...

    def pickle(self) -> str: ...


class InboundGroup(Protocol):
    """Somebody's Megolm session, as we can read it."""

    @property
    def id(self) -> str: ...

    @property
    def first_index(self) -> int: ...

    def decrypt(self, ciphertext: str) -> tuple[bytes, int]:
        """The plaintext and the index of the message."""
        ...

    def export_at(self, index: int) -> str: ...

    def pickle(self) -> str: ...


class Ratchets(Protocol):
    """A library. Pickles are its own, in the clear: the store seals them."""

    @property
    def name(self) -> str: ...

    def new_account(self) -> OlmAccount: ...

    def account(self, pickle: str) -> OlmAccount: ...

    def session(self, pickle: str) -> OlmSession: ...

    def new_outbound(self) -> OutboundGroup: ...

    def outbound(self, pickle: str) -> OutboundGroup: ...

    def inbound(self, pickle: str) -> InboundGroup: ...

    def inbound_from_key(self, session_key: str) -> InboundGroup:
        """From an m.room_key; its signature is checked."""
        ...

    def inbound_from_export(self, export: str) -> InboundGroup: ...

    def account_of(self, library: str, pickle: str) -> OlmAccount:
        """From a pickle that the other library made for our store."""
        ...

    def session_of(self, library: str, pickle: str) -> OlmSession: ...

    def inbound_of(self, library: str, pickle: str) -> InboundGroup: ...

    def take_over_account(self, pickle: str, key: bytes) -> OlmAccount:
        """From a pickle that libolm made, with the key that it was made with."""
        ...

    def take_over_session(self, pickle: str, key: bytes) -> OlmSession: ...

    def take_over_inbound(self, pickle: str, key: bytes) -> InboundGroup: ...
