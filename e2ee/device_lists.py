"""Whose devices we follow, and what we know. Spec: "Tracking the device list for a user"."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from attrs import define, field

from e2ee.devices import Device, Identity, read_device, read_identity
from e2ee.encoding import JsonObject, optional
from e2ee.errors import DeviceKeysChanged, E2eeError
from e2ee.happenings import DeviceRefused, DevicesChanged, Happening, IdentityReplaced
from e2ee.records import Records
from e2ee.requests import CLIENT, Request

USERS_AT_ONCE = 250
MAX_DEVICES = 1_000
"""Of one user; more is a server's attempt to tire us out."""
FIRST_RETRY_MS = 15_000
LAST_RETRY_MS = 60 * 60 * 1000


@define
class DeviceLists:
    """One question is under way at a time, so answers cannot overtake each other; a user who
    changes meanwhile has another round, so the answer does not make the list fresh.
    """

    own_user_id: str
    _records: Records
    _asked: Request | None = None
    _rounds: dict[str, int] = field(factory=dict)
    _retry_ms: dict[str, int] = field(factory=dict)
    _failures: dict[str, int] = field(factory=dict)

    # What others ask

    def devices(self, user_id: str) -> list[Device]:
        """Those that have keys; none for a user whom we do not follow."""
        return [
            stored(user_id, device_id, keys)
            for device_id, keys in self._user(user_id)["devices"].items()
        ]

    def device(self, user_id: str, device_id: str) -> Device | None:
        keys = self._user(user_id)["devices"].get(device_id)
        return None if keys is None else stored(user_id, device_id, keys)

    def device_of_key(self, user_id: str, curve25519: str) -> Device | None:
        """The user's device with this identity key."""
        fitting = (one for one in self.devices(user_id) if one.curve25519 == curve25519)
        return next(fitting, None)

    def identity(self, user_id: str) -> Identity | None:
        kept = self._user(user_id).get("identity")
        return None if kept is None else Identity(**kept)

    def is_settled(self, user_id: str, now_ms: int) -> bool:
        """Whether we know what can be known now: fresh, or the user's server is out of reach."""
        user = self._user(user_id)
        if not user["followed"]:
            return False
        return not user["stale"] or now_ms < self._retry_ms.get(user_id, 0)

    @property
    def generation(self) -> int:
        """Another one whenever any device or trust has changed."""
        return self._records.number("devices")

    # What comes in

    def follow(self, user_ids: Iterable[str]) -> None:
        for user_id in user_ids:
            user = self._user(user_id)
            if not user["followed"]:
                self._save(user_id, user | {"followed": True, "stale": True})

    def changed(self, user_ids: Iterable[str]) -> None:
        for user_id in user_ids:
            user = self._user(user_id)
            if user["followed"]:
                self._save(user_id, user | {"stale": True, "round": user["round"] + 1})
                self._retry_ms.pop(user_id, None)

    def left(self, user_ids: Iterable[str]) -> None:
        for user_id in user_ids:
            if user_id != self.own_user_id and self._user(user_id)["followed"]:
                self._save(user_id, self._user(user_id) | {"followed": False, "stale": True})

    def set_mark(self, device: Device, mark: str | None) -> None:
        """'verified', 'blocked' or nothing, for a device as such."""
        user = self._user(device.user_id)
        marks = user.setdefault("marks", {})
        marks.pop(device.device_id, None)
        if mark is not None:
            marks[device.device_id] = {"mark": mark, "ed25519": device.ed25519}
        self._save(device.user_id, user)
        self.bump()

    def mark(self, device: Device) -> str | None:
        mark = self._user(device.user_id).get("marks", {}).get(device.device_id)
        return mark["mark"] if mark and mark["ed25519"] == device.ed25519 else None

    def note(self, user_id: str, **facts: Any) -> None:
        """Facts about the user's identity that trust.py keeps here."""
        self._save(user_id, self._user(user_id) | facts)
        self.bump()

    def fact(self, user_id: str, name: str) -> Any:
        return self._user(user_id).get(name)

    def bump(self) -> None:
        self._records.next("devices")

    # What is asked of the server

    def requests(self, now_ms: int) -> list[Request]:
        if self._asked is None:
            due = (user for user in self._records.find("stale") if self._is_due(user, now_ms))
            stale = list(islice(due, USERS_AT_ONCE))
            if not stale:
                return []
            self._rounds = {user_id: self._user(user_id)["round"] for user_id in stale}
            number = sum(self._rounds.values())
            body = {"device_keys": {user_id: [] for user_id in stale}, "timeout": 10_000}
            id = f"query-{now_ms}-{number}-{len(stale)}"
            self._asked = Request(id, "POST", f"{CLIENT}/keys/query", body)
        return [self._asked]

    def answered(self, request: Request, answer: JsonObject, now_ms: int) -> list[Happening]:
        happenings: list[Happening] = []
        unreachable = optional(answer, "failures", dict, {})
        for user_id, round in self._rounds.items():
            if user_id.partition(":")[2] in unreachable:
                self._wait(user_id, now_ms)
                continue
            self._failures.pop(user_id, None)
            self._retry_ms.pop(user_id, None)
            happenings += self._receive(user_id, round, answer)
        self._asked = None
        return happenings

    def refused(self, request: Request, status: int, now_ms: int) -> list[Happening]:
        for user_id in self._rounds:
            self._wait(user_id, now_ms)
        self._asked = None
        return []

    def _wait(self, user_id: str, now_ms: int) -> None:
        failures = self._failures.get(user_id, 0)
        self._failures[user_id] = failures + 1
        self._retry_ms[user_id] = now_ms + min(FIRST_RETRY_MS * 2**failures, LAST_RETRY_MS)

    def _receive(self, user_id: str, round: int, answer: JsonObject) -> list[Happening]:
        user = self._user(user_id)
        given = optional(optional(answer, "device_keys", dict, {}), user_id, dict, {})
        happenings, devices = read_devices(user_id, user["devices"], given)
        happenings += self._receive_identity(user_id, user, answer)
        if devices != user["devices"]:
            happenings.append(DevicesChanged(user_id))
        user |= {"devices": devices, "stale": user["round"] != round}
        self._save(user_id, user)
        if happenings:
            self.bump()
        return happenings

    def _receive_identity(
        self, user_id: str, user: JsonObject, answer: JsonObject
    ) -> list[Happening]:
        """A first identity is believed and remembered; another one later is told."""
        given = {
            name: optional(optional(answer, f"{name}_keys", dict, {}), user_id, dict, {}) or None
            for name in ("master", "self_signing", "user_signing")
        }
        if given["master"] is None or given["self_signing"] is None:
            return []
        try:
            identity = read_identity(
                user_id, given["master"], given["self_signing"], given["user_signing"]
            )
        except E2eeError as error:
            return [DeviceRefused(user_id, "", error)]
        kept, new = user.get("identity"), as_record(identity)
        if kept == new:
            return []
        user["identity"] = new
        first = user.setdefault("first_master", identity.master)
        if kept is None or kept["master"] == identity.master:
            return [DevicesChanged(user_id)]
        was_verified = bool(user.get("was_verified"))
        user["changed"] = first != identity.master
        return [IdentityReplaced(user_id, was_verified)]

    def _user(self, user_id: str) -> JsonObject:
        fresh = {"followed": False, "stale": True, "round": 0, "devices": {}}
        return self._records.get("user", user_id) or fresh

    def _save(self, user_id: str, user: JsonObject) -> None:
        """Those to be asked for have a record of their own, so that nobody looks through all."""
        self._records.put("user", user_id, user)
        if user["followed"] and user["stale"]:
            self._records.put("stale", user_id, {})
        elif self._records.get("stale", user_id) is not None:
            self._records.remove("stale", user_id)

    def _is_due(self, user_id: str, now_ms: int) -> bool:
        return self._retry_ms.get(user_id, 0) <= now_ms


