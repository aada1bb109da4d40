"""The suite that every connector must pass: a network's tests subclass `Contract`."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import TypeVar

from attrs import define, field, frozen

from bridges.kit import abilities
from bridges.kit.chats import Person
from bridges.kit.claims import (
    PIXEL,
    UNKNOWN,
    come_and_go,
    fetch_file,
    use_claims,
    use_wishes,
    walk_back,
)
from bridges.kit.failures import NetworkFailure, Rejected
from bridges.kit.happenings import Happening, Message
from bridges.kit.network import Field, Login, Network, Session, Shown
from bridges.kit.parts import ChatKey, Media, Outgoing, Sent, Text, plain

PATIENCE_S = 20
PICTURE = PIXEL + bytes(100)

H = TypeVar("H", bound=Happening)


@define
class Notebook:
    """A bridge that writes down what it receives."""

    happenings: list[Happening] = field(factory=list)
    notes: dict[str, str] = field(factory=dict)
    _news: asyncio.Event = field(factory=asyncio.Event)

    async def receive(self, happening: Happening) -> None:
        self.happenings.append(happening)
        self._news.set()

    def alive(self) -> None:
        return

    async def chats(self) -> list[ChatKey]:
        return []

    async def keep(self, key: str, value: str) -> None:
        self.notes[key] = value
        self._news.set()

    async def kept(self, key: str) -> str | None:
        return self.notes.get(key)

    async def owner(self) -> Person:
        return Person("@alice:example.org", "Alice")

    async def keep_for_all(self, key: str, value: str) -> None:
        await self.keep(f"all {key}", value)

    async def kept_for_all(self, key: str) -> str | None:
        return await self.kept(f"all {key}")

    async def first(self, wanted: Callable[[Happening], bool]) -> Happening:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self._news.clear()
                for happening in self.happenings:
                    if wanted(happening):
                        return happening
                await self._news.wait()

    async def first_of(self, kind: type[H]) -> H:
        found = await self.first(lambda one: isinstance(one, kind))
        assert isinstance(found, kind)
        return found

    async def message(self, text: str) -> Message:
        found = await self.first(lambda one: isinstance(one, Message) and plain(one.parts) == text)
        assert isinstance(found, Message)
        return found

    async def note(self, key: str, value: str) -> None:
        """Returns when the session has kept that."""
        async with asyncio.timeout(PATIENCE_S):
            while self.notes.get(key) != value:
                self._news.clear()
                await self._news.wait()


@frozen
class Here:
    """A host that has nobody. `address` is where its webhooks are."""

    address: str = "https://bridge.example/webhook"
    domain: str = "example.org"

    def webhook(self, path: str) -> str:
        return f"{self.address}/{path}"

    async def welcome(self, user_id: str) -> bool:
        return False


@define
class Answers:
    """Somebody who logs in, with the answers ready."""

    by_field: Mapping[str, str]
    notes: list[str] = field(factory=list)
    shown: list[Shown] = field(factory=list)

    async def ask(self, field: Field) -> str:
        answer = self.by_field.get(field.id, field.default)
        assert answer is not None, f"nobody told the contract what to answer to {field.question!r}"
        return answer

    async def choose(self, question: str, options: Mapping[str, str]) -> str:
        """The option that one of the answers names, else the first."""
        return next((it for it in self.by_field.values() if it in options), next(iter(options)))

    async def show(self, what: Shown, text: str) -> None:
        self.shown.append(what)

    async def note(self, text: str) -> None:
        self.notes.append(text)


@frozen
class Town:
    """The other side, real or simulated. `says` speaks in the chat; `hears` waits for a text;
    `shows` sends a file with that content, for sessions that define `fetch`.
    """

    network: Network
    answers: Mapping[str, str]
    chat: ChatKey
    says: Callable[[str], Awaitable[None]]
    hears: Callable[[str], Awaitable[None]]
    shows: Callable[[bytes], Awaitable[None]] | None = field(default=None, kw_only=True)


@frozen
class Visit:
    """A login with its session running."""

    town: Town
    session: Session
    notebook: Notebook

    async def sends(self, text: str, transaction: str) -> Sent:
        return await self.session.send(Outgoing(self.town.chat, (Text(text),), transaction))


class Contract:
    """`town` starts the other side; `ready` returns when the session takes part in the chat."""

    def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
        raise NotImplementedError

    async def ready(self, visit: Visit) -> None:
        """For networks that need time to connect."""

    def visit(
        self, story: Callable[[Visit], Awaitable[None]], ending: type[Exception] | None = None
    ) -> None:
        """`ending`: how a session may end by the story."""

        async def act() -> None:
            notebook = Notebook()
            async with self.town(notebook) as town:
                login = await log_in(town)
                visit = Visit(town, town.network.session(login, notebook), notebook)
                running = asyncio.create_task(visit.session.run())
                try:
                    await self.ready(visit)
                    await story(visit)
                finally:
                    running.cancel()
                    with suppress(asyncio.CancelledError, *(() if ending is None else (ending,))):
                        await running

        asyncio.run(act())

    def test_it_says_who_it_is(self) -> None:
        async def story(visit: Visit) -> None:
            info = visit.town.network.info
            assert re.fullmatch(r"[a-z][a-z0-9]*", info.id)
            assert info.name and info.command_prefix == f"!{info.id}"
            assert visit.town.network.flows
            assert isinstance(visit.session, visit.town.network.session_class)

        self.visit(story)

    def test_the_same_account_is_the_same_login(self) -> None:
        async def story(visit: Visit) -> None:
            logins = [await log_in(visit.town) for _ in range(2)]
            assert logins[0].id == logins[1].id != ""

        self.visit(story)

    def test_what_we_send_arrives_and_each_message_gets_an_id_of_its_own(self) -> None:
        async def story(visit: Visit) -> None:
            sent = [await visit.sends(text, f"t{text}") for text in ("one", "two", "three")]
            for text in ("one", "two", "three"):
                await visit.town.hears(text)
            assert len({one.id for one in sent} - {""}) == 3

        self.visit(story)

    def test_what_they_say_arrives_in_order_with_ids_of_their_own(self) -> None:
        async def story(visit: Visit) -> None:
            texts = [f"number {number}" for number in range(5)]
            for text in texts:
                await visit.town.says(text)
            heard = [await visit.notebook.message(text) for text in texts]
            assert [one.chat for one in heard] == [visit.town.chat] * 5
            assert len({one.id for one in heard} - {""}) == 5
            places = [visit.notebook.happenings.index(one) for one in heard]
            assert places == sorted(places)
            assert all(one.sender.id for one in heard)

        self.visit(story)

    def test_chat_and_people_present_themselves(self) -> None:
        async def story(visit: Visit) -> None:
            await visit.town.says("hello")
            heard = await visit.notebook.message("hello")
            assert (await visit.session.chat(visit.town.chat)).name
            assert (await visit.session.user(heard.sender.id)).name

        self.visit(story)

    def test_hostile_text_is_carried_or_refused_and_nothing_breaks(self) -> None:
        async def story(visit: Visit) -> None:
            for number, text in enumerate(("\r\nQUIT :x", "\x00", "", "é" * 3000, "\ud83d")):
                with suppress(Rejected):
                    await visit.sends(text, f"hostile{number}")
            await visit.sends("still here", "after")
            await visit.town.hears("still here")

        self.visit(story)

    def test_its_past_goes_back_page_by_page_with_times(self) -> None:
        async def story(visit: Visit) -> None:
            if isinstance(visit.session, abilities.HasHistory):
                await visit.town.says("to be remembered")
                await visit.notebook.message("to be remembered")
                await walk_back(visit.session, visit.town.chat)

        self.visit(story)

    def test_what_it_claims_to_change_about_chats_it_changes_or_refuses_in_words(self) -> None:
        async def story(visit: Visit) -> None:
            await visit.town.says("who am I")
            somebody = (await visit.notebook.message("who am I")).sender.id
            sent = await visit.sends("pin this", "pinned")
            await use_wishes(visit.session, visit.town.chat, somebody, sent.id)

        self.visit(story)

    def test_a_file_that_is_fetched_when_needed_is_the_one_that_was_sent(self) -> None:
        async def story(visit: Visit) -> None:
            session, shows = visit.session, visit.town.shows
            if not isinstance(session, abilities.Fetches) or shows is None:
                return
            await shows(PICTURE)
            found = await visit.notebook.first(lambda one: bool(media_of(one)))
            await fetch_file(session, media_of(found)[0].content, PICTURE)

        self.visit(story)

    def test_chats_are_begun_and_left_or_it_says_why_not(self) -> None:
        async def story(visit: Visit) -> None:
            await visit.town.says("who is there")
            somebody = (await visit.notebook.message("who is there")).sender.id
            await come_and_go(visit.session, visit.town.chat, somebody)

        self.visit(story)

    def test_the_network_is_told_of_a_logout(self) -> None:
        async def story(visit: Visit) -> None:
            if isinstance(visit.session, abilities.LogsOut):
                await visit.session.logout()

        self.visit(story, ending=NetworkFailure)

    def test_what_it_claims_it_does_and_an_unknown_message_is_refused(self) -> None:
        async def story(visit: Visit) -> None:
            sent = await visit.sends("first", "claims")
            for target in (sent.id, UNKNOWN):
                await use_claims(visit.session, visit.town.chat, target)

        self.visit(story)


def media_of(happening: Happening) -> list[Media]:
    parts = happening.parts if isinstance(happening, Message) else ()
    return [it for it in parts if isinstance(it, Media)]


async def log_in(town: Town) -> Login:
    return await town.network.login(town.network.flows[0], Answers(town.answers))
