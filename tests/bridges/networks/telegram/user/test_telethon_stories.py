"""Stories as Telethon hands them out, with its client played by the test."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define, field
from telethon.tl import functions, types

from bridges.kit.failures import Rejected
from bridges.kit.parts import Media, Text
from bridges.networks.telegram.reading import parts
from bridges.networks.telegram.user.telethon_account import TelethonAccount

BOB = types.User(502, first_name="Bob", access_hash=1)
NEWS = types.Channel(7, "News", types.ChatPhotoEmpty(), datetime.now(UTC), access_hash=1)
SHOWN_AT, GONE_AT = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
PHOTO = types.Photo(5, 6, b"", SHOWN_AT, [types.PhotoSize("x", 10, 10, 100)], 4)
FILM = types.Document(5, 6, b"", SHOWN_AT, "video/mp4", 1000, 4, [])


def item(id: int, media: Any = None, **more: Any) -> Any:
    shown = media or types.MessageMediaPhoto(photo=PHOTO)
    return types.StoryItem(id, SHOWN_AT, GONE_AT, shown, **more)


@define(eq=False)
class Client:
    """Bob and a channel show something, in two pages."""

    whole: dict[int, Any] = field(factory=dict)
    asked: list[Any] = field(factory=list)

    async def get_entity(self, peer: Any) -> Any:
        return BOB

    async def get_input_entity(self, peer: Any) -> Any:
        return types.InputPeerUser(502, 1)

    async def download_media(self, media: Any, file: Any) -> bytes:
        return b"the picture"

    async def __call__(self, request: Any) -> Any:
        bytes(request)
        self.asked.append(request)
        if isinstance(request, functions.stories.GetStoriesByIDRequest):
            found = [self.whole[it] for it in request.id if it in self.whole]
            return types.stories.Stories(len(found), found, [], [])
        mode = types.StoriesStealthMode()
        if request.next:
            rest = [types.StoryItemSkipped(3, SHOWN_AT, GONE_AT)]
            of_news = types.PeerStories(types.PeerChannel(7), rest)
            return types.stories.AllStories(2, "s2", [of_news], [NEWS], [], mode)
        of_bob = types.PeerStories(types.PeerUser(502), [item(1, caption="at the sea")])
        return types.stories.AllStories(2, "s1", [of_bob], [], [BOB], mode, has_more=True)


def act(client: Client, story: Callable[[TelethonAccount], Awaitable[None]]) -> None:
    async def play() -> None:
        await story(TelethonAccount(client))

    asyncio.run(play())


def test_all_that_are_shown_are_found_page_by_page_and_whole() -> None:
    async def story(account: TelethonAccount) -> None:
        of_bob, of_news = await account.stories()
        assert (of_bob["message_id"], of_bob["from"]["id"]) == (1, 502)
        assert of_bob["expire_date"] - of_bob["date"] == 86_400
        (picture,) = parts(of_bob, 1_000_000)
        assert isinstance(picture, Media) and picture.caption == Text("at the sea")
        assert picture.content.reference == "story/502/1"
        assert of_news["sender_chat"]["title"] == "News"
        (film,) = parts(of_news, 1_000_000)
        assert isinstance(film, Media) and film.mime == "video/mp4"

    film = types.MessageMediaDocument(document=FILM)
    act(Client({3: item(3, film)}), story)


def test_news_of_a_story_are_told_and_one_that_is_gone_meanwhile_is_not() -> None:
    async def story(account: TelethonAccount) -> None:
        peer = types.PeerUser(502)
        await account._shows(types.UpdateStory(peer, item(4)))
        await account._shows(types.UpdateStory(peer, item(5, min=True)))
        await account._shows(types.UpdateStory(peer, types.StoryItemDeleted(4)))
        news = await account._news.get()
        assert news is not None and news["story"]["message_id"] == 4
        gone = {"chat": {"id": 502, "is_bot": False, "first_name": "Bob", "type": "private"}}
        assert await account._news.get() == {"story_gone": gone | {"message_id": 4}}
        assert account._news.empty()

    act(Client(), story)


def test_a_file_is_fetched_while_it_is_shown_and_within_bounds() -> None:
    film = types.MessageMediaDocument(document=FILM)

    async def story(account: TelethonAccount) -> None:
        assert await account.file("story/502/4", 100) == b"the picture"
        with pytest.raises(Rejected, match="larger than 100 bytes"):
            await account.file("story/502/5", 100)
        with pytest.raises(Rejected, match="no longer shown"):
            await account.file("story/502/6", 100)

    act(Client({4: item(4), 5: item(5, film)}), story)
