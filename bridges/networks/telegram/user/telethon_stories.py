"""Stories over Telethon: those that are shown, whole, and their files."""

from typing import Any

from telethon import utils
from telethon.tl import functions, types

from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject
from bridges.networks.telegram.user.translation import STORY, chat, story

MAX_PAGES = 10
GONE = "That story is no longer shown."


async def all_shown(client: Any) -> list[JsonObject]:
    """By contacts and channels, now."""
    found: list[JsonObject] = []
    state: str | None = None
    for _ in range(MAX_PAGES):
        page = await client(functions.stories.GetAllStoriesRequest(next=bool(state), state=state))
        if not isinstance(page, types.stories.AllStories):
            break
        known = {utils.get_peer_id(it): it for it in (*page.users, *page.chats)}
        for one in page.peer_stories:
            if (peer := known.get(utils.get_peer_id(one.peer))) is not None:
                found += [told for it in one.stories if (told := await shown(client, peer, it))]
        state = page.state
        if not page.has_more:
            break
    return found


async def shown(client: Any, peer: Any, it: Any) -> JsonObject | None:
    """`it` may be only a number and its times. None: it is gone meanwhile."""
    if not isinstance(it, types.StoryItem) or it.min:
        it = await whole(client, peer, it.id)
    return story(it, chat(peer), peer) if it is not None else None


async def whole(client: Any, peer: Any, id: int) -> Any:
    entity = await client.get_input_entity(peer)
    found = await client(functions.stories.GetStoriesByIDRequest(entity, [id]))
    return next((it for it in found.stories if isinstance(it, types.StoryItem)), None)


async def file(client: Any, reference: str, max_bytes: int) -> bytes:
    """Raises Rejected."""
    chat_id, _, id = reference.removeprefix(STORY).partition("/")
    found = await whole(client, int(chat_id), int(id))
    if found is None:
        raise Rejected(GONE)
    document = getattr(found.media, "document", None)
    if document is not None and document.size > max_bytes:
        raise Rejected(f"The file is larger than {max_bytes:,} bytes.")
    return bytes(await client.download_media(found.media, file=bytes))
