"""Messages of bots: sent, changed and taken back, within Telegram's limits."""

from typing import Any

from tests.bridges.networks.telegram.simulator.given import Given, Refusal
from tests.bridges.networks.telegram.simulator.people import new_poll
from tests.bridges.networks.telegram.simulator.world import Bot, Chat, World

JsonObject = dict[str, Any]

MAX_TEXT, MAX_CAPTION = 4096, 1024
MAX_UPLOAD, MAX_PHOTO = 50_000_000, 10_000_000
FACES = frozenset("👍👎❤🔥🥰👏😁🤔🤯😱🎉🤩🙏👌😍💯🤣⚡🏆💔👀🎃🙈😇🤝✍🤗🫡")
SLOTS: dict[str, JsonObject] = {
    "photo": {},
    "video": {"width": 320, "height": 240, "duration": 3},
    "animation": {"width": 320, "height": 240, "duration": 3},
    "audio": {"duration": 3},
    "voice": {"duration": 3},
    "video_note": {"length": 240, "duration": 3},
    "document": {},
    "sticker": {
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
    },
}


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def chat_of(world: World, bot: Bot, given: Given, speaks: bool = True) -> Chat:
    name = given.text("chat_id")
    if name.startswith("@"):
        named = [it for it in world.chats.values() if f"@{it.title.lower()}" == name.lower()]
        chat = named[0] if named else None
    else:
        chat = world.chats.get(given.number("chat_id") or 0)
    if chat is None:
        raise Refusal(400, "Bad Request: chat not found")
    if chat.moved_to is not None:
        description = "Bad Request: group chat was upgraded to a supergroup chat"
        raise Refusal(400, description, migrate_to_chat_id=chat.moved_to)
    status = chat.members.get(bot.id)
    if speaks and chat.type != "private" and status in (None, "left", "kicked"):
        what = "was kicked from" if status == "kicked" else "is not a member of"
        raise Refusal(403, f"Forbidden: bot {what} the {chat.type} chat")
    if speaks and chat.type == "private" and status == "kicked":
        raise Refusal(403, "Forbidden: bot was blocked by the user")
    if speaks and chat.type == "channel" and status != "administrator":
        raise Refusal(403, "Forbidden: need administrator rights in the channel chat")
    return chat


def checked(given: Given, name: str, limit: int) -> tuple[str, list[JsonObject]]:
    """A text and its entities, which must lie in it."""
    text, entities = (
        given.text(name),
        given.thing("entities" if name == "text" else f"{name}_entities"),
    )
    if units(text) > limit:
        what = "message is too long" if name == "text" else "message caption is too long"
        raise Refusal(400, f"Bad Request: {what}")
    kept = []
    for one in entities or []:
        if not (one["length"] > 0 and 0 <= one["offset"] <= units(text) - one["length"]):
            raise Refusal(400, "Bad Request: entity is out of the text")
        text.encode("utf-16-le")[one["offset"] * 2 :][: one["length"] * 2].decode("utf-16-le")
        kept.append(one)
    return text, kept


def named(world: World, entities: list[JsonObject]) -> list[JsonObject]:
    """Mentions of people whom nobody knows are only words."""
    kept = []
    for one in entities:
        user = world.users.get(one["user"]["id"]) if one["type"] == "text_mention" else None
        if one["type"] != "text_mention":
            kept.append(one)
        elif user:
            kept.append(one | {"user": user})
    return kept


def envelope(world: World, bot: Bot, chat: Chat, given: Given) -> JsonObject:
    content: JsonObject = {"from": bot.user}
    if chat.type == "channel":
        content = {"sender_chat": chat.about()}
    if (topic := given.number("message_thread_id")) is not None:
        if not chat.is_forum:
            raise Refusal(400, "Bad Request: message thread not found")
        content |= {"message_thread_id": topic, "is_topic_message": True}
    reply = given.thing("reply_parameters")
    if reply:
        target = chat.messages.get(int(reply["message_id"]))
        if target is None and not reply.get("allow_sending_without_reply"):
            raise Refusal(400, "Bad Request: message to be replied not found")
        if target is not None:
            shown = {key: it for key, it in target.items() if key != "reply_to_message"}
            content["reply_to_message"] = shown
    return content


def send_text(world: World, bot: Bot, given: Given) -> JsonObject:
    chat = chat_of(world, bot, given)
    text, entities = checked(given, "text", MAX_TEXT)
    if not text.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    content = envelope(world, bot, chat, given) | {"text": text}
    if kept := named(world, entities):
        content["entities"] = kept
    return world.new_message(chat, content)


def send_file(world: World, bot: Bot, given: Given, slot: str) -> JsonObject:
    chat = chat_of(world, bot, given)
    upload = given.upload(slot)
    if upload is None:
        raise Refusal(400, f"Bad Request: there is no {slot} in the request")
    limit = MAX_PHOTO if slot == "photo" else MAX_UPLOAD
    if len(upload.data) > limit:
        raise Refusal(413, "Request Entity Too Large")
    file = world.keeps_file(upload.data)
    if slot == "photo":
        shown: Any = [file | {"width": 900, "height": 600}]
    else:
        shown = file | SLOTS[slot]
        if slot in ("document", "video", "animation", "audio"):
            shown |= {"file_name": upload.name, "mime_type": upload.mime}
    content = envelope(world, bot, chat, given) | {slot: shown}
    caption, entities = checked(given, "caption", MAX_CAPTION)
    if caption:
        content["caption"] = caption
    if kept := named(world, entities):
        content["caption_entities"] = kept
    return world.new_message(chat, content)


