"""Ratchets by vodozemac, the audited successor of libolm. The default."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import vodozemac
from attrs import define, frozen

from e2ee.encoding import decode_base64, encode_base64
from e2ee.errors import BadPickle, BadRatchetKey, DecryptionFailed, E2eeError
from e2ee.ratchets.pickles import close_pickle, open_pickle
from e2ee.ratchets.ratchet import PRE_KEY, OlmMessage

IN_THE_CLEAR = bytes(32)
"""Our pickles are sealed by the store, as a whole."""

_library: Any = vodozemac
"""Its stubs leave out a third of what it has."""


@contextmanager
def complaining(kind: type[E2eeError]) -> Iterator[None]:
    """The library's errors, which are all ValueErrors, as ours."""
    try:
        yield
    except (ValueError, OverflowError, TypeError) as error:
        raise kind(str(error)) from error


@frozen
class VodozemacSession:
    _session: Any

    @property
    def id(self) -> str:
        return str(self._session.session_id)

    def encrypt(self, plaintext: bytes) -> OlmMessage:
        type, body = self._session.encrypt(plaintext).to_parts()
        return OlmMessage(type, encode_base64(body))

    def decrypt(self, message: OlmMessage) -> bytes:
        with complaining(DecryptionFailed):
            return bytes(self._session.decrypt(parsed(message)))

    def matches(self, message: OlmMessage) -> bool:
        if message.type != PRE_KEY:
            return False
        with complaining(DecryptionFailed):
            return bool(self._session.session_matches(parsed(message).to_pre_key()))

    def pickle(self) -> str:
        return str(self._session.pickle(IN_THE_CLEAR))


@define
class VodozemacAccount:
    _account: Any

    @property
    def ed25519(self) -> str:
        return str(self._account.ed25519_key.to_base64())

    @property
    def curve25519(self) -> str:
        return str(self._account.curve25519_key.to_base64())

    def sign(self, message: bytes) -> str:
        return str(self._account.sign(message).to_base64())

    def generate_one_time_keys(self, count: int) -> None:
        self._account.generate_one_time_keys(count)

    def unpublished_one_time_keys(self) -> dict[str, str]:
        return {id: key.to_base64() for id, key in self._account.one_time_keys.items()}

    def generate_fallback_key(self) -> None:
        self._account.generate_fallback_key()

    def unpublished_fallback_key(self) -> dict[str, str]:
        return {id: key.to_base64() for id, key in self._account.fallback_key.items()}

    def forget_old_fallback_key(self) -> None:
        """The binding does not reach the library's own way to forget; its pickle does."""
        content = orjson.loads(open_pickle(self.pickle(), IN_THE_CLEAR))
        content["fallback_keys"]["previous_fallback_key"] = None
        pickle = close_pickle(orjson.dumps(content), IN_THE_CLEAR)
        self._account = _library.Account.from_pickle(pickle, IN_THE_CLEAR)

    def mark_published(self) -> None:
        self._account.mark_keys_as_published()

    def session_to(self, identity_key: str, one_time_key: str) -> VodozemacSession:
        with complaining(BadRatchetKey):
            keys = [
                _library.Curve25519PublicKey.from_base64(k) for k in (identity_key, one_time_key)
            ]
            return VodozemacSession(self._account.create_outbound_session(*keys))

    def session_from(self, sender_key: str, message: OlmMessage) -> tuple[VodozemacSession, bytes]:
        with complaining(DecryptionFailed):
            key = _library.Curve25519PublicKey.from_base64(sender_key)
            session, plaintext = self._account.create_inbound_session(
                key, parsed(message).to_pre_key()
            )
        return VodozemacSession(session), bytes(plaintext)

    def pickle(self) -> str:
        return str(self._account.pickle(IN_THE_CLEAR))


