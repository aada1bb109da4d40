"""Opening sessions with devices, mending broken ones. Spec: "Recovering from undecryptable ..."."""

from collections.abc import Iterable

from attrs import define, field

from e2ee.device_lists import DeviceLists
from e2ee.devices import Device
from e2ee.encoding import JsonObject, optional
from e2ee.encoding import field as field_of
from e2ee.errors import BadSignature, E2eeError
from e2ee.happenings import DeviceRefused, Happening
from e2ee.olm_channel import OlmChannel
from e2ee.outgoing import Outgoing
from e2ee.own_device import ONE_TIME
from e2ee.records import Records
from e2ee.requests import CLIENT, Request
from e2ee.signing import check_signature
from e2ee.vault import Random

DEVICES_AT_ONCE = 500
MEND_AGAIN_MS = 60 * 60 * 1000
"""A session with one device is replaced at most this often."""
FIRST_RETRY_MS = 60_000
LAST_RETRY_MS = 60 * 60 * 1000


@define
class Claims:
    """A lost answer costs a one-time key, and nothing else: the next one is claimed."""

    _lists: DeviceLists
    _channel: OlmChannel
    _outgoing: Outgoing
    _records: Records
    _random: Random
    _wanted: dict[tuple[str, str], Device] = field(factory=dict)
    _asked: Request | None = None
    _asked_for: list[Device] = field(factory=list)
    _retry_ms: dict[str, int] = field(factory=dict)
    _failures: dict[str, int] = field(factory=dict)

    def want(self, devices: Iterable[Device], now_ms: int) -> bool:
        """Ask for sessions with those that have none; whether an answer is awaited."""
        missing = [
            one
            for one in devices
            if not self._channel.has_session(one.curve25519) and not self.is_hopeless(one, now_ms)
        ]
        self._wanted |= {(one.user_id, one.device_id): one for one in missing}
        return bool(missing)

    def is_hopeless(self, device: Device, now_ms: int) -> bool:
        """Whether the device had no keys to give a short time ago."""
        return now_ms < self._retry_ms.get(device.curve25519, 0)

    def mend(self, user_id: str, curve25519: str, now_ms: int) -> None:
        """A message of this device could not be read: replace the session, but not too often."""
        device = self._lists.device_of_key(user_id, curve25519)
        if device is None:
            return
        last = (self._records.get("mended", curve25519) or {}).get("ms")
        if last is None or not 0 <= now_ms - int(last) < MEND_AGAIN_MS:
            place = {"user_id": user_id, "device_id": device.device_id}
            self._records.put("mended", curve25519, {"ms": now_ms})
            self._records.put("mending", curve25519, place)

    def requests(self, now_ms: int) -> list[Request]:
        if self._asked is None:
            devices = list((self._wanted | self._broken()).values())[:DEVICES_AT_ONCE]
            if not devices:
                return []
            keys: dict[str, dict[str, str]] = {}
            for device in devices:
                keys.setdefault(device.user_id, {})[device.device_id] = ONE_TIME
            id = f"claim-{self._random(8).hex()}"
            body = {"one_time_keys": keys, "timeout": 10_000}
            self._asked_for = devices
            self._asked = Request(id, "POST", f"{CLIENT}/keys/claim", body)
        return [self._asked]

    def answered(self, request: Request, answer: JsonObject, now_ms: int) -> list[Happening]:
        given = optional(answer, "one_time_keys", dict, {})
        happenings: list[Happening] = []
        broken = self._broken()
        for device in self._asked_for:
            keys = optional(optional(given, device.user_id, dict, {}), device.device_id, dict, {})
            try:
                with self._records.step():
                    opened = self._open(device, keys)
                    if opened and (device.user_id, device.device_id) in broken:
                        self._greet(device)
            except E2eeError as error:
                happenings.append(DeviceRefused(device.user_id, device.device_id, error))
                opened = False
            self._note(device, opened, now_ms)
        self._forget()
        return happenings

    def refused(self, request: Request, status: int, now_ms: int) -> list[Happening]:
        for device in self._asked_for:
            self._note(device, False, now_ms)
        self._forget()
        return []

    def _open(self, device: Device, keys: JsonObject) -> bool:
        """Raises for a key that is malformed, not signed by the device, or used already."""
        for name, key in keys.items():
            if not name.startswith(f"{ONE_TIME}:") or not isinstance(key, dict):
                continue
            check_signature(key, device.user_id, f"ed25519:{device.device_id}", device.ed25519)
            fallback = key.get("fallback") is True
            public = field_of(key, "key", str)
            if not self._channel.open_session(device, public, fallback=fallback):
                raise BadSignature("The server gave us a one-time key for the second time.")
            return True
        return False

    def _greet(self, device: Device) -> None:
        """Let the other side know of the new session."""
        self._records.remove("mending", device.curve25519)
        content = self._channel.encrypt(device, "m.dummy", {})
        if content is not None:
            place = (device.user_id, device.device_id)
            self._outgoing.send_to_devices("m.room.encrypted", {place: content})

    def _note(self, device: Device, opened: bool, now_ms: int) -> None:
        if opened:
            self._failures.pop(device.curve25519, None)
            self._retry_ms.pop(device.curve25519, None)
            return
        failures = self._failures.get(device.curve25519, 0)
        self._failures[device.curve25519] = failures + 1
        wait_ms = min(FIRST_RETRY_MS * 2**failures, LAST_RETRY_MS)
        self._retry_ms[device.curve25519] = now_ms + wait_ms
        self._records.remove("mending", device.curve25519)

    def _broken(self) -> dict[tuple[str, str], Device]:
        places = self._records.find("mending").values()
        found = (self._lists.device(one["user_id"], one["device_id"]) for one in places)
        return {(one.user_id, one.device_id): one for one in found if one is not None}

    def _forget(self) -> None:
        for device in self._asked_for:
            self._wanted.pop((device.user_id, device.device_id), None)
        self._asked, self._asked_for = None, []
