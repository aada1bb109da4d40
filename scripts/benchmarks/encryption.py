"""What encryption costs our machine and matrix-nio: `python -m scripts.benchmarks.encryption`.

Both keep their keys in SQLite files. There is no network: what a server would answer is at hand.
Processor time of this process, in turns, the median of the rounds.
"""

import json
import logging
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen
from nio.crypto import Olm, OlmDevice
from nio.events import Event
from nio.store import SqliteStore as NioStore

from e2ee.encoding import canonical
from e2ee.machine import Machine, Me, Options
from e2ee.own_device import ONE_TIME
from e2ee.ratchets.by_vodozemac import Vodozemac
from e2ee.ratchets.ratchet import OlmAccount
from e2ee.room_keys import direct_key
from e2ee.signing import add_signature
from e2ee.stores.sqlite import SqliteStore

DEVICES = 500
MESSAGES = 1_000
ROUNDS = 5
ROOM = "!room:bench"
TEXT = {"msgtype": "m.text", "body": "What is said in a room, about as long as people write. " * 2}
ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 100_000}


@frozen
class Peer:
    """Somebody else's device."""

    user_id: str
    account: OlmAccount

    def keys(self) -> dict[str, Any]:
        keys: dict[str, Any] = {
            "user_id": self.user_id,
            "device_id": "DEV",
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": {
                "ed25519:DEV": self.account.ed25519,
                "curve25519:DEV": self.account.curve25519,
            },
        }
        add_signature(keys, self.user_id, "ed25519:DEV", self.account.sign)
        return keys

    def one_time_key(self) -> str:
        self.account.generate_one_time_keys(1)
        (key,) = self.account.unpublished_one_time_keys().values()
        self.account.mark_published()
        return key

    def claimed(self) -> dict[str, Any]:
        key: dict[str, Any] = {"key": self.one_time_key()}
        add_signature(key, self.user_id, "ed25519:DEV", self.account.sign)
        return {"DEV": {f"{ONE_TIME}:AAAA": key}}


class Ours:
    """Our machine in a room of 500 people, with a session for each."""

    def __init__(self, folder: Path, peers: list[Peer]) -> None:
        store = SqliteStore(folder / "ours.db", "bench")
        options = Options(Vodozemac(), secrets.token_bytes)
        self.machine = Machine.open(Me("@me:bench", "ME"), store, bytes(32), options)
        self._peers = {peer.user_id: peer for peer in peers}
        state = [{"type": "m.room.encryption", "state_key": "", "content": ENCRYPTION}]
        self.machine.receive_state(ROOM, state)
        self.machine.receive_members(ROOM, dict.fromkeys(self._peers, "join"))
        self.encrypt()

    def encrypt(self) -> dict[str, Any]:
        """Carrying what has to be carried first."""
        while (content := self.machine.encrypt(ROOM, "m.room.message", TEXT, 0)) is None:
            for request in self.machine.requests(0):
                self.machine.receive_response(
                    request.id, self._answer(request.path, request.body), 0
                )
        return content

    def share_and_encrypt(self) -> None:
        self.machine.rotate(ROOM)
        self.encrypt()

    def hear(self, sender: Peer, session: Any) -> None:
        """A room key, as it would have come by Olm."""
        from_key = self.machine._parts.keys.from_key(session.session_key())
        content = {"algorithm": ENCRYPTION["algorithm"], "room_id": ROOM, "session_id": session.id}
        key = direct_key(content, sender.user_id, sender.account.curve25519, sender.account.ed25519)
        with self.machine._records.step():
            self.machine._parts.keys.add(key, from_key)

    def decrypt(self, events: list[dict[str, Any]]) -> None:
        """As they come in a sync: fifty at a time."""
        for start in range(0, len(events), 50):
            self.machine.receive_timeline(ROOM, events[start : start + 50], 0)

    def _answer(self, path: str, body: Any) -> dict[str, Any]:
        if path.endswith("/keys/query"):
            users = [user for user in body["device_keys"] if user in self._peers]
            return {"device_keys": {user: {"DEV": self._peers[user].keys()} for user in users}}
        if path.endswith("/keys/claim"):
            users = body["one_time_keys"]
            return {"one_time_keys": {user: self._peers[user].claimed() for user in users}}
        return {}


