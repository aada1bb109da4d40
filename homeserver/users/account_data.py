"""What clients keep for their user. Spec: Client-Server API, "Client Config"."""

from attrs import frozen

from homeserver.errors import InvalidParam, MatrixError, NotFound, TooLarge
from homeserver.events.ids import fits, is_room_id
from homeserver.json_values import JsonObject, encode
from homeserver.storage import account_data
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

MAX_BYTES = 64 * 1024
MAX_ENTRIES = 50_000
"""Of one user, in all rooms together."""

SERVER_OWN = ("m.fully_read", "m.push_rules")


@frozen
class AccountData:
    """`room_id` is None for global data."""

    _db: Database

    async def get(self, user_id: str, room_id: str | None, type: str) -> JsonObject:
        check_place(room_id, type)
        found = await self._db.glance(account_data.find, user_id, room_id, type)
        if found is None:
            raise NotFound("There is no account data of this type.")
        return found

    async def put(self, user_id: str, room_id: str | None, type: str, content: JsonObject) -> None:
        check_place(room_id, type)
        refuse_server_own(type)
        if len(encode(content)) > MAX_BYTES:
            raise TooLarge(f"Account data of one type may take {MAX_BYTES} bytes.")
        await self._db.write(put, user_id, room_id, type, content)

    async def delete(self, user_id: str, room_id: str | None, type: str) -> None:
        """MSC3391. What is not there may be deleted too."""
        check_place(room_id, type)
        refuse_server_own(type)
        await self._db.write(delete, user_id, room_id, type)

    async def ignored_by(self, user_id: str) -> frozenset[str]:
        return await self._db.glance(account_data.ignored_by, user_id)


def put(
    txn: Transaction, user_id: str, room_id: str | None, type: str, content: JsonObject
) -> None:
    known = account_data.find(txn, user_id, room_id, type)
    if known is None and account_data.count(txn, user_id) >= MAX_ENTRIES:
        raise TooLarge(f"{MAX_ENTRIES} entries of account data are enough for one user.")
    account_data.save(txn, user_id, room_id, type, content)


def delete(txn: Transaction, user_id: str, room_id: str | None, type: str) -> None:
    if account_data.find(txn, user_id, room_id, type) is not None:
        account_data.delete(txn, user_id, room_id, type)


def check_place(room_id: str | None, type: str) -> None:
    if room_id is not None and not is_room_id(room_id):
        raise InvalidParam("This is not the id of a room.")
    if not type or "\0" in type or not fits(type):
        raise InvalidParam("A type of account data has 1 to 255 bytes, without NUL.")


def refuse_server_own(type: str) -> None:
    if type in SERVER_OWN:
        raise MatrixError(
            f"Account data of the type {type} is kept by the server; it has endpoints of its own.",
            errcode="M_BAD_JSON",
            status=405,
        )
