"""What people want of the machine besides messages: identity, backup, history, verification."""

from collections.abc import Iterable

from attrs import define, frozen

from e2ee.building import Parts
from e2ee.encoding import JsonObject
from e2ee.errors import NotPossible
from e2ee.happenings import Happening, KeySource, RoomKeyArrived
from e2ee.key_export import OUR_ROUNDS, read_export, write_export
from e2ee.records import Records
from e2ee.vault import Random
from e2ee.verification.flow import Verification


@frozen
class Me:
    user_id: str
    device_id: str


@define
class Wishes:
    """The half of the machine that people ask for. Each call is one step of the store."""

    me: Me
    _records: Records
    _parts: Parts
    _random: Random

    # Identity

    def has_identity(self) -> bool:
        """Whether this device holds our user's private cross-signing keys."""
        return self._parts.identity.is_complete()

    def create_identity(self) -> str:
        """A new cross-signing identity, replacing one that may be there; the id of its request."""
        with self._records.step():
            return self._parts.identity.create()

    def proof_wanted(self) -> JsonObject | None:
        """What the server wants before it publishes the identity (user-interactive auth)."""
        record = self._records.get("proof")
        return None if record is None else record["asked"]

    def authorise(self, auth: JsonObject) -> None:
        """The answer to `proof_wanted`; the request is offered again with it."""
        with self._records.step():
            record = self._records.get("proof")
            if record is None:
                raise NotPossible("The server wants no proof.")
            value = self._records.get("outgoing", record["place"])
            if value is not None:
                value["body"]["auth"] = auth
                value["about"] = "identity"
                self._records.put("outgoing", record["place"], value)
            self._records.remove("proof", "")

    # Key backup

    def create_backup(self) -> str:
        """A new backup for all our room keys; the id of the request that makes it."""
        with self._records.step():
            return self._parts.backup.create()

    def use_backup(self) -> None:
        """Look for the backup on the server, and go on with it if it can be trusted."""
        with self._records.step():
            self._parts.backup.look()

    def backup_version(self) -> str | None:
        """Of the backup in use."""
        return self._parts.backup.version()

    def restore_backup(self) -> None:
        """Fetch all keys of the backup; each arrives as RoomKeyArrived."""
        with self._records.step():
            self._parts.backup.restore()

    # Keys in files, and of a room's history

    def export_keys(self, passphrase: str, rounds: int = OUR_ROUNDS) -> str:
        """All room keys, in the file format that every client reads."""
        return write_export(self._parts.keys.everywhere(), passphrase, self._random, rounds)

    def import_keys(self, text: str, passphrase: str) -> list[Happening]:
        """From such a file; what can be read now comes as Decrypted."""
        copies = read_export(text, passphrase)
        with self._records.step():
            return self._opened(self._parts.keys.take_copies(copies, KeySource.IMPORT))

    def history_bundle(self, room_id: str) -> JsonObject:
        """To be uploaded as an encrypted attachment before somebody is invited."""
        return self._parts.giving.bundle(room_id)

    def offer_history(self, room_id: str, user_id: str, file: JsonObject, now_ms: int) -> bool:
        """Tell a user's signed devices where it is; False while requests must be carried first."""
        with self._records.step():
            return self._parts.giving.offer(room_id, user_id, file, now_ms)

    def offered_history(self, now_ms: int) -> list[Happening]:
        """HistoryOffered again, for what a crash may have kept from being taken in."""
        return self._parts.taking.pending(now_ms)

    def import_history(self, room_id: str, sender: str, data: bytes) -> list[Happening]:
        """The decrypted attachment of a HistoryOffered."""
        with self._records.step():
            return self._opened(self._parts.taking.take(room_id, sender, data))

    def refuse_history(self, room_id: str, sender: str) -> None:
        """Its file is gone, or altered."""
        with self._records.step():
            self._parts.taking.forget(room_id, sender)

    # A device that sleeps on the server (MSC3814)

    def lay_down(self) -> None:
        """Put a dehydrated device on the server, in place of one that may be there."""
        with self._records.step():
            self._parts.sleepers.lay_down()

    def wake(
        self, device_data: JsonObject, events: Iterable[JsonObject], now_ms: int
    ) -> list[Happening]:
        """Take the room keys out of what such a device has collected."""
        with self._records.step():
            return self._opened(self._parts.sleepers.wake(device_data, events))

    # Secrets

    def secret(self, name: str) -> str | None:
        """One of those that this device has: m.cross_signing.master, m.megolm_backup.v1, ..."""
        return self._parts.identity.secret(name)

    def take_secret(self, name: str, secret: str) -> None:
        """From secret storage: raises unless it fits what is published."""
        with self._records.step():
            self._parts.identity.take_secret(name, secret)

    def forget_secret(self, name: str) -> None:
        """After it was put into secret storage: what is not here cannot be stolen here."""
        with self._records.step():
            self._parts.identity.forget_secret(name)

    def ask_for_secret(self, name: str) -> None:
        """Ask our other verified devices; SecretReceived tells when it is here."""
        with self._records.step():
            self._parts.secret_requests.ask(name)

    # Verification

    def verify_devices(self, user_id: str, device_ids: list[str], now_ms: int) -> Verification:
        """Ask devices to verify; usually our own others."""
        with self._records.step():
            return self._parts.verifications.request(user_id, device_ids, now_ms)

    def verify_user(self, room_id: str, user_id: str, now_ms: int) -> Verification:
        with self._records.step():
            return self._parts.verifications.request_in_room(room_id, user_id, now_ms)

    def start_bare_sas(self, user_id: str, device_id: str, now_ms: int) -> Verification:
        """With one device of somebody whose client knows no verification requests."""
        with self._records.step():
            return self._parts.verifications.start(user_id, device_id, now_ms)

    def verification(self, id: str) -> Verification | None:
        return self._parts.verifications.get(id)

    def verifications(self) -> list[Verification]:
        return self._parts.verifications.all()

    def said(self, verification: Verification) -> None:
        """After every step that a person took on a verification: carry what it has to say."""
        with self._records.step():
            self._parts.verifications.say(verification)

    # Inside

    def _opened(self, keys: list[RoomKeyArrived]) -> list[Happening]:
        """The keys, and after each what it opens of what has waited."""
        happenings: list[Happening] = []
        for key in keys:
            happenings += [key, *self._parts.reading.try_again(key.room_id, key.session_id)]
        return happenings
