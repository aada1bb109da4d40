"""Messages to devices of other servers' users. Spec: "m.direct_to_device"."""

from collections import defaultdict
from collections.abc import Iterator

from homeserver.delivery.audience import Audience
from homeserver.devices.to_device import Messages
from homeserver.events.ids import domain_of
from homeserver.json_values import encode
from homeserver.peers.signing import canonical_content
from homeserver.randomness import Random, token
from homeserver.storage import outgoing_to_device
from homeserver.storage.transaction import Transaction

MAX_BYTES = 128 * 1024
"""Of one EDU, unless it is a single message."""


class ToDeviceElsewhere:
    """Lets messages wait, in the sender's own transaction, until their servers have them.

    The other server knows by the `message_id` what it has got already.
    """

    def __init__(self, audience: Audience, random: Random) -> None:
        self._audience = audience
        self._random = random

    def send(self, txn: Transaction, sender: str, type: str, messages: Messages) -> None:
        by_server: defaultdict[str, Messages] = defaultdict(dict)
        for user_id, contents in messages.items():
            by_server[domain_of(user_id)][user_id] = contents
        for server, its in by_server.items():
            if self._audience.is_reached(server):
                for part in _parts(its):
                    self._add(txn, server, {"sender": sender, "type": type, "messages": part})
                outgoing_to_device.drop_oldest(txn, server)

    def _add(self, txn: Transaction, server: str, content: dict[str, object]) -> None:
        position = txn.next_position()
        # A number alone would come again after a database was restored from a copy.
        content["message_id"] = f"{position}.{token(self._random, 10)}"
        # It goes as it is into requests, which are signed in this spelling.
        outgoing_to_device.add(txn, server, position, canonical_content(content).decode())


def _parts(messages: Messages) -> Iterator[Messages]:
    """Pieces that are not too large for one EDU."""
    part: Messages = {}
    size = 0
    for user_id, contents in messages.items():
        for device_id, content in contents.items():
            length = len(encode(content)) + 100
            if part and size + length > MAX_BYTES:
                yield part
                part, size = {}, 0
            part.setdefault(user_id, {})[device_id] = content
            size += length
    if part:
        yield part
