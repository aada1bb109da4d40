"""What hangs on a message of VK, as parts. Whatever we do not know is named."""

from collections.abc import Callable, Iterator

from bridges.kit.json_values import JsonObject, number, objects
from bridges.kit.parts import Contact, Link, Location, Look, Media, Part, Poll, Unknown
from bridges.kit.sources import kept_there

MIMES = {"gif": "image/gif", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png"}
MIMES |= {"pdf": "application/pdf", "mp4": "video/mp4", "ogg": "audio/ogg", "webp": "image/webp"}
MAX_ATTACHMENTS = 50


def parts_of(message: JsonObject) -> Iterator[Part]:
    attachments = message.get("attachments")
    for one in attachments[:MAX_ATTACHMENTS] if isinstance(attachments, list) else []:
        if isinstance(one, dict):
            type = str(one.get("type") or "")
            thing = one.get(type)
            make = MAKERS.get(type)
            part = make(thing) if make and isinstance(thing, dict) else None
            yield part or Unknown(f"{type or 'something'}: VK shows it only at its site")
    if isinstance(geo := message.get("geo"), dict) and (place := location(geo)):
        yield place


def largest(sizes: object) -> JsonObject | None:
    known = [it for it in objects(sizes) if isinstance(it.get("url"), str)]
    return max(known, key=lambda it: number(it, "width") * number(it, "height"), default=None)


def look(thing: JsonObject) -> Look:
    return Look(number(thing, "width") or None, number(thing, "height") or None)


def photo(thing: JsonObject) -> Part | None:
    found = largest(thing.get("sizes")) or thing.get("orig_photo")
    if not isinstance(found, dict) or not isinstance(found.get("url"), str):
        return None
    return Media("image", "photo.jpg", "image/jpeg", kept_there(found["url"]), look=look(found))


def sticker(thing: JsonObject) -> Part | None:
    found = largest(thing.get("images"))
    if found is None:
        return Unknown("a sticker")
    content = kept_there(found["url"])
    return Media("sticker", "sticker.png", "image/png", content, look=look(found))


def graffiti(thing: JsonObject) -> Part | None:
    if not isinstance(url := thing.get("url"), str):
        return None
    return Media("image", "graffiti.png", "image/png", kept_there(url), look=look(thing))


def voice(thing: JsonObject) -> Part | None:
    if not isinstance(url := thing.get("link_ogg"), str):
        return None
    heights = thing.get("waveform")
    known = [it for it in heights if isinstance(it, int)] if isinstance(heights, list) else []
    top = max(known, default=0) or 1
    waveform = tuple(max(it, 0) * 100 // top for it in known[:200])
    shown = Look(duration_ms=number(thing, "duration") * 1000 or None, waveform=waveform)
    return Media("voice", "voice.ogg", "audio/ogg", kept_there(url), look=shown)


def document(thing: JsonObject) -> Part | None:
    if not isinstance(url := thing.get("url"), str):
        return None
    title, ending = str(thing.get("title") or "file"), str(thing.get("ext") or "").lower()
    mime = MIMES.get(ending, "application/octet-stream")
    kind = "image" if mime.startswith("image/") else "file"
    return Media(kind, title, mime, kept_there(url, number(thing, "size") or None))


def audio(thing: JsonObject) -> Part:
    return Unknown(f"music: {thing.get('artist') or '?'} – {thing.get('title') or '?'}")


def owned(thing: JsonObject) -> str:
    return f"{number(thing, 'owner_id')}_{number(thing, 'id')}"


def video(thing: JsonObject) -> Part:
    title = str(thing.get("title") or "Video")
    return Link(f"https://vk.com/video{owned(thing)}", title, str(thing.get("description") or ""))


def link(thing: JsonObject) -> Part | None:
    if not isinstance(url := thing.get("url"), str):
        return None
    return Link(url, str(thing.get("title") or ""), str(thing.get("description") or ""))


def wall(thing: JsonObject) -> Part:
    owner = number(thing, "owner_id") or number(thing, "to_id") or number(thing, "from_id")
    url = f"https://vk.com/wall{owner}_{number(thing, 'id')}"
    return Link(url, "A post at VK", str(thing.get("text") or "")[:1000])


def story(thing: JsonObject) -> Part:
    return Link(f"https://vk.com/story{owned(thing)}", "A story at VK")


def poll(thing: JsonObject) -> Part:
    answers = objects(thing.get("answers"))[:20]
    options = tuple(str(it.get("text") or "") for it in answers)
    most = len(options) if thing.get("multiple") else 1
    return Poll(str(thing.get("question") or ""), options, most)


def contact(thing: JsonObject) -> Part:
    phones = (str(thing["phone"]),) if thing.get("phone") else ()
    return Contact(str(thing.get("name") or "?"), phones)


def location(geo: JsonObject) -> Location | None:
    match geo.get("coordinates"):
        case {"latitude": int() | float() as latitude, "longitude": int() | float() as longitude}:
            place = geo.get("place")
            name = str(place.get("title") or "") if isinstance(place, dict) else ""
            return Location(float(latitude), float(longitude), name)
    return None


def call(thing: JsonObject) -> Part:
    return Unknown(f"a call ({thing.get('state') or 'ended'})")


def gift(thing: JsonObject) -> Part:
    return Unknown("a gift")


def buttons(message: JsonObject) -> Part | None:
    """A keyboard of another bot, as words: who answers with a button's words does the same."""
    keyboard = message.get("keyboard")
    rows = keyboard.get("buttons") if isinstance(keyboard, dict) else None
    labels = []
    for row in rows[:20] if isinstance(rows, list) else []:
        for one in row[:10] if isinstance(row, list) else []:
            action = one.get("action") if isinstance(one, dict) else None
            if isinstance(action, dict) and action.get("label"):
                labels.append(str(action["label"])[:80])
    return Unknown("buttons: " + " | ".join(labels)) if labels else None


MAKERS: dict[str, Callable[[JsonObject], Part | None]] = {
    "photo": photo,
    "sticker": sticker,
    "graffiti": graffiti,
    "audio_message": voice,
    "doc": document,
    "audio": audio,
    "video": video,
    "link": link,
    "wall": wall,
    "story": story,
    "poll": poll,
    "contact": contact,
    "call": call,
    "gift": gift,
}
