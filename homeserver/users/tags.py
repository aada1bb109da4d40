"""How users label their rooms. Spec: Client-Server API, "Room Tagging"."""

from attrs import frozen

from homeserver.errors import BadJson, InvalidParam, TooLarge
from homeserver.events.ids import fits
from homeserver.json_values import JsonObject, encode
from homeserver.storage import account_data
from homeserver.storage.account_data import TAGS
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.account_data import check_place, put

MAX_TAGS = 100
"""On one room."""

MAX_TAG_BYTES = 1024


@frozen
class Tags:
    _db: Database

    async def of_room(self, user_id: str, room_id: str) -> JsonObject:
        check_place(room_id, TAGS)
        return await self._db.glance(tags_of, user_id, room_id)

    async def put(self, user_id: str, room_id: str, tag: str, body: JsonObject) -> None:
        check_place(room_id, TAGS)
        _check_tag(tag, body)
        await self._db.write(self._put, user_id, room_id, tag, body)

    async def delete(self, user_id: str, room_id: str, tag: str) -> None:
        check_place(room_id, TAGS)
        await self._db.write(self._delete, user_id, room_id, tag)

    def _put(
        self, txn: Transaction, user_id: str, room_id: str, tag: str, body: JsonObject
    ) -> None:
        tags = {**tags_of(txn, user_id, room_id), tag: body}
        if len(tags) > MAX_TAGS:
            raise TooLarge(f"A room may have {MAX_TAGS} tags.")
        put(txn, user_id, room_id, TAGS, {"tags": tags})

    def _delete(self, txn: Transaction, user_id: str, room_id: str, tag: str) -> None:
        tags = tags_of(txn, user_id, room_id)
        if tag in tags:
            kept = {name: body for name, body in tags.items() if name != tag}
            account_data.save(txn, user_id, room_id, TAGS, {"tags": kept})


def tags_of(txn: Transaction, user_id: str, room_id: str) -> JsonObject:
    """By name. Clients may have set `m.tag` as plain account data, in any shape."""
    content = account_data.find(txn, user_id, room_id, TAGS) or {}
    tags = content.get("tags")
    return (
        {name: body for name, body in tags.items() if isinstance(body, dict)}
        if isinstance(tags, dict)
        else {}
    )


def _check_tag(tag: str, body: JsonObject) -> None:
    if not tag or not fits(tag):
        raise InvalidParam("The name of a tag has 1 to 255 bytes.")
    order = body.get("order", 0)
    if isinstance(order, bool) or not isinstance(order, int | float) or not 0 <= order <= 1:
        raise BadJson("`order` must be a number between 0 and 1.")
    if len(encode(body)) > MAX_TAG_BYTES:
        raise TooLarge(f"What is kept with a tag may take {MAX_TAG_BYTES} bytes.")
