"""Chats and people, as bots ask of them and change them."""

from typing import Any

from tests.bridges.networks.telegram.simulator.given import Given, Refusal
from tests.bridges.networks.telegram.simulator.messages import chat_of
from tests.bridges.networks.telegram.simulator.people import member
from tests.bridges.networks.telegram.simulator.world import Bot, Chat, World

JsonObject = dict[str, Any]

GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
MAX_DOWNLOAD = 20_000_000


def about_chat(world: World, bot: Bot, given: Given) -> JsonObject:
    user_id = given.number("chat_id") if given.text("chat_id").lstrip("-").isdecimal() else None
    if user_id in world.users and user_id not in world.chats:
        # A bot may ask of people whom it has met.
        about: JsonObject = {"id": user_id, "type": "private"}
        about |= {"first_name": world.users[user_id]["first_name"]}
    else:
        chat = chat_of(world, bot, given, speaks=False)
        if chat.type != "private" and chat.members.get(bot.id) in (None, "left", "kicked"):
            raise Refusal(400, "Bad Request: chat not found")
        about = chat.about() | ({"description": chat.description} if chat.description else {})
        if chat.pinned:
            about["pinned_message"] = chat.messages[chat.pinned[-1]]
    gifts = dict.fromkeys((*GIFTS, "gifts_from_channels"), False)
    return about | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


def administrators(world: World, bot: Bot, given: Given) -> list[JsonObject]:
    chat = chat_of(world, bot, given)
    if chat.type == "private":
        raise Refusal(400, "Bad Request: there are no administrators in the private chat")
    return [
        member(world.users[id], status)
        for id, status in chat.members.items()
        if status in ("creator", "administrator")
    ]


def one_member(world: World, bot: Bot, given: Given) -> JsonObject:
    chat = chat_of(world, bot, given)
    user = world.users.get(given.number("user_id") or 0)
    if user is None:
        raise Refusal(400, "Bad Request: user not found")
    return member(user, chat.members.get(user["id"], "left"))


def change(world: World, bot: Bot, given: Given, slot: str) -> bool:
    chat = with_rights(world, bot, given)
    if getattr(chat, slot) == given.text(slot):
        raise Refusal(400, f"Bad Request: chat {slot} is not modified")
    setattr(chat, slot, given.text(slot))
    world.news.set()
    return True


def change_photo(world: World, bot: Bot, given: Given) -> bool:
    with_rights(world, bot, given)
    upload = given.upload("photo")
    if upload is None:
        raise Refusal(400, "Bad Request: there is no photo in the request")
    world.keeps_file(upload.data)
    world.news.set()
    return True


def with_rights(world: World, bot: Bot, given: Given) -> Chat:
    chat = chat_of(world, bot, given)
    if chat.members.get(bot.id) != "administrator":
        raise Refusal(400, "Bad Request: not enough rights")
    return chat


def ban(world: World, bot: Bot, given: Given, status: str = "kicked") -> bool:
    chat = with_rights(world, bot, given)
    user = given.number("user_id")
    if user not in world.users:
        raise Refusal(400, "Bad Request: user not found")
    chat.members[user] = status
    world.news.set()
    return True


def promote(world: World, bot: Bot, given: Given) -> bool:
    """Without any right they are a member like others again."""
    named = [name for name in given.values if name.startswith("can_") and given.flag(name)]
    return ranks(world, bot, given, "administrator" if named else "member")


def restrict(world: World, bot: Bot, given: Given) -> bool:
    may_speak = given.thing("permissions").get("can_send_messages")
    return ranks(world, bot, given, "member" if may_speak else "restricted")


def ranks(world: World, bot: Bot, given: Given, status: str) -> bool:
    chat, user = with_rights(world, bot, given), given.number("user_id")
    if chat.type not in ("supergroup", "channel"):
        raise Refusal(400, "Bad Request: method is available for supergroup and channel chats only")
    if user not in world.users or chat.members.get(user) in (None, "left", "kicked"):
        raise Refusal(400, "Bad Request: PARTICIPANT_ID_INVALID")
    if chat.members[user] == "creator":
        raise Refusal(400, "Bad Request: can't remove chat owner")
    was, chat.members[user] = chat.members[user], status
    world.news.set()
    world.tells("chat_member", membership(world, chat, bot.user, user, was), chat)
    return True


def membership(world: World, chat: Chat, by: JsonObject, user: int, was: str) -> JsonObject:
    return {
        "chat": chat.about(),
        "from": by,
        "date": world.now(),
        "old_chat_member": member(world.users[user], was),
        "new_chat_member": member(world.users[user], chat.members[user]),
    }


def leave(world: World, bot: Bot, given: Given) -> bool:
    chat_of(world, bot, given).members[bot.id] = "left"
    world.news.set()
    return True


def about_file(world: World, bot: Bot, given: Given) -> JsonObject:
    id = given.text("file_id")
    if id not in world.files:
        raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    if len(world.files[id]) > MAX_DOWNLOAD:
        raise Refusal(400, "Bad Request: file is too big")
    about = {"file_id": id, "file_unique_id": f"unique-{id}", "file_size": len(world.files[id])}
    return about | {"file_path": f"files/{id}"}


def custom_emoji(world: World, bot: Bot, given: Given) -> list[JsonObject]:
    return [
        {
            "file_id": f"emoji-{id}",
            "file_unique_id": f"emoji-{id}",
            "type": "custom_emoji",
            "width": 100,
            "height": 100,
            "is_animated": False,
            "is_video": False,
            "emoji": world.custom_emoji[id],
            "custom_emoji_id": id,
        }
        for id in given.thing("custom_emoji_ids")
        if id in world.custom_emoji
    ]
