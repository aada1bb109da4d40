"""Messages from device to device. Spec: Client-Server API, "Send-to-Device messaging"."""

from collections.abc import Callable

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import BadJson, InvalidParam, TooLarge
from homeserver.events.ids import domain_of, fits, is_user_id
from homeserver.http.request import field
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject, encode
from homeserver.storage import devices, to_device
from homeserver.storage.database import Database
from homeserver.storage.to_device import Arrival
from homeserver.storage.transaction import Transaction

MAX_BYTES = 64 * 1024
"""Of one message."""
MAX_RECIPIENTS = 10_000
"""Devices in one request, each `*` counted once."""
REPEATED_FOR_MS = 24 * 3_600_000
"""So long after a request its repetition is noticed."""
ALL_DEVICES = "*"

Messages = dict[str, dict[str, JsonObject]]
"""Contents by user and device."""

SendElsewhere = Callable[[Transaction, str, str, Messages], None]
"""Takes (sender, type, messages) to the servers of other users, in the same transaction."""


@frozen
class ToDevice:
    _db: Database
    _clock: Clock
    _server_name: str
    _send_elsewhere: SendElsewhere | None = None
    """None while the server has no federation: then messages to others' users go nowhere."""

    async def send(self, sender: Requester, type: str, txn_id: str, body: JsonObject) -> None:
        """Let messages wait for their devices; a retry sends nothing twice."""
        for text in (type, txn_id):
            if not text or "\0" in text or not fits(text):
                raise InvalidParam("Types and transaction ids have 1 to 255 bytes, without NUL.")
        await self._db.write(self._send, sender, type, txn_id, read_messages(body))

    async def receive(
        self, origin: str, sender: str, type: str, message_id: str, messages: Messages
    ) -> None:
        """Messages of another server's user to users of ours; a repetition does nothing."""
        await self._db.write(self._receive, origin, sender, type, message_id, messages)

    def _receive(
        self,
        txn: Transaction,
        origin: str,
        sender: str,
        type: str,
        message_id: str,
        messages: Messages,
    ) -> None:
        if to_device.is_repeated(txn, origin, type, message_id, self._clock.now_ms()):
            return
        deliver(txn, sender, type, self._split(messages)[0])

    def _send(
        self, txn: Transaction, sender: Requester, type: str, txn_id: str, messages: Messages
    ) -> None:
        now_ms = self._clock.now_ms()
        if to_device.is_repeated(txn, sender.device_name, type, txn_id, now_ms):
            return
        to_device.forget_requests(txn, now_ms - REPEATED_FOR_MS)
        ours, elsewhere = self._split(messages)
        deliver(txn, sender.user_id, type, ours)
        if elsewhere and self._send_elsewhere is not None:
            self._send_elsewhere(txn, sender.user_id, type, elsewhere)

    def _split(self, messages: Messages) -> tuple[Messages, Messages]:
        """Those to our users, and those to others'."""
        ours: Messages = {}
        theirs: Messages = {}
        for user_id, contents in messages.items():
            side = ours if domain_of(user_id) == self._server_name else theirs
            side[user_id] = contents
        return ours, theirs


def deliver(txn: Transaction, sender: str, type: str, messages: Messages) -> None:
    """To devices of local users; what is for devices that do not exist is dropped."""
    devices_of = devices.ids_of_users(txn, messages)
    arrivals: list[Arrival] = []
    for user_id, contents in messages.items():
        for device_id in devices_of.get(user_id, ()):
            content = contents.get(device_id, contents.get(ALL_DEVICES))
            if content is not None:
                arrivals.append(Arrival(user_id, device_id, encode(content)))
    to_device.add(txn, sender, type, arrivals)


def read_messages(body: JsonObject) -> Messages:
    """The `messages` of a request; raises MatrixError for what is not in order."""
    messages: Messages = field(body, "messages", dict)
    for user_id, contents in messages.items():
        if not is_user_id(user_id):
            raise InvalidParam("The keys of 'messages' must be user ids.")
        if not isinstance(contents, dict):
            raise BadJson("'messages' must hold an object of device ids for each user.")
        for content in contents.values():
            _check_content(content)
    if sum(map(len, messages.values())) > MAX_RECIPIENTS:
        raise TooLarge(f"One request may send to {MAX_RECIPIENTS} devices.")
    return messages


def _check_content(content: JsonObject) -> None:
    if not isinstance(content, dict):
        raise BadJson("A message to a device must be an object.")
    if len(encode(content)) > MAX_BYTES:
        raise TooLarge(f"A message to a device may take {MAX_BYTES} bytes.")
