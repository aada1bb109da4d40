"""This device: what it publishes, how many keys are left. Spec: "Key Distribution"."""

from attrs import Factory, define

from e2ee.devices import MEGOLM, OLM
from e2ee.encoding import JsonObject, optional
from e2ee.happenings import Happening, RequestRefused
from e2ee.opened import Opened
from e2ee.ratchets.ratchet import OlmAccount, OlmMessage, OlmSession, Ratchets
from e2ee.records import Records
from e2ee.requests import CLIENT, Request
from e2ee.signing import add_signature

ONE_TIME_KEYS = 50
REFILL_BELOW = 25
ONE_TIME = "signed_curve25519"
OLD_FALLBACK_MS = 60 * 60 * 1000
"""How long a replaced fallback key may still open sessions."""


@define
class OwnDevice:
    """Keys are made, kept, offered until the server has them, and only then counted as published.

    Nothing new is made while something waits for the server, so the same upload is repeated word by
    word until it is answered, across crashes too.
    """

    user_id: str
    device_id: str
    _records: Records
    _ratchets: Ratchets
    _opened: Opened[OlmAccount] = Factory(Opened)

    def open(self) -> None:
        """On the first start, make the keys of a lifetime."""
        record = self._records.get("account")
        if record is None:
            account = self._ratchets.new_account()
            account.generate_one_time_keys(ONE_TIME_KEYS)
            account.generate_fallback_key()
            self._save({"uploaded": False, "round": 0}, account)
        elif record["by"] != self._ratchets.name:
            self._save(record, self._account(record))

    def adopt(self, account: OlmAccount) -> None:
        """Go on as a device whose keys were made elsewhere, and are on the server already."""
        self._save({"uploaded": True, "round": 0}, account)

    @property
    def ed25519(self) -> str:
        return self._loaded().ed25519

    @property
    def curve25519(self) -> str:
        return self._loaded().curve25519

    def sign(self, message: bytes) -> str:
        return self._loaded().sign(message)

    def keys(self) -> JsonObject:
        """The signed device keys, as they are published."""
        account = self._loaded()
        keys: JsonObject = {
            "user_id": self.user_id,
            "device_id": self.device_id,
            "algorithms": [OLM, MEGOLM],
            "keys": {
                f"ed25519:{self.device_id}": account.ed25519,
                f"curve25519:{self.device_id}": account.curve25519,
            },
        }
        self._sign(account, keys)
        return keys

    def session_to(self, identity_key: str, one_time_key: str) -> OlmSession:
        return self._loaded().session_to(identity_key, one_time_key)

    def session_from(self, sender_key: str, message: OlmMessage) -> tuple[OlmSession, bytes]:
        """The one-time key is gone together with the step that keeps the session."""
        record = self._record()
        account = self._account(record)
        session, plaintext = account.session_from(sender_key, message)
        self._save(record, account)
        return session, plaintext

    def receive_counts(
        self, counts: JsonObject, unused_fallbacks: list[str] | None, now_ms: int
    ) -> None:
        """How many keys the server holds: make new ones when there are few, unless some wait."""
        record = self._record()
        if self._waiting(record, self._loaded()):
            return
        account = self._account(record)
        left = optional(counts, ONE_TIME, int, 0)
        if left < REFILL_BELOW:
            account.generate_one_time_keys(ONE_TIME_KEYS - max(left, 0))
        if unused_fallbacks is not None and ONE_TIME not in unused_fallbacks:
            account.generate_fallback_key()
            record["replaced_ms"] = now_ms
        elif "replaced_ms" in record and not 0 <= now_ms - record["replaced_ms"] < OLD_FALLBACK_MS:
            account.forget_old_fallback_key()
            del record["replaced_ms"]
        else:
            if left >= REFILL_BELOW:
                return
        self._save(record, account)

    def requests(self, now_ms: int) -> list[Request]:
        record, account = self._record(), self._loaded()
        if not self._waiting(record, account):
            return []
        body: JsonObject = {} if record["uploaded"] else {"device_keys": self.keys()}
        if keys := account.unpublished_one_time_keys():
            body["one_time_keys"] = self._signed(account, keys, {})
        if keys := account.unpublished_fallback_key():
            body["fallback_keys"] = self._signed(account, keys, {"fallback": True})
        return [Request(f"upload-{record['round']}", "POST", f"{CLIENT}/keys/upload", body)]

    def answered(self, request: Request, answer: JsonObject, now_ms: int) -> list[Happening]:
        self._published()
        return []

    def refused(self, request: Request, status: int, now_ms: int) -> list[Happening]:
        """The server has other keys by these names, as after a restored backup of the store: they
        are left behind, and the next counts bring new ones with new names.
        """
        self._published()
        return [RequestRefused(request.path, status)]

    def _published(self) -> None:
        record = self._record()
        account = self._account(record)
        account.mark_published()
        record["uploaded"] = True
        record["round"] += 1
        self._save(record, account)

    def _waiting(self, record: JsonObject, account: OlmAccount) -> bool:
        keys = account.unpublished_one_time_keys() or account.unpublished_fallback_key()
        return bool(keys) or not record["uploaded"]

    def _signed(
        self, account: OlmAccount, keys: dict[str, str], more: JsonObject
    ) -> dict[str, JsonObject]:
        signed = {f"{ONE_TIME}:{id}": {"key": key, **more} for id, key in keys.items()}
        for key in signed.values():
            self._sign(account, key)
        return signed

    def _sign(self, account: OlmAccount, value: JsonObject) -> None:
        add_signature(value, self.user_id, f"ed25519:{self.device_id}", account.sign)

    def _loaded(self) -> OlmAccount:
        """To look at and to sign with, not to change."""
        record = self._record()
        return self._opened.look(record["pickle"], lambda _: self._account(record))

    def _record(self) -> JsonObject:
        record = self._records.get("account")
        assert record is not None, "the device is opened first"
        return record

    def _account(self, record: JsonObject) -> OlmAccount:
        if record["by"] == self._ratchets.name:
            return self._ratchets.account(record["pickle"])
        return self._ratchets.account_of(record["by"], record["pickle"])

    def _save(self, record: JsonObject, account: OlmAccount) -> None:
        record |= {"by": self._ratchets.name, "pickle": account.pickle()}
        self._records.put("account", "", record)
