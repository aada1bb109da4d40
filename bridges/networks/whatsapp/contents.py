"""What a message of WhatsApp holds, as parts. Whatever we do not know is named."""

from collections.abc import Callable

from bridges.kit.json_values import JsonObject, objects
from bridges.kit.marks import from_marks
from bridges.kit.parts import Contact, Location, Look, Media, Part, Text, Unknown
from bridges.kit.sources import kept_there

FILES = ("image", "video", "audio", "document", "sticker")
MAX_CONTACTS = 20


def parts_of(message: JsonObject) -> tuple[Part, ...]:
    type = str(message.get("type") or "")
    thing = message.get(type)
    if type == "contacts":
        cards = thing if isinstance(thing, list) else []
        return tuple(contact(it) for it in cards[:MAX_CONTACTS] if isinstance(it, dict))
    make = MAKERS.get(type)
    if make and isinstance(thing, dict):
        return (make(thing),)
    return (unknown(type, message),)


def unknown(type: str, message: JsonObject) -> Unknown:
    errors = message.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    title = first.get("title") if isinstance(first, dict) else None
    named = "a message that WhatsApp hands only to its own apps" if type == "unsupported" else type
    return Unknown(f"{named or 'something'}{f': {title}' if title else ''}")


def text(thing: JsonObject) -> Part:
    return from_marks(str(thing.get("body") or ""))


def media(kind: str) -> Callable[[JsonObject], Part]:
    def make(thing: JsonObject) -> Part:
        mime = str(thing.get("mime_type") or "application/octet-stream").partition(";")[0]
        name = str(thing.get("filename") or f"{kind}.{mime.rpartition('/')[2]}")
        shown = "voice" if kind == "audio" and thing.get("voice") else kind
        caption = thing.get("caption")
        return Media(
            "file" if shown == "document" else shown,
            name,
            mime,
            kept_there(str(thing.get("id") or "")),
            caption=from_marks(caption) if isinstance(caption, str) and caption else None,
            look=Look(is_animated=bool(thing.get("animated"))),
        )

    return make


def location(thing: JsonObject) -> Part:
    match thing:
        case {"latitude": int() | float() as latitude, "longitude": int() | float() as longitude}:
            words = (str(thing[it]) for it in ("name", "address") if thing.get(it))
            return Location(float(latitude), float(longitude), ", ".join(words))
    return Unknown("a place")


def contact(thing: JsonObject) -> Part:
    name, phones = thing.get("name"), thing.get("phones")
    full = name.get("formatted_name") if isinstance(name, dict) else None
    known = objects(phones)[:10]
    numbers = tuple(str(it.get("phone") or it.get("wa_id") or "") for it in known)
    return Contact(str(full or "?"), numbers)


def pressed(thing: JsonObject) -> Part:
    """Of a list or buttons that a template or another program sent."""
    reply = thing.get(str(thing.get("type")))
    if not isinstance(reply, dict):
        return Unknown("an answer to a form")
    return Text(str(reply.get("title") or reply.get("name") or "an answer to a form"))


def button(thing: JsonObject) -> Part:
    return Text(str(thing.get("text") or thing.get("payload") or ""))


def order(thing: JsonObject) -> Part:
    items = thing.get("product_items")
    lines = [str(thing["text"])] if thing.get("text") else []
    for one in items[:50] if isinstance(items, list) else []:
        if isinstance(one, dict):
            price = f"{one.get('item_price')} {one.get('currency')}"
            lines.append(f"{one.get('quantity')} x {one.get('product_retailer_id')} at {price}")
    return Text("\n".join(("An order:", *lines)))


MAKERS: dict[str, Callable[[JsonObject], Part]] = {
    "text": text,
    **{kind: media(kind) for kind in FILES},
    "location": location,
    "interactive": pressed,
    "button": button,
    "order": order,
}
