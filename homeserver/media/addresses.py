"""mxc:// URIs. Spec: Client-Server API, "Matrix Content (mxc://) URIs"."""

import re

from homeserver.errors import NotFound
from homeserver.events.ids import is_server_name
from homeserver.randomness import Random, token

MAX_ID = 255
NEW_ID = 24

_MEDIA_ID = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_ID}}}", re.ASCII)


def check_address(origin: str, media_id: str) -> None:
    """Raise NotFound for what no mxc:// URI can name: paths that lead elsewhere, for one."""
    if not is_server_name(origin) or not _MEDIA_ID.fullmatch(media_id):
        raise NotFound("This is not the address of a file.")


def new_media_id(random: Random) -> str:
    return token(random, NEW_ID)


def content_uri(origin: str, media_id: str) -> str:
    return f"mxc://{origin}/{media_id}"
