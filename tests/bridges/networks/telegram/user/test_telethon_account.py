"""What we ask of Telethon, with its client played by the test."""

import asyncio
from typing import Any

import pytest
from attrs import define, field
from telethon import errors
from telethon.tl import functions, types

from bridges.kit.failures import BadCredentials, NetworkFailure, RateLimited, Rejected, Transient
from bridges.kit.parts import Contact, Location, Look, Media, Outgoing, Poll, Span, Text
from bridges.networks.telegram import create
from bridges.networks.telegram.names import key, place
from bridges.networks.telegram.user.account import Answer
from bridges.networks.telegram.user.telethon_account import TelethonAccount, by_person
from bridges.networks.telegram.user.telethon_entrance import TelethonEntrance
from bridges.networks.telegram.user.telethon_failures import told
from bridges.networks.telegram.writing import calls

FRIENDS = key(-1_000_000_000_777, "501")
PEER = types.InputPeerChannel(777, 5)


@define(eq=False)
class Client:
    """Takes requests, and answers with what the test has ready."""

    answers: list[Any] = field(factory=list)
    asked: list[Any] = field(factory=list)
    uploaded: list[bytes] = field(factory=list)
    newest: list[Any] = field(factory=list)

    def is_connected(self) -> bool:
        return True

    async def get_input_entity(self, id: int) -> Any:
        return PEER

    async def upload_file(self, content: bytes, file_name: str) -> Any:
        self.uploaded.append(content)
        return types.InputFile(1, 1, file_name, "")

    async def get_messages(self, chat: int, limit: int, from_user: str) -> list[Any]:
        return self.newest

    async def __call__(self, request: Any) -> Any:
        bytes(request)
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else sent(request.random_id)
        if isinstance(answer, Exception):
            raise answer
        return answer


def sent(unique: int, id: int = 7) -> Any:
    return types.Updates([types.UpdateMessageID(id, unique)], [], [], None, 0)


def send(client: Client, *parts: Any, **more: Any) -> list[int]:
    async def act() -> list[int]:
        account = TelethonAccount(client)
        where = place(FRIENDS)
        made = await calls(Outgoing(FRIENDS, parts, "t", **more), where, 1000)
        return [await account.send(where, call, 99) for call in made]

    return asyncio.run(act())


def test_a_text_goes_with_looks_an_answer_and_its_number() -> None:
    client = Client()
    assert send(client, Text("hello", (Span(0, 5, "bold"),)), reply_to="3") == [7]
    (request,) = client.asked
    assert isinstance(request, functions.messages.SendMessageRequest)
    assert (request.message, request.random_id) == ("hello", 99)
    assert isinstance(request.entities[0], types.MessageEntityBold)
    assert request.reply_to.reply_to_msg_id == 3


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (Media("image", "x.png", "image/png", b"x"), types.InputMediaUploadedPhoto),
        (Media("voice", "x.ogg", "audio/ogg", b"x"), types.InputMediaUploadedDocument),
        (
            Media("video", "x.mp4", "video/mp4", b"x", None, Look(4, 3, 2000)),
            types.InputMediaUploadedDocument,
        ),
        (Media("sticker", "x.webp", "image/webp", b"x"), types.InputMediaUploadedDocument),
        (Media("file", "x.pdf", "application/pdf", b"x"), types.InputMediaUploadedDocument),
        (Location(1.5, 2.5), types.InputMediaGeoPoint),
        (Location(1.5, 2.5, "Café"), types.InputMediaVenue),
        (Contact("Ann", ("+491",)), types.InputMediaContact),
        (Poll("Now?", ("yes", "no")), types.InputMediaPoll),
    ],
)
def test_everything_goes_as_a_request_that_telethon_can_write(part: Any, kind: type) -> None:
    client = Client()
    assert send(client, part) == [7]
    (request,) = client.asked
    assert isinstance(request, functions.messages.SendMediaRequest)
    assert isinstance(request.media, kind)


def test_what_telegram_has_already_is_found_by_its_words() -> None:
    client = Client([errors.RandomIdDuplicateError(None)])
    newest = ((12, "other"), (11, "hi"))
    client.newest = [types.Message(id, PEER, message=text) for id, text in newest]
    assert send(client, Text("hi")) == [11]


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (errors.FloodWaitError(None, 30), RateLimited),
        (errors.AuthKeyUnregisteredError(None), BadCredentials),
        (errors.SessionRevokedError(None), BadCredentials),
        (errors.ChatWriteForbiddenError(None), Rejected),
        (errors.MessageIdInvalidError(None), Rejected),
        (errors.ServerError(None, "x"), Transient),
        (ConnectionError(), Transient),
        (TimeoutError(), Transient),
        (ValueError("no entity"), Rejected),
    ],
)
def test_failures_are_told_in_the_kits_words(
    raised: Exception, expected: type[NetworkFailure]
) -> None:
    with pytest.raises(expected), told():
        raise raised


def test_who_reacted_with_what_is_read() -> None:
    thumb = types.ReactionEmoji("👍")
    recent = [types.MessagePeerReaction(types.PeerUser(502), None, thumb)]
    assert by_person(types.MessageReactions([], recent_reactions=recent)) == {502: ["👍"]}


@define(eq=False)
class Door:
    """A client that is not logged in."""

    raises: list[Exception | None]

    def is_connected(self) -> bool:
        return True

    async def sign_in(self, *given: str, **named: str) -> None:
        if error := self.raises.pop(0):
            raise error


@pytest.mark.parametrize(
    ("raised", "answer"),
    [
        (None, Answer.ADMITTED),
        (errors.SessionPasswordNeededError(None), Answer.PASSWORD),
        (errors.PhoneCodeInvalidError(None), Answer.WRONG),
        (errors.PhoneCodeExpiredError(None), Answer.EXPIRED),
    ],
)
def test_at_the_door_every_answer_is_understood(raised: Exception | None, answer: Answer) -> None:
    assert asyncio.run(TelethonEntrance(Door([raised])).enter_code("1")) is answer


def test_a_wrong_password_is_told_from_a_right_one() -> None:
    wrong = errors.PasswordHashInvalidError(None)
    assert asyncio.run(TelethonEntrance(Door([wrong])).enter_password("x")) is Answer.WRONG
    assert asyncio.run(TelethonEntrance(Door([None])).enter_password("x")) is Answer.ADMITTED


def test_with_the_operators_application_the_library_is_there() -> None:
    async def act() -> None:
        network = create({"api_id": 5, "api_hash": "hash"})
        assert network._mtproto is not None
        account = network._mtproto.account("")
        assert isinstance(account, TelethonAccount)

    asyncio.run(act())
