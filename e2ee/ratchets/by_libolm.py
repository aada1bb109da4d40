"""Ratchets by libolm, through python-olm: for those who come from it. It is deprecated."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import olm
from attrs import frozen

from e2ee.errors import BadPickle, BadRatchetKey, DecryptionFailed, E2eeError
from e2ee.ratchets.going_back import (
    account_for_libolm,
    room_key_for_libolm,
    session_for_libolm,
)
from e2ee.ratchets.ratchet import PRE_KEY, OlmMessage

_library: Any = olm


@contextmanager
def complaining(kind: type[E2eeError]) -> Iterator[None]:
    """The library's errors as ours. It knows ValueErrors, and its own that have no common class."""
    try:
        yield
    except (ValueError, OverflowError, TypeError) as error:
        raise kind(str(error)) from error
    except Exception as error:
        if not type(error).__module__.startswith("olm"):
            raise
        raise kind(str(error)) from error


@frozen
class LibolmSession:
    _session: Any

    @property
    def id(self) -> str:
        return str(self._session.id)

    def encrypt(self, plaintext: bytes) -> OlmMessage:
        message = self._session.encrypt(plaintext.decode())
        return OlmMessage(int(message.message_type), str(message.ciphertext))

    def decrypt(self, message: OlmMessage) -> bytes:
        with complaining(DecryptionFailed):
            plaintext: str = self._session.decrypt(parsed(message), unicode_errors="strict")
        return plaintext.encode()

    def matches(self, message: OlmMessage) -> bool:
        if message.type != PRE_KEY:
            return False
        with complaining(DecryptionFailed):
            return bool(self._session.matches(parsed(message)))

    def pickle(self) -> str:
        return str(self._session.pickle().decode())


@frozen
class LibolmAccount:
    _account: Any

    @property
    def ed25519(self) -> str:
        return str(self._account.identity_keys["ed25519"])

    @property
    def curve25519(self) -> str:
        return str(self._account.identity_keys["curve25519"])

    def sign(self, message: bytes) -> str:
        return str(self._account.sign(message))

    def generate_one_time_keys(self, count: int) -> None:
        self._account.generate_one_time_keys(count)

    def unpublished_one_time_keys(self) -> dict[str, str]:
        return dict(self._account.one_time_keys["curve25519"])

    def generate_fallback_key(self) -> None:
        self._account.generate_fallback_key()

    def unpublished_fallback_key(self) -> dict[str, str]:
        return dict(self._account.fallback_key["curve25519"])

    def forget_old_fallback_key(self) -> None:
        self._account.forget_old_fallback_key()

    def mark_published(self) -> None:
        self._account.mark_keys_as_published()

    def session_to(self, identity_key: str, one_time_key: str) -> LibolmSession:
        with complaining(BadRatchetKey):
            return LibolmSession(
                _library.OutboundSession(self._account, identity_key, one_time_key)
            )

    def session_from(self, sender_key: str, message: OlmMessage) -> tuple[LibolmSession, bytes]:
        with complaining(DecryptionFailed):
            session = LibolmSession(
                _library.InboundSession(self._account, parsed(message), sender_key)
            )
            plaintext = session.decrypt(message)
            self._account.remove_one_time_keys(session._session)
        return session, plaintext

    def pickle(self) -> str:
        return str(self._account.pickle().decode())


@frozen
class LibolmOutbound:
    _session: Any

    @property
    def id(self) -> str:
        return str(self._session.id)

    @property
    def index(self) -> int:
        return int(self._session.message_index)

    def session_key(self) -> str:
        return str(self._session.session_key)

    def encrypt(self, plaintext: bytes) -> str:
        return str(self._session.encrypt(plaintext.decode()))

    def pickle(self) -> str:
        return str(self._session.pickle().decode())


@frozen
class LibolmInbound:
    _session: Any

    @property
    def id(self) -> str:
        return str(self._session.id)

    @property
    def first_index(self) -> int:
        return int(self._session.first_known_index)

    def decrypt(self, ciphertext: str) -> tuple[bytes, int]:
        with complaining(DecryptionFailed):
            plaintext, index = self._session.decrypt(ciphertext, unicode_errors="strict")
        return plaintext.encode(), int(index)

    def export_at(self, index: int) -> str:
        with complaining(BadRatchetKey):
            return str(self._session.export_session(index))

    def pickle(self) -> str:
        return str(self._session.pickle().decode())


class Libolm:
    """The library as a whole."""

    name = "libolm"

    def new_account(self) -> LibolmAccount:
        return LibolmAccount(_library.Account())

    def account(self, pickle: str) -> LibolmAccount:
        return self.take_over_account(pickle, b"")

    def session(self, pickle: str) -> LibolmSession:
        return self.take_over_session(pickle, b"")

    def new_outbound(self) -> LibolmOutbound:
        return LibolmOutbound(_library.OutboundGroupSession())

    def outbound(self, pickle: str) -> LibolmOutbound:
        with complaining(BadPickle):
            session = _library.OutboundGroupSession.from_pickle(pickle.encode())
        return LibolmOutbound(session)

    def inbound(self, pickle: str) -> LibolmInbound:
        return self.take_over_inbound(pickle, b"")

    def inbound_from_key(self, session_key: str) -> LibolmInbound:
        with complaining(BadRatchetKey):
            return LibolmInbound(_library.InboundGroupSession(session_key))

    def inbound_from_export(self, export: str) -> LibolmInbound:
        with complaining(BadRatchetKey):
            return LibolmInbound(_library.InboundGroupSession.import_session(export))

    def account_of(self, library: str, pickle: str) -> LibolmAccount:
        check_known(library)
        return self.account(account_for_libolm(pickle))

    def session_of(self, library: str, pickle: str) -> LibolmSession:
        check_known(library)
        return self.session(session_for_libolm(pickle))

    def inbound_of(self, library: str, pickle: str) -> LibolmInbound:
        check_known(library)
        return self.inbound_from_export(room_key_for_libolm(pickle))

    def take_over_account(self, pickle: str, key: bytes) -> LibolmAccount:
        with complaining(BadPickle):
            return LibolmAccount(_library.Account.from_pickle(pickle.encode(), key.decode()))

    def take_over_session(self, pickle: str, key: bytes) -> LibolmSession:
        with complaining(BadPickle):
            return LibolmSession(_library.Session.from_pickle(pickle.encode(), key.decode()))

    def take_over_inbound(self, pickle: str, key: bytes) -> LibolmInbound:
        with complaining(BadPickle):
            session = _library.InboundGroupSession.from_pickle(pickle.encode(), key.decode())
        return LibolmInbound(session)


def check_known(library: str) -> None:
    if library != "vodozemac":
        raise BadPickle(f"libolm cannot take over from {library}.")


def parsed(message: OlmMessage) -> Any:
    kind = _library.OlmPreKeyMessage if message.type == PRE_KEY else _library.OlmMessage
    return kind(message.body)
