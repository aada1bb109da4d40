"""What people may do: Matrix' levels as Telegram's rights, and back."""

from attrs import evolve, frozen

from bridges.kit.chats import Levels
from bridges.kit.json_values import JsonObject
from bridges.networks.telegram.wire import Wire

MODERATOR = 50
MUTED = -1
MODERATES = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
    "can_post_messages",
    "can_edit_messages",
)
SPEAKS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
)
GONE = frozenset(("left", "kicked"))


def level_of(member: JsonObject) -> int:
    match member:
        case {"status": "creator"}:
            return 100
        case {"status": "administrator"}:
            return MODERATOR
        case {"status": "restricted", "can_send_messages": False}:
            return MUTED
        case _:
            return 0


def is_there(member: JsonObject) -> bool:
    """Who is restricted may have left."""
    return member["status"] not in GONE and member.get("is_member") is not False


def of_one(levels: Levels, user: str, member: JsonObject) -> Levels:
    return evolve(levels, users={user: level_of(member)})


@frozen
class Rights:
    """From 50 on people moderate, with the rights that the bot has itself; below 0 they are
    silent. Telegram refuses where the bot may not.
    """

    _wire: Wire
    _bot_id: int

    async def set(self, chat_id: int, user_id: int, level: int) -> None:
        who: JsonObject = {"chat_id": chat_id, "user_id": user_id}
        if level >= MODERATOR:
            bot = await self._wire.call("getChatMember", who | {"user_id": self._bot_id})
            handed_on = {right: bot.get(right) is True for right in MODERATES}
            await self._wire.call("promoteChatMember", who | handed_on)
            return
        now = level_of(await self._wire.call("getChatMember", who))
        if now >= MODERATOR:
            await self._wire.call("promoteChatMember", who | dict.fromkeys(MODERATES, False))
        if (now < 0) != (level < 0):
            silence = dict.fromkeys(SPEAKS, False)
            permissions = silence if level < 0 else await self._usual(chat_id)
            await self._wire.call("restrictChatMember", who | {"permissions": permissions})

    async def _usual(self, chat_id: int) -> JsonObject:
        about = await self._wire.call("getChat", {"chat_id": chat_id})
        usual = about.get("permissions")
        return usual if isinstance(usual, dict) else dict.fromkeys(SPEAKS, True)
