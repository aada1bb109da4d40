"""People on Telegram, who talk in its own apps."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from tests.bridges.networks.telegram.simulator.world import Bot, Chat, World

JsonObject = dict[str, Any]


@frozen(eq=False)
class Person:
    world: World
    user: JsonObject

    @classmethod
    def arrives(cls, world: World, name: str) -> "Person":
        return cls(world, world.makes_user(name))

    @property
    def id(self) -> int:
        return int(self.user["id"])

    def says(self, chat: Chat, text: str, **more: Any) -> int:
        return self.sends(chat, text=text, **more)

    def sends(self, chat: Chat, **content: Any) -> int:
        """Anything that a message can have. Returns its number."""
        kind = "channel_post" if chat.type == "channel" else "message"
        who = {"sender_chat": chat.about()} if chat.type == "channel" else {"from": self.user}
        message = self.world.new_message(chat, who | content)
        self.world.tells(kind, message, chat)
        return int(message["message_id"])

    def answers(self, chat: Chat, target: int, text: str, **more: Any) -> int:
        answered = {k: it for k, it in chat.messages[target].items() if k != "reply_to_message"}
        return self.says(chat, text, reply_to_message=answered, **more)

    def edits(self, chat: Chat, target: int, **content: Any) -> None:
        message = chat.messages[target] | {"edit_date": self.world.now()} | content
        chat.messages[target] = message
        kind = "edited_channel_post" if chat.type == "channel" else "edited_message"
        self.world.tells(kind, message, chat)

    def shows(self, chat: Chat, data: bytes, **more: Any) -> int:
        """A picture, in two sizes."""
        small = self.world.keeps_file(data[:1]) | {"width": 90, "height": 60}
        large = self.world.keeps_file(data) | {"width": 900, "height": 600}
        return self.sends(chat, photo=[small, large], **more)

    def hands(self, chat: Chat, slot: str, data: bytes, about: JsonObject, **more: Any) -> int:
        """A file: `slot` is "document", "voice", "sticker" and so on."""
        return self.sends(chat, **{slot: self.world.keeps_file(data) | about}, **more)

    def reacts(self, chat: Chat, target: int, old: Sequence[str], new: Sequence[str]) -> None:
        content = {
            "chat": chat.about(),
            "message_id": target,
            "user": self.user,
            "date": self.world.now(),
            "old_reaction": [{"type": "emoji", "emoji": it} for it in old],
            "new_reaction": [{"type": "emoji", "emoji": it} for it in new],
        }
        self.world.tells("message_reaction", content, chat)

    def asks(self, chat: Chat, question: str, options: Sequence[str]) -> int:
        poll = new_poll(self.world, question, options)
        self.world.asked_by[poll["id"]] = self.id
        return self.sends(chat, poll=poll)

    def votes(self, poll_id: str, options: Sequence[int]) -> None:
        """Only who asks hears of it, if it is a bot."""
        for bot in self.world.bots.values():
            if self.world.asked_by.get(poll_id) == bot.id:
                answer = {"poll_id": poll_id, "user": self.user, "option_ids": list(options)}
                persistent = {"option_persistent_ids": [f"o{it}" for it in options]}
                self.world.tells_bot(bot, "poll_answer", answer | persistent)

    def joins(self, chat: Chat) -> None:
        chat.members[self.id] = "member"
        self.sends(chat, new_chat_members=[self.user])

    def leaves(self, chat: Chat) -> None:
        self.sends(chat, left_chat_member=self.user)
        chat.members[self.id] = "left"

    def brings(self, chat: Chat, bot: Bot, status: str = "administrator") -> None:
        chat.members[bot.id] = status
        self.world.tells_bot(bot, "my_chat_member", self._membership(chat, bot, "left", status))
        self.sends(chat, new_chat_members=[bot.user])

    def expels(self, chat: Chat, bot: Bot) -> None:
        was = chat.members.get(bot.id, "member")
        chat.members[bot.id] = "kicked"
        self.world.tells_bot(bot, "my_chat_member", self._membership(chat, bot, was, "kicked"))

    def _membership(self, chat: Chat, bot: Bot, was: str, status: str) -> JsonObject:
        return {
            "chat": chat.about(),
            "from": self.user,
            "date": self.world.now(),
            "old_chat_member": member(bot.user, was),
            "new_chat_member": member(bot.user, status),
        }

    def renames(self, chat: Chat, title: str) -> None:
        chat.title = title
        self.sends(chat, new_chat_title=title)

    def upgrades(self, chat: Chat) -> Chat:
        """The group becomes a supergroup, with another id."""
        successor = self.world.makes_group(chat.title)
        successor.members |= chat.members
        chat.moved_to = successor.id
        self.sends(chat, migrate_to_chat_id=successor.id)
        self.sends(successor, migrate_from_chat_id=chat.id)
        return successor


def new_poll(world: World, question: str, options: Sequence[str], **more: Any) -> JsonObject:
    poll = {
        "id": f"{7_000_000 + len(world.polls)}",
        "question": question,
        "options": [
            {"text": it, "voter_count": 0, "persistent_id": f"o{place}"}
            for place, it in enumerate(options)
        ],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": False,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": True,
        "members_only": False,
        **more,
    }
    world.polls[poll["id"]] = poll
    return poll


RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_pin_messages",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)


SAID = (
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
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)


def member(user: JsonObject, status: str) -> JsonObject:
    about = {"status": status, "user": user}
    if status == "administrator":
        return about | dict.fromkeys(RIGHTS, True)
    if status == "creator":
        return about | {"is_anonymous": False}
    if status == "restricted":
        silent = dict.fromkeys(SAID, False)
        return about | silent | {"is_member": True, "until_date": 0}
    return about | ({"until_date": 0} if status == "kicked" else {})
