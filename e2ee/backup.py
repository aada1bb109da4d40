"""Room keys kept on the server, sealed. Spec: "Server-side key backups"."""

from urllib.parse import quote

from attrs import define

from e2ee.backup_cipher import ALGORITHM, open_sealed, public_key, seal
from e2ee.encoding import JsonObject, decode_base64, encode_base64, field, optional
from e2ee.errors import BadSignature, E2eeError, NotPossible, UntrustedBackup
from e2ee.happenings import KeySource, RoomKeyArrived, Trust
from e2ee.identity import BACKUP_SECRET, OwnIdentity
from e2ee.means import Means
from e2ee.own_devices import OwnDevices
from e2ee.requests import CLIENT, Request
from e2ee.room_keys import RoomKeys, copied_key, exported
from e2ee.signing import add_signature, check_signature, is_signed

KEYS_AT_ONCE = 100
BATCH = "backup batch"


@define
class Backup:
    """One at a time. Keys go up in batches until all are there; then as they come."""

    _devices: OwnDevices
    _identity: OwnIdentity
    _keys: RoomKeys
    _means: Means

    def version(self) -> str | None:
        record = self._means.records.get("backup")
        return None if record is None else record.get("version")

    def create(self) -> str:
        private = self._means.random(32)
        self._identity.keep_secret(BACKUP_SECRET, encode_base64(private))
        auth_data: JsonObject = {"public_key": public_key(private)}
        own = self._devices.own
        add_signature(auth_data, own.user_id, f"ed25519:{own.device_id}", own.sign)
        master = self._identity.seed("master")
        if master is not None:
            add_signature(auth_data, own.user_id, master.key_id, master.sign)
        body = {"algorithm": ALGORITHM, "auth_data": auth_data}
        return self._means.outgoing.add(
            "POST", f"{CLIENT}/room_keys/version", body, "backup version"
        )

    def look(self) -> None:
        self._means.outgoing.add("GET", f"{CLIENT}/room_keys/version", None, "backup version")

    def restore(self) -> None:
        version = self._need_version()
        self._private()
        self._means.outgoing.add("GET", f"{CLIENT}/room_keys/keys?version={quote(version)}")

    def prepare(self) -> None:
        """The next batch, unless one is under way or nothing is left."""
        record = self._means.records.get("backup")
        if record is None or self._means.records.find(BATCH):
            return
        waiting = self._keys.waiting_for_backup(KEYS_AT_ONCE)
        if not waiting:
            return
        rooms: dict[str, JsonObject] = {}
        places = []
        for key, session in waiting:
            sealed = seal(exported(key, session), record["public_key"], self._means.random(32))
            rooms.setdefault(key.room_id, {"sessions": {}})["sessions"][key.session_id] = {
                "first_message_index": session.first_index,
                "forwarded_count": len(key.chain),
                "is_verified": key.is_authentic,
                "session_data": sealed,
            }
            places.append([key.room_id, key.session_id, session.first_index])
        path = f"{CLIENT}/room_keys/keys?version={quote(record['version'])}"
        id = self._means.outgoing.add("PUT", path, {"rooms": rooms}, BATCH)
        self._means.records.put(BATCH, id, {"keys": places})

    def answered(self, request: Request, answer: JsonObject) -> list[RoomKeyArrived]:
        """Raises UntrustedBackup if the server's backup is nobody's whom we trust."""
        batch = self._means.records.get(BATCH, request.id)
        if batch is not None:
            self._means.records.remove(BATCH, request.id)
            for room_id, session_id, first_index in batch["keys"]:
                self._keys.backed_up(room_id, session_id, first_index)
        elif request.path == f"{CLIENT}/room_keys/version":
            self._take_version(request, answer)
        elif request.method == "GET" and request.path.startswith(f"{CLIENT}/room_keys/keys?"):
            return self._import(answer)
        return []

    def refused(self, request: Request, status: int) -> None:
        """There is another backup now, or none: this one is not gone on with."""
        if self._means.records.get(BATCH, request.id) is not None:
            self._means.records.remove(BATCH, request.id)
            self._means.records.remove("backup", "")

    def _take_version(self, request: Request, answer: JsonObject) -> None:
        if request.method == "POST":
            assert request.body is not None
            auth_data = request.body["auth_data"]
        else:
            if answer.get("algorithm") != ALGORITHM:
                raise UntrustedBackup("The backup has an algorithm that we do not know.")
            auth_data = field(answer, "auth_data", dict)
            self._check(auth_data)
        version = field(answer, "version", str)
        self._means.records.put(
            "backup", "", {"version": version, "public_key": auth_data["public_key"]}
        )
        self._keys.back_up_all_again()

    def _check(self, auth_data: JsonObject) -> None:
        public = field(auth_data, "public_key", str)
        secret = self._identity.secret(BACKUP_SECRET)
        if secret is not None and public_key(decode_base64(secret)) == public.rstrip("="):
            return
        own, trust = self._devices.own, self._devices.trust
        identity = self._devices.lists.identity(own.user_id)
        is_verified = identity is not None and trust.is_own_identity_verified()
        if identity and is_verified and is_signed(auth_data, own.user_id, identity.master):
            return
        for device in self._devices.lists.devices(own.user_id):
            if device.ed25519 != own.ed25519 and trust.of(device) is not Trust.VERIFIED:
                continue
            try:
                name = f"ed25519:{device.device_id}"
                check_signature(auth_data, own.user_id, name, device.ed25519)
            except BadSignature:
                continue
            return
        raise UntrustedBackup("The backup is signed by nobody whom we trust.")

    def _import(self, answer: JsonObject) -> list[RoomKeyArrived]:
        """What is altered or not better than ours is left out."""
        private = self._private()
        arrived: list[RoomKeyArrived] = []
        for room_id, room in optional(answer, "rooms", dict, {}).items():
            for session_id, kept in optional(room, "sessions", dict, {}).items():
                try:
                    with self._means.records.step():
                        self._import_one(room_id, session_id, kept, private)
                except E2eeError:
                    continue
                arrived.append(RoomKeyArrived(room_id, session_id))
        return arrived

    def _import_one(self, room_id: str, session_id: str, kept: JsonObject, private: bytes) -> None:
        content = open_sealed(field(kept, "session_data", dict), private)
        key = copied_key(content, KeySource.BACKUP, room_id, session_id)
        self._keys.add(key, self._keys.from_export(field(content, "session_key", str)))
        self._keys.keep_as_backed_up(key)

    def _need_version(self) -> str:
        version = self.version()
        if version is None:
            raise NotPossible("No backup is in use: create one, or use the one on the server.")
        return version

    def _private(self) -> bytes:
        secret = self._identity.secret(BACKUP_SECRET)
        if secret is None:
            raise NotPossible("This device does not have the key of the backup.")
        return decode_base64(secret)