@frozen
class VodozemacOutbound:
    _session: Any

    @property
    def id(self) -> str:
        return str(self._session.session_id)

    @property
    def index(self) -> int:
        return int(self._session.message_index)

    def session_key(self) -> str:
        return str(self._session.session_key.to_base64())

    def encrypt(self, plaintext: bytes) -> str:
        return str(self._session.encrypt(plaintext).to_base64())

    def pickle(self) -> str:
        return str(self._session.pickle(IN_THE_CLEAR))


@frozen
class VodozemacInbound:
    _session: Any

    @property
    def id(self) -> str:
        return str(self._session.session_id)

    @property
    def first_index(self) -> int:
        return int(self._session.first_known_index)

    def decrypt(self, ciphertext: str) -> tuple[bytes, int]:
        with complaining(DecryptionFailed):
            message = _library.MegolmMessage.from_base64(ciphertext)
            decrypted = self._session.decrypt(message)
        return bytes(decrypted.plaintext), int(decrypted.message_index)

    def export_at(self, index: int) -> str:
        with complaining(BadRatchetKey):
            export = self._session.export_at(index)
        if export is None:
            raise BadRatchetKey(f"The session is known from message {self.first_index} on.")
        return str(export.to_base64())

    def pickle(self) -> str:
        return str(self._session.pickle(IN_THE_CLEAR))


class Vodozemac:
    """The library as a whole."""

    name = "vodozemac"

    def new_account(self) -> VodozemacAccount:
        return VodozemacAccount(_library.Account())

    def account(self, pickle: str) -> VodozemacAccount:
        with complaining(BadPickle):
            return VodozemacAccount(_library.Account.from_pickle(pickle, IN_THE_CLEAR))

    def session(self, pickle: str) -> VodozemacSession:
        with complaining(BadPickle):
            return VodozemacSession(_library.Session.from_pickle(pickle, IN_THE_CLEAR))

    def new_outbound(self) -> VodozemacOutbound:
        return VodozemacOutbound(_library.GroupSession())

    def outbound(self, pickle: str) -> VodozemacOutbound:
        with complaining(BadPickle):
            return VodozemacOutbound(_library.GroupSession.from_pickle(pickle, IN_THE_CLEAR))

    def inbound(self, pickle: str) -> VodozemacInbound:
        with complaining(BadPickle):
            session = _library.InboundGroupSession.from_pickle(pickle, IN_THE_CLEAR)
        return VodozemacInbound(session)

    def inbound_from_key(self, session_key: str) -> VodozemacInbound:
        with complaining(BadRatchetKey):
            key = _library.SessionKey(session_key)
            return VodozemacInbound(_library.InboundGroupSession(key))

    def inbound_from_export(self, export: str) -> VodozemacInbound:
        with complaining(BadRatchetKey):
            key = _library.ExportedSessionKey(export)
            return VodozemacInbound(_library.InboundGroupSession.import_session(key))

    def account_of(self, library: str, pickle: str) -> VodozemacAccount:
        check_known(library)
        return self.take_over_account(pickle, b"")

    def session_of(self, library: str, pickle: str) -> VodozemacSession:
        check_known(library)
        return self.take_over_session(pickle, b"")

    def inbound_of(self, library: str, pickle: str) -> VodozemacInbound:
        check_known(library)
        return self.take_over_inbound(pickle, b"")

    def take_over_account(self, pickle: str, key: bytes) -> VodozemacAccount:
        with complaining(BadPickle):
            return VodozemacAccount(_library.Account.from_libolm_pickle(pickle, key))

    def take_over_session(self, pickle: str, key: bytes) -> VodozemacSession:
        with complaining(BadPickle):
            return VodozemacSession(_library.Session.from_libolm_pickle(pickle, key))

    def take_over_inbound(self, pickle: str, key: bytes) -> VodozemacInbound:
        with complaining(BadPickle):
            return VodozemacInbound(_library.InboundGroupSession.from_libolm_pickle(pickle, key))


def check_known(library: str) -> None:
    if library != "libolm":
        raise BadPickle(f"vodozemac cannot take over from {library}.")


def parsed(message: OlmMessage) -> Any:
    return _library.AnyOlmMessage.from_parts(message.type, decode_base64(message.body))
