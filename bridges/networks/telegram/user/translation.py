"""What Telethon hands out, in the words of the Bot API."""

import re
from collections.abc import Callable
from typing import Any

from telethon import utils
from telethon.tl import types

from bridges.kit.json_values import JsonObject

ENTITIES: dict[str, type] = {
    "bold": types.MessageEntityBold,
    "italic": types.MessageEntityItalic,
    "underline": types.MessageEntityUnderline,
    "strikethrough": types.MessageEntityStrike,
    "spoiler": types.MessageEntitySpoiler,
    "blockquote": types.MessageEntityBlockquote,
    "code": types.MessageEntityCode,
    "pre": types.MessageEntityPre,
    "text_link": types.MessageEntityTextUrl,
    "text_mention": types.MessageEntityMentionName,
    "mention": types.MessageEntityMention,
    "url": types.MessageEntityUrl,
    "email": types.MessageEntityEmail,
    "custom_emoji": types.MessageEntityCustomEmoji,
}
STORY = "story/"
"""Before the names of files that stand in stories."""
NAMES = {kind: name for name, kind in ENTITIES.items()}


def user(it: Any) -> JsonObject:
    about = {"id": it.id, "is_bot": bool(it.bot), "first_name": it.first_name or ""}
    more = {"last_name": it.last_name, "username": it.username}
    return about | {key: value for key, value in more.items() if value}


def chat(it: Any) -> JsonObject:
    """A person, a group or a channel, with the id that bots see."""
    id = utils.get_peer_id(it)
    if isinstance(it, types.User):
        return user(it) | {"id": id, "type": "private"}
    kind = "group"
    if isinstance(it, types.Channel):
        kind = "supergroup" if it.megagroup else "channel"
    about = {"id": id, "type": kind, "title": it.title}
    forum = {"is_forum": True} if getattr(it, "forum", False) else {}
    name = {"username": it.username} if getattr(it, "username", None) else {}
    return about | forum | name


def message(it: Any, where: JsonObject, who: Any) -> JsonObject:
    """`who`: the person or channel that speaks, None for the chat itself."""
    told: JsonObject = {
        "message_id": it.id,
        "date": int(it.date.timestamp()),
        "chat": where,
        **speaker(who, where),
    }
    if it.edit_date:
        told["edit_date"] = int(it.edit_date.timestamp())
    if it.grouped_id:
        told["media_group_id"] = str(it.grouped_id)
    told |= answering(it.reply_to, where) | forwarding(it.fwd_from)
    if it.action is not None:
        return told | service(it.action, it)
    return told | content(it, f"{where['id']}/{it.id}", it.message or "")


def story(it: Any, where: JsonObject, who: Any) -> JsonObject:
    """As a message, with `expire_date`."""
    told = {"message_id": it.id, "chat": where, **speaker(who, where)}
    for name in ("date", "expire_date"):
        told[name] = int(getattr(it, name).timestamp())
    return told | content(it, f"{STORY}{where['id']}/{it.id}", it.caption or "")


def content(it: Any, reference: str, words: str) -> JsonObject:
    shown = media(it, reference)
    if not words:
        return shown
    slot = "caption" if shown else "text"
    entities = "caption_entities" if shown else "entities"
    return shown | {slot: words, entities: list(map(entity, it.entities or ()))}


def speaker(who: Any, where: JsonObject) -> JsonObject:
    if isinstance(who, types.User):
        return {"from": user(who)}
    return {"sender_chat": where if who is None else chat(who)}


def answering(reply: Any, where: JsonObject) -> JsonObject:
    if not isinstance(reply, types.MessageReplyHeader):
        return {}
    told: JsonObject = {}
    if reply.forum_topic and where.get("is_forum"):
        topic = reply.reply_to_top_id or reply.reply_to_msg_id
        told |= {"message_thread_id": topic, "is_topic_message": True}
    answers_nothing = reply.forum_topic and not reply.reply_to_top_id
    if reply.reply_to_msg_id and not answers_nothing:
        told["reply_to_message"] = {"message_id": reply.reply_to_msg_id}
    if reply.quote and reply.quote_text:
        told["quote"] = {"text": reply.quote_text, "is_manual": True}
    return told


