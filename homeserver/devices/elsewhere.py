"""Keys of other servers' users, asked for where they are not held.

Spec: Server-Server API, "End-to-End Encryption".
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from attrs import define, field, frozen

from homeserver.devices.keys import WantedDevices, add_signing_keys, chosen
from homeserver.devices.one_time_keys import read_key, unreachable
from homeserver.devices.remote_lists import DEVICES, RemoteUser, read_answer
from homeserver.devices.tracking import Tracking
from homeserver.errors import MatrixError
from homeserver.events.ids import domain_of
from homeserver.http.client import Limits
from homeserver.json_values import JsonObject, JsonValue
from homeserver.peers.errors import NotAdmitted, PeerError, RemoteError
from homeserver.peers.lanes import Lane, all_of
from homeserver.peers.servers import Peers, path_of
from homeserver.storage import devices, published_keys, remote_devices
from homeserver.storage.neighbours import shares_room
from homeserver.storage.one_time_keys import Wanted
from homeserver.storage.transaction import Transaction

USER_KEYS = "/_matrix/federation/v1/user/keys"
MAX_ANSWER = 10 * 1024 * 1024
SERVERS_AT_ONCE = 100
FEW = 10
"""Users of one server whose lists are asked for one by one."""
USERS_AT_ONCE = 500
"""Of one server."""
MAX_WAITING = 10_000

Lists = Mapping[str, RemoteUser]


@frozen
class Question:
    """To one server. `kept` says whose answers are stored, with where their lists changed last."""

    server: str
    wanted: WantedDevices
    kept: Mapping[str, int]


@define
class Found:
    lists: dict[str, RemoteUser] = field(factory=dict)
    failures: JsonObject = field(factory=dict)


@frozen(eq=False)
class RemoteKeys:
    _tracking: Tracking
    _peers: Peers
    _lane: Lane = field(factory=lambda: Lane(SERVERS_AT_ONCE, MAX_WAITING))

    # -- keys of devices

    async def query(self, asker: str, wanted: WantedDevices, seconds: float) -> JsonObject:
        """From what is held, and from the servers: all at once, each within this time."""
        db = self._tracking.db
        questions = await db.read(self._questions, wanted)
        found = Found()
        await all_of(self._lane.run(self._ask(one, seconds, found)) for one in questions)
        answer = await db.read(_held, asker, wanted)
        for user_id, told in found.lists.items():
            if user_id not in answer["device_keys"]:
                _show(answer, user_id, told, wanted[user_id])
        return {**answer, "failures": found.failures}

    def _questions(self, txn: Transaction, wanted: WantedDevices) -> list[Question]:
        held = remote_devices.true_ones(txn, wanted)
        by_server: defaultdict[str, dict[str, Collection[str]]] = defaultdict(dict)
        kept: dict[str, int] = {}
        for user_id, device_ids in wanted.items():
            if user_id in held:
                continue
            is_kept = shares_room(txn, self._tracking.server_name, user_id)
            if is_kept:
                kept[user_id] = devices.list_position(txn, user_id)
            by_server[domain_of(user_id)][user_id] = () if is_kept else device_ids
        return [
            Question(server, part, {user: kept[user] for user in part if user in kept})
            for server, users in by_server.items()
            for part in _parts(users)
        ]

    async def _ask(self, question: Question, seconds: float, found: Found) -> None:
        server, wanted = question.server, dict(question.wanted)
        if len(question.kept) <= FEW:
            # These lists come with their place, so that updates can be applied to them at once.
            asked = [self._ask_for_list(user, question, seconds, found) for user in question.kept]
            for user_id in await all_of(asked):
                wanted.pop(user_id, None)
        if not wanted or server in found.failures:
            return
        body = {"device_keys": {user: list(ids) for user, ids in wanted.items()}}
        answer = await self._post(server, "query", body, seconds, found.failures)
        if answer is None:
            return
        # Many signatures: away from the reactor's thread.
        lists = await self._tracking.db.read(_lists_in, wanted, answer)
        found.lists.update(lists)
        kept = {user: list for user, list in lists.items() if user in question.kept}
        if kept:
            await self._tracking.db.write(self._keep, kept, question.kept)

    async def _ask_for_list(
        self, user_id: str, question: Question, seconds: float, found: Found
    ) -> str:
        """The user, or empty if the server does not tell: then it may answer another question."""
        server, path = question.server, path_of(DEVICES, user_id)
        limits = Limits(seconds=seconds, size=MAX_ANSWER)
        try:
            answer = await self._peers.request(server, "GET", path, limits=limits)
            told, stream_id = await self._tracking.read_list(user_id, answer)
        except (RemoteError, ValueError):
            return ""
        except PeerError as error:
            found.failures[server] = _failure(error)
            return ""
        found.lists[user_id] = told
        await self._tracking.store(user_id, told, question.kept[user_id], stream_id)
        return user_id

    def _keep(self, txn: Transaction, lists: Lists, since: Mapping[str, int]) -> None:
        for user_id, told in lists.items():
            self._tracking.keep(txn, user_id, told, since[user_id], None)

    # -- one-time keys

    async def claim(self, wanted: Sequence[Wanted], seconds: float) -> JsonObject:
        """No claim is repeated: a key that was lost on its way is lost."""
        by_server: defaultdict[str, list[Wanted]] = defaultdict(list)
        for wish in wanted:
            by_server[domain_of(wish.user_id)].append(wish)
        keys: JsonObject = {}
        failures: JsonObject = {}

        async def ask(server: str, wishes: Sequence[Wanted]) -> None:
            asked: JsonObject = {}
            for wish in wishes:
                asked.setdefault(wish.user_id, {})[wish.device_id] = wish.algorithm
            body = {"one_time_keys": asked}
            answer = await self._post(server, "claim", body, seconds, failures)
            for wish in wishes if answer is not None else ():
                if key := _claimed(answer, wish):
                    keys.setdefault(wish.user_id, {})[wish.device_id] = key

        await all_of(self._lane.run(ask(server, its)) for server, its in by_server.items())
        return {"one_time_keys": keys, "failures": failures}

    async def _post(
        self, server: str, what: str, body: JsonObject, seconds: float, failures: JsonObject
    ) -> JsonObject | None:
        limits = Limits(seconds=seconds, size=MAX_ANSWER)
        path = f"{USER_KEYS}/{what}"
        try:
            return await self._peers.request(server, "POST", path, body=body, limits=limits)
        except PeerError as error:
            failures[server] = _failure(error)
        return None


def _failure(error: PeerError) -> JsonObject:
    if isinstance(error, NotAdmitted):
        return {"errcode": "M_FORBIDDEN", "error": str(error)}
    return unreachable()


def _parts(wanted: WantedDevices) -> Iterator[WantedDevices]:
    """So many users that an answer is not too large."""
    users = list(wanted)
    for start in range(0, len(users), USERS_AT_ONCE):
        yield {user: wanted[user] for user in users[start : start + USERS_AT_ONCE]}


def _lists_in(_: Transaction, wanted: WantedDevices, answer: JsonObject) -> Lists:
    told = {user_id: read_answer(user_id, answer) for user_id in wanted}
    return {user_id: list for user_id, list in told.items() if list is not None}


def _held(txn: Transaction, asker: str, wanted: WantedDevices) -> JsonObject:
    held = remote_devices.true_ones(txn, wanted)
    answer: JsonObject = {"device_keys": {}, "master_keys": {}, "self_signing_keys": {}}
    for user_id, known in remote_devices.devices_of(txn, held).items():
        answer["device_keys"][user_id] = chosen(known, wanted[user_id])
    add_signing_keys(txn, asker, published_keys.signing_keys(txn, held), answer)
    return answer


def _show(answer: JsonObject, user_id: str, told: RemoteUser, device_ids: Collection[str]) -> None:
    answer["device_keys"][user_id] = chosen(told.devices, device_ids)
    for usage, signing in told.signing.items():
        answer[f"{usage}_keys"][user_id] = signing.key


def _claimed(answer: JsonObject | None, wish: Wanted) -> JsonObject:
    """The key for a device by its name; empty if there is none, or none in order."""
    found: JsonValue = answer
    for name in ("one_time_keys", wish.user_id, wish.device_id):
        found = found.get(name) if isinstance(found, dict) else None
    for id, key in list(found.items())[:1] if isinstance(found, dict) else ():
        try:
            if read_key(id, key).algorithm == wish.algorithm:
                return {id: key}
        except MatrixError:
            break
    return {}