def send_location(world: World, bot: Bot, given: Given) -> JsonObject:
    chat = chat_of(world, bot, given)
    where = {key: float(given.text(key)) for key in ("latitude", "longitude")}
    content = envelope(world, bot, chat, given) | {"location": where}
    if given.text("title"):
        about = {"title": given.text("title"), "address": given.text("address")}
        content["venue"] = {"location": where} | about
    return world.new_message(chat, content)


def send_contact(world: World, bot: Bot, given: Given) -> JsonObject:
    chat = chat_of(world, bot, given)
    card = {key: given.text(key) for key in ("phone_number", "first_name")}
    return world.new_message(chat, envelope(world, bot, chat, given) | {"contact": card})


def send_poll(world: World, bot: Bot, given: Given) -> JsonObject:
    chat = chat_of(world, bot, given)
    options = [it["text"] if isinstance(it, dict) else it for it in given.thing("options")]
    if not 1 <= len(options) <= 12:
        raise Refusal(400, "Bad Request: poll must have 1-12 options")
    multiple = {"allows_multiple_answers": given.flag("allows_multiple_answers")}
    poll = new_poll(world, given.text("question"), options, **multiple)
    world.asked_by[poll["id"]] = bot.id
    return world.new_message(chat, envelope(world, bot, chat, given) | {"poll": poll})


def stop_poll(world: World, bot: Bot, given: Given) -> JsonObject:
    message = own(world, bot, given, "poll")
    if message["poll"]["is_closed"]:
        raise Refusal(400, "Bad Request: poll has already been closed")
    message["poll"]["is_closed"] = True
    world.tells_bot(bot, "poll", message["poll"])
    return dict(message["poll"])


def own(world: World, bot: Bot, given: Given, what: str = "edit") -> JsonObject:
    """A message that the bot may change."""
    chat = chat_of(world, bot, given)
    message = chat.messages.get(given.number("message_id") or 0)
    if message is None:
        raise Refusal(400, f"Bad Request: message to {what} not found")
    is_own = (message.get("from") or {}).get("id") == bot.id
    if not is_own and chat.type != "channel":
        raise Refusal(400, "Bad Request: message can't be edited")
    return message


def edit_text(world: World, bot: Bot, given: Given, slot: str = "text") -> JsonObject:
    message = own(world, bot, given)
    text, entities = checked(given, slot, MAX_TEXT if slot == "text" else MAX_CAPTION)
    if slot == "text" and "text" not in message:
        raise Refusal(400, "Bad Request: there is no text in the message to edit")
    key = "entities" if slot == "text" else "caption_entities"
    kept = named(world, entities)
    if message.get(slot) == text and message.get(key, []) == kept:
        raise Refusal(400, "Bad Request: message is not modified: it is exactly the same")
    message |= {slot: text, key: kept, "edit_date": world.now()}
    world.news.set()
    return message


def edit_markup(world: World, bot: Bot, given: Given) -> JsonObject:
    message = own(world, bot, given)
    if not given.thing("reply_markup") and "reply_markup" not in message:
        raise Refusal(400, "Bad Request: message is not modified: it is exactly the same")
    return message


def delete(world: World, bot: Bot, given: Given) -> bool:
    chat = chat_of(world, bot, given)
    message = chat.messages.get(given.number("message_id") or 0)
    if message is None:
        raise Refusal(400, "Bad Request: message to delete not found")
    is_own = (message.get("from") or {}).get("id") == bot.id
    if not is_own and chat.members.get(bot.id) != "administrator":
        raise Refusal(400, "Bad Request: message can't be deleted")
    chat.deleted.add(message["message_id"])
    del chat.messages[message["message_id"]]
    world.news.set()
    return True


def react(world: World, bot: Bot, given: Given) -> bool:
    chat = chat_of(world, bot, given)
    message = chat.messages.get(given.number("message_id") or 0)
    if message is None:
        raise Refusal(400, "Bad Request: message to react not found")
    reactions = given.thing("reaction") or []
    if len(reactions) > 1 or any(it.get("emoji") not in FACES for it in reactions):
        raise Refusal(400, "Bad Request: REACTION_INVALID")
    message["reactions_of_bots"] = [it["emoji"] for it in reactions]
    world.news.set()
    return True


def pin(world: World, bot: Bot, given: Given, is_pinned: bool = True) -> bool:
    chat = chat_of(world, bot, given)
    id = given.number("message_id")
    if id not in chat.messages:
        raise Refusal(400, "Bad Request: message to pin not found")
    if chat.members.get(bot.id) != "administrator" and chat.type != "private":
        raise Refusal(400, "Bad Request: not enough rights to manage pinned messages in the chat")
    chat.pinned = [it for it in chat.pinned if it != id] + ([id] if is_pinned and id else [])
    world.news.set()
    return True