def forwarding(forward: Any) -> JsonObject:
    if forward is None:
        return {}
    name = forward.from_name or forward.post_author or "somebody"
    return {"forward_origin": {"type": "hidden_user", "sender_user_name": name}}


def entity(it: Any) -> JsonObject:
    told = {"type": NAMES.get(type(it), "unknown"), "offset": it.offset, "length": it.length}
    match it:
        case types.MessageEntityTextUrl():
            return told | {"url": it.url}
        case types.MessageEntityMentionName():
            return told | {"user": {"id": it.user_id}}
        case types.MessageEntityPre():
            return told | {"language": it.language}
    return told


def to_entity(told: JsonObject) -> Any:
    """None for one that Telethon does not know."""
    kind, place = ENTITIES.get(str(told["type"])), (told["offset"], told["length"])
    match told["type"]:
        case "text_link":
            return types.MessageEntityTextUrl(*place, told["url"])
        case "text_mention":
            return types.MessageEntityMentionName(*place, told["user"]["id"])
        case "pre":
            return types.MessageEntityPre(*place, told.get("language") or "")
    return kind(*place) if kind else None


def media(it: Any, reference: str) -> JsonObject:
    """What is not known is named."""
    shown = it.media
    if shown is None or isinstance(shown, WITHOUT):
        return {}
    if (read := MEDIA.get(type(shown))) is not None:
        return read(shown, reference)
    return {said(shown, "MessageMedia"): {"id": it.id}}


def said(it: Any, prefix: str) -> str:
    """`MessageMediaPaidMedia` as a member: `paid_media`."""
    return re.sub(r"(?<=.)([A-Z])", r"_\1", type(it).__name__.removeprefix(prefix)).lower()


def photo(shown: Any, reference: str) -> JsonObject:
    if not isinstance(shown.photo, types.Photo):
        return {"photo_that_is_gone": {}}
    size = max((getattr(one, "size", 0) for one in shown.photo.sizes), default=0)
    return {"photo": [file(reference, shown.photo.id, size)]} | spoiler(shown)


def document(shown: Any, reference: str) -> JsonObject:
    if not isinstance(shown.document, types.Document):
        return {"file_that_is_gone": {}}
    return document_of(reference, shown.document) | spoiler(shown)


def venue(shown: Any, _: str) -> JsonObject:
    about = {"title": shown.title, "address": shown.address}
    return {"venue": {"location": location(shown.geo)} | about}


def card(shown: Any, _: str) -> JsonObject:
    names = {"first_name": shown.first_name, "last_name": shown.last_name}
    return {"contact": {"phone_number": shown.phone_number, "vcard": shown.vcard} | names}


def dice(shown: Any, _: str) -> JsonObject:
    return {"dice": {"emoji": shown.emoticon, "value": shown.value}}


def spoiler(shown: Any) -> JsonObject:
    return {"has_media_spoiler": True} if shown.spoiler else {}


def file(reference: str, id: int, size: int) -> JsonObject:
    return {"file_id": reference, "file_unique_id": str(id), "file_size": size}


def location(place: Any) -> JsonObject:
    return {"latitude": place.lat, "longitude": place.long}


def poll_of(poll: Any) -> JsonObject:
    options = [{"text": one.text.text, "voter_count": 0} for one in poll.answers]
    several = {"allows_multiple_answers": bool(poll.multiple_choice)}
    return {"id": str(poll.id), "question": poll.question.text, "options": options} | several


