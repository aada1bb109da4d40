"""Calls of the Bot API, as requests of MTProto. Each has a number by which Telegram drops a
repetition."""

from typing import Any

from telethon.tl import functions, types

from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject
from bridges.networks.telegram.user.translation import to_entity
from bridges.networks.telegram.wire import File
from bridges.networks.telegram.writing import Call


async def request_for(client: Any, peer: Any, call: Call, unique: int) -> Any:
    given = call.parameters
    words = str(given.get("text") or given.get("caption") or "")
    entities = given.get("entities") or given.get("caption_entities") or []
    more = {
        "random_id": unique,
        "entities": [found for it in entities if (found := to_entity(it)) is not None],
        "reply_to": answered(given),
    }
    if call.method == "sendMessage":
        return functions.messages.SendMessageRequest(peer, words, **more)
    return functions.messages.SendMediaRequest(peer, await media(client, call), words, **more)


def answered(given: JsonObject) -> Any:
    topic = given.get("message_thread_id")
    target = (given.get("reply_parameters") or {}).get("message_id") or topic
    return types.InputReplyToMessage(target, top_msg_id=topic) if target else None


async def media(client: Any, call: Call) -> Any:
    for file in call.files.values():
        return await uploaded(client, call, file)
    given = call.parameters
    match call.method:
        case "sendLocation" | "sendVenue":
            place = types.InputGeoPoint(given["latitude"], given["longitude"])
            if call.method == "sendLocation":
                return types.InputMediaGeoPoint(place)
            return types.InputMediaVenue(place, given["title"], given["address"], "", "", "")
        case "sendContact":
            name, phone = given["first_name"], given["phone_number"]
            return types.InputMediaContact(phone, name, "", given.get("vcard", ""))
        case "sendPoll":
            return types.InputMediaPoll(poll(given))
    raise Rejected("Telegram has no place for that.")


def poll(given: JsonObject) -> Any:
    def words(text: str) -> Any:
        return types.TextWithEntities(text, [])

    answers = [
        types.PollAnswer(words(it["text"]), bytes([turn]))
        for turn, it in enumerate(given["options"])
    ]
    several = bool(given.get("allows_multiple_answers"))
    return types.Poll(
        0, words(given["question"]), answers, 0, public_voters=True, multiple_choice=several
    )


async def uploaded(client: Any, call: Call, file: File) -> Any:
    handle = await client.upload_file(file.content, file_name=file.name)
    if call.method == "sendPhoto":
        return types.InputMediaUploadedPhoto(handle, spoiler=call.parameters.get("has_spoiler"))
    attributes = [types.DocumentAttributeFilename(file.name), *looks(call)]
    is_file = call.method == "sendDocument"
    return types.InputMediaUploadedDocument(handle, file.mime, attributes, force_file=is_file)


def looks(call: Call) -> list[Any]:
    given = call.parameters
    duration = given.get("duration") or 0
    match call.method:
        case "sendVideo" | "sendAnimation":
            size = (given.get("width") or 0, given.get("height") or 0)
            shown: list[Any] = [types.DocumentAttributeVideo(duration, *size)]
            animated = [types.DocumentAttributeAnimated()]
            return shown + (animated if call.method == "sendAnimation" else [])
        case "sendVoice" | "sendAudio":
            return [types.DocumentAttributeAudio(duration, voice=call.method == "sendVoice")]
        case "sendSticker":
            return [types.DocumentAttributeSticker("", types.InputStickerSetEmpty())]
    return []


def sent_id(updates: Any, unique: int) -> int:
    """The number that Telegram has given to what we sent."""
    if isinstance(updates, types.UpdateShortSentMessage):
        return int(updates.id)
    for update in updates.updates:
        if isinstance(update, types.UpdateMessageID) and update.random_id == unique:
            return int(update.id)
    return 0
