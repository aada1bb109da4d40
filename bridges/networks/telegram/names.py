"""Who speaks where: Telegram's ids and names in the kit's words.

A forum's topic is a chat of its own, `CHAT/TOPIC`. A chat that somebody lends to the bot as a
business is `CHAT@CONNECTION`. Messages of channels and supergroups have the same numbers for
everybody, so these chats are shared by all logins; those of others are one login's own.
"""

from attrs import frozen

from bridges.kit.happenings import Sender
from bridges.kit.json_values import JsonObject
from bridges.kit.parts import ChatKey

SHARED_BELOW = -1_000_000_000_000


@frozen
class Place:
    """What a call to the Bot API says of where it is to act."""

    chat_id: int
    topic: int | None = None
    business: str | None = None

    def parameters(self) -> JsonObject:
        """For sending."""
        return self.chat() | {"message_thread_id": self.topic}

    def chat(self) -> JsonObject:
        """For what concerns a message that is there, or the chat."""
        return {"chat_id": self.chat_id, "business_connection_id": self.business}


def place(key: ChatKey) -> Place:
    """Raises ValueError for a key that is not of here."""
    rest, _, business = key.id.partition("@")
    chat, _, topic = rest.partition("/")
    return Place(int(chat), int(topic) if topic else None, business or None)


def key(chat_id: int, login_id: str, topic: int | None = None, business: str = "") -> ChatKey:
    receiver = "" if chat_id < SHARED_BELOW and not business else login_id
    suffix = f"/{topic}" if topic else ""
    return ChatKey(f"{chat_id}{suffix}" + (f"@{business}" if business else ""), receiver)


def key_of(message: JsonObject, login_id: str) -> ChatKey:
    topic = message.get("message_thread_id") if message.get("is_topic_message") is True else None
    business = message.get("business_connection_id")
    return key(
        message["chat"]["id"],
        login_id,
        topic if isinstance(topic, int) else None,
        business if isinstance(business, str) else "",
    )


def name_of(user: JsonObject) -> str:
    """Of a person, a channel or a group."""
    if title := user.get("title"):
        return str(title)
    names = (user.get("first_name"), user.get("last_name"))
    return " ".join(str(it) for it in names if it) or str(user.get("username") or "Deleted account")


def sender(message: JsonObject, owner: int | None = None) -> Sender:
    """A channel or a group may speak as such. `owner`: who has lent their chats to the bot."""
    who = message.get("sender_chat") or message.get("from") or message["chat"]
    return Sender(str(who["id"]), name_of(who), me=owner is not None and who["id"] == owner)
