"""One verification, as a machine: messages in, messages out. Spec: "Device verification"."""

from enum import Enum

from attrs import define, field

from e2ee.encoding import JsonObject, encode_base64, optional
from e2ee.encoding import field as field_of
from e2ee.errors import BadQrCode, E2eeError, NotPossible, VerificationRefused
from e2ee.vault import Random
from e2ee.verification.qr import SECRET_BYTES, Mode, QrCode, read_qr_code
from e2ee.verification.sas import Party
from e2ee.verification.strings import OFFER, SAS, Comparison, Keys

SHOW = "m.qr_code.show.v1"
SCAN = "m.qr_code.scan.v1"
RECIPROCATE = "m.reciprocate.v1"
METHODS = (SAS, SHOW, SCAN, RECIPROCATE)
PREFIX = "m.key.verification."


class Phase(Enum):
    REQUESTED = "requested"
    READY = "ready"
    STARTED = "started"
    """A method was chosen; keys are being exchanged."""
    COMPARING = "comparing"
    """The people compare; `confirm` or `mismatch`."""
    CONFIRMED = "confirmed"
    """We have confirmed; the other side has not yet."""
    DONE = "done"
    CANCELLED = "cancelled"


OVER = (Phase.DONE, Phase.CANCELLED)


@define
class Verification:
    """`outbox` is what to say; whoever owns the flow takes it from there."""

    id: str
    ours: Party
    their_user: str
    we_asked: bool
    _random: Random
    room_id: str | None = None
    their_device_id: str | None = None
    phase: Phase = Phase.REQUESTED
    methods: tuple[str, ...] = METHODS
    """Ours, then those of both."""
    keys: Keys | None = None
    outbox: list[tuple[str, JsonObject]] = field(factory=list)
    cancel_code: str | None = None
    cancel_reason: str = ""
    cancelled_by_us: bool = False
    verified_device: bool = False
    verified_master: bool = False
    touched_ms: int = 0
    trusts_own_master: bool = False
    _started: JsonObject | None = None
    """What we said when we chose the method."""
    _comparison: Comparison | None = None
    _confirmed: bool = False
    _their_done: bool = False
    _qr_secret: str = ""

    # What people do

    def accept(self) -> None:
        self._expect(Phase.REQUESTED, not self.we_asked)
        self.phase = Phase.READY
        self._say("ready", {"from_device": self.ours.device_id, "methods": list(self.methods)})

    def start_sas(self) -> None:
        self._expect(Phase.READY, SAS in self.methods)
        self.phase = Phase.STARTED
        self._started = self._say("start", OFFER | {"from_device": self.ours.device_id})
        self._comparison = self._compare(self._started, we_started=True)

    @property
    def emoji(self) -> list[tuple[str, str]] | None:
        """To be compared; None if there is nothing to compare, or no pictures were agreed."""
        return None if self._comparison is None else self._comparison.emoji

    @property
    def decimals(self) -> tuple[int, int, int] | None:
        return None if self._comparison is None else self._comparison.decimals

    @property
    def is_sas(self) -> bool:
        return self._comparison is not None

    @property
    def was_scanned(self) -> bool:
        """Whether the other side says it has scanned our code: `confirm` if it shows success."""
        return self.phase is Phase.COMPARING and not self.is_sas

    def confirm(self) -> None:
        """The strings are the same; or, the other device shows that it scanned our code."""
        self._expect(Phase.COMPARING)
        self._confirmed = True
        self.phase = Phase.CONFIRMED
        if self._comparison is not None:
            self._exchange_macs(self._comparison)
        else:
            self._finish(device=self._own_devices(), master=not self._own_devices())

    def mismatch(self) -> None:
        self._expect(Phase.COMPARING)
        self.cancel("m.mismatched_sas", "The strings are not the same.")

    def cancel(self, code: str = "m.user", reason: str = "Cancelled.") -> None:
        if self.phase in OVER:
            return
        self.phase = Phase.CANCELLED
        self.cancel_code, self.cancel_reason, self.cancelled_by_us = code, reason, True
        self._say("cancel", {"code": code, "reason": reason})

    def show_qr_code(self) -> bytes:
        """What our code holds, for the other device to scan."""
        self._expect(Phase.READY, SHOW in self.methods)
        keys = self._keys()
        self._qr_secret = self._qr_secret or encode_base64(self._random(SECRET_BYTES))
        mode = self._qr_mode()
        first, second = qr_keys(keys, mode)
        return QrCode(mode, self.id, first, second, self._qr_secret).encode()

    def scan(self, data: bytes) -> None:
        """What the other device shows. Raises BadQrCode, and cancels, if it is not for us."""
        self._expect(Phase.READY, SCAN in self.methods)
        try:
            code = read_qr_code(data)
            self._check_code(code)
        except BadQrCode as error:
            self.cancel("m.key_mismatch", str(error))
            raise
        self._confirmed = True
        self.phase = Phase.CONFIRMED
        start = {"method": RECIPROCATE, "secret": code.secret}
        self._started = self._say("start", start | {"from_device": self.ours.device_id})
        same_user = self._own_devices()
        device = same_user and code.mode is not Mode.TRUSTED_DEVICE
        self._finish(device=device, master=not device)

    # What comes in

    def receive(self, type: str, content: JsonObject) -> None:
        """From the other device. What does not fit ends it, with a code that says why."""
        if self.phase in OVER and type != "cancel":
            if type == "done":
                self._their_done = True
            return
        steps = {
            "ready": self._receive_ready,
            "start": self._receive_start,
            "accept": self._receive_accept,
            "key": self._receive_key,
            "mac": self._receive_mac,
            "done": self._receive_done,
            "cancel": self._receive_cancel,
        }
        try:
            if type not in steps:
                raise VerificationRefused("m.unknown_method", f"What is {type}?")
            steps[type](content)
        except VerificationRefused as error:
            self.cancel(error.code, error.reason)
        except E2eeError as error:
            self.cancel("m.invalid_message", str(error))

    def _receive_ready(self, content: JsonObject) -> None:
        if self.phase is not Phase.REQUESTED or not self.we_asked:
            raise VerificationRefused("m.unexpected_message", "Nothing is to be accepted.")
        self.their_device_id = field_of(content, "from_device", str)
        self.offer(optional(content, "methods", list, []))
        self.phase = Phase.READY

    def offer(self, methods: list[object]) -> None:
        """What the other side can do: show needs scan, and the other way round."""
        common = []
        for ours, theirs in ((SAS, SAS), (SHOW, SCAN), (SCAN, SHOW), (RECIPROCATE, RECIPROCATE)):
            if ours in self.methods and theirs in methods:
                common.append(ours)
        self.methods = tuple(common)

    def _receive_start(self, content: JsonObject) -> None:
        method = field_of(content, "method", str)
        if self._started is not None:
            if self._started["method"] != method:
                raise VerificationRefused("m.unexpected_message", "We started another method.")
            theirs = (self.their_user, self.their_device_id or "")
            if theirs > (self.ours.user_id, self.ours.device_id):
                return
            self._started = None
        elif self.phase is not Phase.READY:
            raise VerificationRefused("m.unexpected_message", "It has begun already.")
        if method == RECIPROCATE:
            self._receive_scanned(content)
        elif method == SAS:
            self._comparison = self._compare(content, we_started=False)
            self.phase = Phase.STARTED
            self._say("accept", self._comparison.answer(self._random))
        else:
            raise VerificationRefused("m.unknown_method", f"We do not know {method}.")

    def _receive_accept(self, content: JsonObject) -> None:
        self._say("key", self._comparing().take_accept(content, self._random))

    def _receive_key(self, content: JsonObject) -> None:
        ours = self._comparing().take_key(content)
        if ours is not None:
            self._say("key", ours)
        self.phase = Phase.COMPARING

    def _receive_mac(self, content: JsonObject) -> None:
        comparison = self._comparing()
        comparison.take_mac(content)
        self._exchange_macs(comparison)

    def _receive_scanned(self, content: JsonObject) -> None:
        if not self._qr_secret or content.get("secret") != self._qr_secret:
            raise VerificationRefused("m.key_mismatch", "The scanned code was not ours.")
        self.phase = Phase.COMPARING

    def _receive_done(self, content: JsonObject) -> None:
        self._their_done = True

    def _receive_cancel(self, content: JsonObject) -> None:
        if self.phase is Phase.DONE:
            return
        self.phase = Phase.CANCELLED
        self.cancel_code = optional(content, "code", str, "m.unknown")
        self.cancel_reason = optional(content, "reason", str, "")[:200]

    # Inside

    def _compare(self, start: JsonObject, *, we_started: bool) -> Comparison:
        theirs = Party(self.their_user, self.their_device_id or "")
        return Comparison(self.ours, theirs, self.id, we_started, start)

    def _comparing(self) -> Comparison:
        if self._comparison is None:
            raise VerificationRefused("m.unexpected_message", "No strings are being compared.")
        return self._comparison

    def _exchange_macs(self, comparison: Comparison) -> None:
        """Ours goes when our person has confirmed, theirs counts from then on."""
        if not self._confirmed:
            return
        keys = self._keys()
        mac = comparison.our_mac(keys)
        if mac is not None:
            self._say("mac", mac)
        if comparison.their_mac is not None:
            proven = comparison.proven(keys)
            device = keys.their_device.ed25519 in proven
            self._finish(device=device, master=keys.their_master in proven)

    def _finish(self, *, device: bool, master: bool) -> None:
        self.verified_device, self.verified_master = device, master
        self.phase = Phase.DONE
        self._say("done", {})

    def _check_code(self, code: QrCode) -> None:
        keys = self._keys()
        if code.id != self.id:
            raise BadQrCode("The code is of another verification.")
        expected = {
            Mode.OTHER_USER: (keys.their_master, keys.our_master),
            Mode.TRUSTED_DEVICE: (keys.their_master, keys.our_device),
            Mode.NEW_DEVICE: (keys.their_device.ed25519, keys.our_master),
        }[code.mode]
        if (code.mode is Mode.OTHER_USER) == self._own_devices():
            raise BadQrCode("The code is for another kind of verification.")
        if (code.first_key, code.second_key) != expected:
            raise BadQrCode("The keys in the code are not those that we know.")

    def _qr_mode(self) -> Mode:
        if not self._own_devices():
            return Mode.OTHER_USER
        return Mode.TRUSTED_DEVICE if self.trusts_own_master else Mode.NEW_DEVICE

    def _own_devices(self) -> bool:
        return self.their_user == self.ours.user_id

    def _keys(self) -> Keys:
        if self.keys is None:
            raise VerificationRefused("m.key_mismatch", "The other device is not known.")
        return self.keys

    def _expect(self, phase: Phase, condition: bool = True) -> None:
        if self.phase is not phase or not condition:
            raise NotPossible(f"The verification is {self.phase.value}; this does not fit.")

    def _say(self, type: str, content: JsonObject) -> JsonObject:
        """As it goes on the wire: the content is part of what is committed to."""
        if self.room_id is None:
            content = content | {"transaction_id": self.id}
        else:
            content = content | {"m.relates_to": {"rel_type": "m.reference", "event_id": self.id}}
        self.outbox.append((PREFIX + type, content))
        return content


def qr_keys(keys: Keys, mode: Mode) -> tuple[str, str]:
    """The two keys of a code that we show."""
    ours, theirs = keys.our_master, keys.their_master
    pair = {
        Mode.OTHER_USER: (ours, theirs),
        Mode.TRUSTED_DEVICE: (ours, keys.their_device.ed25519),
        Mode.NEW_DEVICE: (keys.our_device, ours),
    }[mode]
    first, second = pair
    if first is None or second is None:
        raise NotPossible("A code needs the identities of both sides.")
    return first, second