def document_of(reference: str, document: Any) -> JsonObject:
    """Its attributes say what it is."""
    about = file(reference, document.id, document.size) | {"mime_type": document.mime_type}
    slot = "document"
    for one in document.attributes:
        match one:
            case types.DocumentAttributeFilename():
                about["file_name"] = one.file_name
            case types.DocumentAttributeImageSize():
                about |= {"width": one.w, "height": one.h}
            case types.DocumentAttributeSticker():
                slot = "sticker"
                about |= {"emoji": one.alt} | moves(document.mime_type)
            case types.DocumentAttributeAudio():
                slot = "voice" if one.voice else "audio"
                about |= {"duration": one.duration, "title": one.title}
                about |= {"performer": one.performer}
            case types.DocumentAttributeVideo():
                slot = slot if slot in ("sticker", "animation") else "video"
                about |= {"width": one.w, "height": one.h, "duration": round(one.duration)}
            case types.DocumentAttributeAnimated():
                slot = "animation"
    return {slot: about}


def moves(mime: str) -> JsonObject:
    return {"is_animated": mime == "application/x-tgsticker", "is_video": mime == "video/webm"}


def service(action: Any, it: Any) -> JsonObject:
    """What happened to the chat; what is not known is named."""
    read = ACTIONS.get(type(action))
    return read(action, it) if read else {said(action, "MessageAction"): {"id": it.id}}


def pin(action: Any, it: Any) -> JsonObject:
    pinned = getattr(it.reply_to, "reply_to_msg_id", None) or it.id
    return {"pinned_message": {"message_id": pinned}}


def moved(action: Any, it: Any) -> JsonObject:
    return {"migrate_to_chat_id": utils.get_peer_id(types.PeerChannel(action.channel_id))}


def timer(action: Any, it: Any) -> JsonObject:
    return {"message_auto_delete_timer_changed": {"message_auto_delete_time": action.period}}


def call(action: Any, it: Any) -> JsonObject:
    return {"video_chat_ended" if action.duration else "video_chat_started": {}}


def person(id: int) -> JsonObject:
    """Of whom only the number is known: the name comes when they speak."""
    return {"id": id, "is_bot": False, "first_name": ""}


WITHOUT = (types.MessageMediaEmpty, types.MessageMediaWebPage)
UNSUPPORTED: JsonObject = {"unsupported_message": {}}
MEDIA: dict[type, Callable[[Any, str], JsonObject]] = {
    types.MessageMediaPhoto: photo,
    types.MessageMediaDocument: document,
    types.MessageMediaVenue: venue,
    types.MessageMediaGeo: lambda it, _: {"location": location(it.geo)},
    types.MessageMediaGeoLive: lambda it, _: {"location": location(it.geo)},
    types.MessageMediaContact: card,
    types.MessageMediaPoll: lambda it, _: {"poll": poll_of(it.poll)},
    types.MessageMediaDice: dice,
    types.MessageMediaUnsupported: lambda it, _: UNSUPPORTED,
}
ACTIONS: dict[type, Callable[[Any, Any], JsonObject]] = {
    types.MessageActionChatEditTitle: lambda it, _: {"new_chat_title": it.title},
    types.MessageActionChatDeletePhoto: lambda it, _: {"delete_chat_photo": True},
    types.MessageActionChatDeleteUser: lambda it, _: {"left_chat_member": person(it.user_id)},
    types.MessageActionChatAddUser: lambda it, _: {"new_chat_members": list(map(person, it.users))},
    types.MessageActionPinMessage: pin,
    types.MessageActionChatMigrateTo: moved,
    types.MessageActionSetMessagesTTL: timer,
    types.MessageActionTopicCreate: lambda it, _: {"forum_topic_created": {"name": it.title}},
    types.MessageActionTopicEdit: lambda it, _: {"forum_topic_edited": {"name": it.title}},
    types.MessageActionChatCreate: lambda it, _: {"group_chat_created": True},
    types.MessageActionChannelCreate: lambda it, _: {"channel_chat_created": True},
    types.MessageActionGroupCall: call,
}