class Theirs:
    """matrix-nio's, likewise."""

    def __init__(self, folder: Path, peers: list[Peer]) -> None:
        store = NioStore("@me:bench", "ME", str(folder), "key", "theirs.db")
        self.olm = Olm("@me:bench", "ME", store)
        self._users = [peer.user_id for peer in peers]
        for peer in peers:
            keys = {"ed25519": peer.account.ed25519, "curve25519": peer.account.curve25519}
            device = OlmDevice(peer.user_id, "DEV", keys)
            self.olm.device_store.add(device)
            store.save_device_keys({peer.user_id: {"DEV": device}})
            self.olm.verify_device(device)
            self.olm.create_session(peer.one_time_key(), peer.account.curve25519)

    def share_and_encrypt(self) -> None:
        self.olm.create_outbound_group_session(ROOM)
        for devices, _ in self.olm.share_group_session_parallel(ROOM, self._users, True):
            self.olm.outbound_group_sessions[ROOM].users_shared_with |= devices
        self.olm.outbound_group_sessions[ROOM].shared = True
        self.encrypt()

    def encrypt(self) -> dict[str, Any]:
        message = {"type": "m.room.message", "content": TEXT, "room_id": ROOM}
        content: dict[str, Any] = self.olm.group_encrypt(ROOM, message)
        return content

    def hear(self, sender: Peer, session: Any) -> None:
        self.olm.create_group_session(
            sender.account.curve25519,
            sender.account.ed25519,
            ROOM,
            session.id,
            session.session_key(),
        )

    def decrypt(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            self.olm.decrypt_megolm_event(Event.parse_encrypted_event(event), ROOM)


def spoken(sender: Peer, session: Any, number: int) -> list[dict[str, Any]]:
    """Encrypted messages as they come down sync."""
    payload = canonical({"type": "m.room.message", "content": TEXT, "room_id": ROOM})
    return [
        {
            "type": "m.room.encrypted",
            "event_id": f"${session.id}-{index}",
            "sender": sender.user_id,
            "origin_server_ts": 1,
            "content": {
                "algorithm": ENCRYPTION["algorithm"],
                "sender_key": sender.account.curve25519,
                "device_id": "DEV",
                "session_id": session.id,
                "ciphertext": session.encrypt(payload),
            },
        }
        for index in range(number)
    ]


def cpu_ms(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def measure(folder: Path) -> dict[str, dict[str, float]]:
    ratchets = Vodozemac()
    peers = [Peer(f"@peer{number}:bench", ratchets.new_account()) for number in range(DEVICES)]
    both: dict[str, Any] = {"ours": Ours(folder, peers), "matrix-nio": Theirs(folder, peers)}
    figures: dict[str, dict[str, list[float]]] = {}
    for turn in range(ROUNDS):
        session = ratchets.new_outbound()
        for one in both.values():
            one.hear(peers[0], session)
        events = spoken(peers[0], session, MESSAGES)
        order = list(both.items())[:: 1 if turn % 2 else -1]
        for name, one in order:
            for row, work in (
                (f"first message of a key, {DEVICES} devices, ms", one.share_and_encrypt),
                (f"next message, {DEVICES} devices, ms", one.encrypt),
                (f"decrypting {MESSAGES} messages, ms", partial(one.decrypt, events)),
            ):
                figures.setdefault(row, {}).setdefault(name, []).append(cpu_ms(work))
    return {
        row: {name: statistics.median(values) for name, values in by_name.items()}
        for row, by_name in figures.items()
    }


def main() -> None:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder))
    for row, by_name in figures.items():
        ratio = by_name["matrix-nio"] / by_name["ours"]
        print(
            f"{row:45} ours {by_name['ours']:9.2f}   matrix-nio {by_name['matrix-nio']:9.2f}"
            f"   {ratio:5.1f} times less"
        )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
