"""What Telegram tells of chats and people when it is asked."""

from collections.abc import Mapping

from attrs import define, field

from bridges.kit.chats import Chat, Levels, Picture, User
from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey
from bridges.kit.sources import kept_there
from bridges.networks.telegram.names import name_of, place
from bridges.networks.telegram.rights import level_of
from bridges.networks.telegram.wire import Refused, Wire

KINDS = {"private": "dm", "channel": "channel"}
MAX_KNOWN = 10_000


@define(eq=False)
class Chats:
    _wire: Wire
    _bridge: Bridge
    _bot_id: int
    _types: dict[int, str] = field(factory=dict)
    _topics: dict[str, str] = field(factory=dict)
    _messages: dict[tuple[int, str], ChatKey] = field(factory=dict)

    async def chat(self, key: ChatKey) -> Chat:
        where = place(key)
        about = await self._about(where.chat_id)
        name = name_of(about)
        if where.topic:
            topic = await self._topic(where.chat_id, where.topic)
            name = f"{name}: {topic}" if topic else f"{name} #{where.topic}"
        is_private = about.get("type") == "private"
        admins = [] if is_private else await self._administrators(where.chat_id)
        members = {str(about["id"]): name_of(about)} if is_private else names(admins)
        members.pop(str(self._bot_id), None)
        newest = about.get("pinned_message")
        return Chat(
            name,
            str(about.get("description") or ""),
            KINDS.get(str(about.get("type")), "group"),
            members,
            picture_of(about),
            levels=None if is_private else levels(admins, about),
            pinned=(str(newest["message_id"]),) if isinstance(newest, dict) else (),
            has_history=False,
        )

    async def user(self, id: str) -> User:
        about = await self._about(int(id))
        handles = (f"@{about['username']}",) if about.get("username") else ()
        return User(name_of(about), about.get("is_bot") is True, picture_of(about), handles)

    async def find(self, name: str) -> JsonObject:
        """By `@name` or number. Raises Rejected."""
        about: JsonObject = await self._wire.call("getChat", {"chat_id": name})
        return about

    async def type_of(self, chat_id: int) -> str:
        if chat_id not in self._types:
            await self._about(chat_id)
        return self._types.get(chat_id, "")

    def meet(self, chat: JsonObject) -> None:
        """Every message tells of what kind its chat is."""
        if len(self._types) > MAX_KNOWN:
            self._types.clear()
        self._types[chat["id"]] = str(chat.get("type") or "")

    async def learn_topic(self, chat_id: int, topic: int, name: str) -> None:
        id = f"topic {chat_id}/{topic}"
        if self._topics.get(id) != name:
            self._topics[id] = name
            await self._bridge.keep(id, name)

    def place_in_topic(self, chat: ChatKey, message_id: str) -> None:
        """Telegram does not say of a reaction in which topic it was."""
        if len(self._messages) > MAX_KNOWN:
            self._messages.clear()
        self._messages[place(chat).chat_id, message_id] = chat

    def topic_of(self, chat: ChatKey, message_id: str) -> ChatKey | None:
        return self._messages.get((place(chat).chat_id, message_id))

    async def _topic(self, chat_id: int, topic: int) -> str:
        id = f"topic {chat_id}/{topic}"
        return self._topics.get(id) or await self._bridge.kept(id) or ""

    async def _about(self, chat_id: int) -> JsonObject:
        about: JsonObject = await self._wire.call("getChat", {"chat_id": chat_id})
        self.meet(about)
        return about

    async def _administrators(self, chat_id: int) -> list[JsonObject]:
        """Telegram names no other members to bots."""
        try:
            found: list[JsonObject] = await self._wire.call(
                "getChatAdministrators", {"chat_id": chat_id}
            )
        except Refused:
            return []
        return found


def names(administrators: list[JsonObject]) -> dict[str, str]:
    return {str(it["user"]["id"]): name_of(it["user"]) for it in administrators}


def levels(administrators: list[JsonObject], about: JsonObject) -> Levels:
    users = {str(it["user"]["id"]): level_of(it) for it in administrators}
    permissions = about.get("permissions")
    permissions = permissions if isinstance(permissions, Mapping) else {}
    is_channel = about.get("type") == "channel"
    may_speak = not is_channel and permissions.get("can_send_messages", True) is not False
    may_change = not is_channel and permissions.get("can_change_info", False) is True
    return Levels(users, speak=0 if may_speak else 50, change=0 if may_change else 50)


def picture_of(about: JsonObject) -> Picture | None:
    photo = about.get("photo")
    if not isinstance(photo, dict) or "big_file_id" not in photo:
        return None
    return Picture(str(photo["big_file_unique_id"]), kept_there(str(photo["big_file_id"])))


def number(target: str) -> int:
    """The id of a message as Telegram counts."""
    if not target.isascii() or not target.isdecimal():
        raise Rejected("Telegram no longer has that message.")
    return int(target)
