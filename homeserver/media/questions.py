"""What may be asked of files, by clients and by other servers alike."""

from homeserver.http.request import Request
from homeserver.media.downloads import DEFAULT_WAIT_MS
from homeserver.media.thumbnails import Wish

METHODS = ("scale", "crop")


def wait_ms(request: Request) -> int:
    return request.integer("timeout_ms", DEFAULT_WAIT_MS)


def wish_of(request: Request) -> Wish:
    request.required_text("width")
    request.required_text("height")
    return Wish(
        width=request.integer("width", 0, minimum=1),
        height=request.integer("height", 0, minimum=1),
        method=request.choice("method", "scale", METHODS),
        animated=request.boolean("animated"),
    )