def read_devices(
    user_id: str, known: dict[str, JsonObject], given: JsonObject
) -> tuple[list[Happening], dict[str, JsonObject]]:
    """What is refused, and what counts from now on. A known device keeps its keys for life."""
    refused: list[Happening] = []
    devices = {}
    for device_id, keys in list(given.items())[:MAX_DEVICES]:
        try:
            device = read_device(user_id, device_id, keys if isinstance(keys, dict) else {})
            if device_id in known:
                check_same(stored(user_id, device_id, known[device_id]), device)
        except E2eeError as error:
            refused.append(DeviceRefused(user_id, device_id, error))
            if device_id in known:
                devices[device_id] = known[device_id]
            continue
        devices[device_id] = device.keys
    return refused, devices


def check_same(known: Device, given: Device) -> None:
    if (known.ed25519, known.curve25519) != (given.ed25519, given.curve25519):
        raise DeviceKeysChanged(f"{known.device_id} of {known.user_id} had other keys before.")


def stored(user_id: str, device_id: str, keys: JsonObject) -> Device:
    """Keys that were checked when they came."""
    public = keys["keys"]
    return Device(
        user_id, device_id, public[f"ed25519:{device_id}"], public[f"curve25519:{device_id}"], keys
    )


def as_record(identity: Identity) -> JsonObject:
    return {
        "master": identity.master,
        "self_signing": identity.self_signing,
        "user_signing": identity.user_signing,
        "master_keys": identity.master_keys,
    }
