"""Messages by which Telegram says what happened to a chat, as happenings."""

from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen

from bridges.kit.chats import Picture
from bridges.kit.happenings import (
    CallNoticed,
    ChatChange,
    ChatGone,
    Lasting,
    MemberChange,
    Notice,
    Sender,
)
from bridges.kit.json_values import JsonObject
from bridges.kit.parts import ChatKey
from bridges.kit.sources import kept_there
from bridges.networks.telegram.names import key, name_of


@frozen
class Spoken:
    """A service message, in whose chat, by whom."""

    message: JsonObject
    chat: ChatKey
    sender: Sender
    login_id: str
    bot_id: int

    @property
    def id(self) -> str:
        return str(self.message["message_id"])

    def changes(self, **what: Any) -> Iterator[Lasting]:
        yield ChatChange(self.chat, self.sender, self.id, **what)

    def notes(self, text: str) -> Iterator[Lasting]:
        yield Notice(self.chat, self.id, text)


def happenings(it: Spoken) -> list[Lasting] | None:
    """None: it is no such message."""
    for member, read in READERS.items():
        if (content := it.message.get(member)) is not None:
            return list(read(it, content))
    return None


def came(it: Spoken, users: list[JsonObject]) -> Iterator[Lasting]:
    for user in users:
        who = Sender(str(user["id"]), name_of(user))
        by = it.sender if who.id != it.sender.id else None
        if user["id"] == it.bot_id:
            yield Notice(it.chat, it.id, f"{it.sender.name} has brought the bot into this chat.")
        else:
            yield MemberChange(it.chat, who, f"{it.id}+{who.id}", True, by=by)


def went(it: Spoken, user: JsonObject) -> Iterator[Lasting]:
    who = Sender(str(user["id"]), name_of(user))
    if user["id"] == it.bot_id:
        # That the chat is gone for us is told by our membership.
        return
    if who.id == it.sender.id:
        yield MemberChange(it.chat, who, it.id, False)
    else:
        yield MemberChange(it.chat, who, it.id, False, how="kicked", by=it.sender)


def title(it: Spoken, name: str) -> Iterator[Lasting]:
    return it.changes(name=name)


def picture(it: Spoken, sizes: list[JsonObject]) -> Iterator[Lasting]:
    largest = sizes[-1]
    content = kept_there(str(largest["file_id"]), largest.get("file_size"))
    return it.changes(picture=Picture(str(largest["file_unique_id"]), content))


def no_picture(it: Spoken, _: bool) -> Iterator[Lasting]:
    return it.changes(picture=Picture(""))


def pinned(it: Spoken, message: JsonObject) -> Iterator[Lasting]:
    return it.changes(pinned=(str(message["message_id"]),))


def timer(it: Spoken, content: JsonObject) -> Iterator[Lasting]:
    return it.changes(timer_ms=int(content["message_auto_delete_time"]) * 1000)


def moved(it: Spoken, chat_id: int) -> Iterator[Lasting]:
    successor = key(chat_id, it.login_id)
    yield ChatGone(it.chat, it.id, "The group has become a supergroup.", successor)


def topic(it: Spoken, content: JsonObject) -> Iterator[Lasting]:
    return it.changes(name=str(content["name"])) if content.get("name") else iter(())


def call(state: str) -> Callable[[Spoken, Any], Iterator[Lasting]]:
    def read(it: Spoken, _: Any) -> Iterator[Lasting]:
        yield CallNoticed(it.chat, it.sender, it.id, state, is_video=True)

    return read


def note(text: str) -> Callable[[Spoken, Any], Iterator[Lasting]]:
    def read(it: Spoken, _: Any) -> Iterator[Lasting]:
        return it.notes(text.format(who=it.sender.name))

    return read


READERS: dict[str, Callable[[Spoken, Any], Iterator[Lasting]]] = {
    "new_chat_members": came,
    "left_chat_member": went,
    "new_chat_title": title,
    "new_chat_photo": picture,
    "delete_chat_photo": no_picture,
    "pinned_message": pinned,
    "message_auto_delete_timer_changed": timer,
    "migrate_to_chat_id": moved,
    "migrate_from_chat_id": note("Here the group goes on as a supergroup."),
    "forum_topic_created": topic,
    "forum_topic_edited": topic,
    "forum_topic_closed": note("{who} has closed the topic."),
    "forum_topic_reopened": note("{who} has opened the topic again."),
    "general_forum_topic_hidden": note("{who} has hidden the general topic."),
    "general_forum_topic_unhidden": note("{who} shows the general topic again."),
    "video_chat_started": call("ringing"),
    "video_chat_ended": call("ended"),
    "video_chat_scheduled": note("A video chat is planned."),
    "video_chat_participants_invited": note("{who} invites to the video chat."),
    "group_chat_created": note("{who} has made this group."),
    "supergroup_chat_created": note("{who} has made this group."),
    "channel_chat_created": note("This channel was made."),
    "boost_added": note("{who} has boosted the chat."),
    "chat_background_set": note("{who} has changed the chat's background."),
    "write_access_allowed": note("The bot may write now."),
    "connected_website": note("{who} has logged in to a website with Telegram."),
    "giveaway_created": note("A giveaway was announced."),
    "giveaway_completed": note("A giveaway is over."),
    "successful_payment": note("{who} has paid."),
    "proximity_alert_triggered": note("Somebody is near now."),
}
