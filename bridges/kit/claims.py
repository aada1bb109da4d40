"""Every ability that a session claims, used: what the contract asks."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import product

from bridges.kit import abilities
from bridges.kit.abilities import HasHistory
from bridges.kit.chats import Found, Person, Picture
from bridges.kit.failures import NetworkFailure, Rejected, Unsupported
from bridges.kit.network import Session
from bridges.kit.parts import ChatKey, Outgoing, Poll, Text
from bridges.kit.sources import Source

UNKNOWN = "no-such-message"
ODD_NAMES = ("\r\nQUIT", "\x00", "no such chat", "@" * 300)
MAX_PAGES = 50
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000a49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)


async def use_claims(session: Session, chat: ChatKey, target: str) -> None:
    """Every claimed ability once; it may refuse, but only in the kit's words."""
    refused: list[str] = []

    async def attempt(name: str, call: Awaitable[object]) -> None:
        try:
            await call
        except Unsupported as refusal:
            # The server at hand does not offer it.
            assert str(refusal)
        except Rejected:
            refused.append(name)

    if isinstance(session, abilities.Edits):
        out = Outgoing(chat, (Text("second"),), f"edit{target}")
        await attempt("edits", session.edit(target, out))
    if isinstance(session, abilities.Reacts):
        await attempt("reactions", session.react(chat, target, "👍"))
        await attempt("reactions", session.unreact(chat, target, "👍"))
    if isinstance(session, abilities.Votes):
        poll = Outgoing(chat, (Poll("Well?", ("yes", "no")),), f"poll{target}")
        asked = target if target == UNKNOWN else (await session.send(poll)).id
        await attempt("votes", session.vote(chat, asked, (0,)))
        await attempt("votes", session.vote(chat, asked, ()))
        if isinstance(session, abilities.EndsPolls):
            await attempt("ending polls", session.end_poll(chat, asked))
    if isinstance(session, abilities.Types):
        await attempt("typing", session.typing(chat, True))
    if isinstance(session, abilities.Reads):
        await attempt("receipts", session.read(chat, target))
    if isinstance(session, abilities.SetsTopic):
        await attempt("topic", session.set_topic(chat, f"about {target}"))
    if isinstance(session, abilities.Redacts):
        await attempt("redactions", session.redact(chat, target))
    if target != UNKNOWN:
        assert refused == []


async def use_wishes(session: Session, chat: ChatKey, somebody: str, message: str) -> None:
    """What needs rights that the login may not have: it may refuse, but only in the kit's words."""
    wishes: list[Callable[[], Awaitable[object]]] = []
    if isinstance(session, abilities.SetsName):
        wishes.append(partial(session.set_name, chat, "A name"))
    if isinstance(session, abilities.SetsPicture):
        pictures = (Picture("pixel", PIXEL), None)
        wishes += [partial(session.set_picture, chat, it) for it in pictures]
    if isinstance(session, abilities.SetsTimer):
        wishes += [partial(session.set_timer, chat, it) for it in (86_400_000, 0)]
    if isinstance(session, abilities.Pins):
        targets = product((message, UNKNOWN), (True, False))
        wishes += [partial(session.pin, chat, it, is_on) for it, is_on in targets]
    if isinstance(session, abilities.SetsLevels):
        wishes += [partial(session.set_levels, chat, {somebody: it}) for it in (50, 0)]
    if isinstance(session, abilities.Invites):
        wishes.append(partial(session.invite, chat, somebody))
    if isinstance(session, abilities.Kicks):
        wishes.append(partial(session.kick, chat, somebody, "for the contract"))
    if isinstance(session, abilities.Bans):
        wishes.append(partial(session.ban, chat, somebody, "for the contract"))
        wishes.append(partial(session.unban, chat, somebody))
    for wish in wishes:
        await is_refused(wish())
    await look_around(session)


async def fetch_file(session: abilities.Fetches, shown: Source, content: bytes) -> None:
    """As it is, not more than may be, and nothing by a name that nobody gave."""
    if shown.data is None and shown.later is None:
        assert await session.fetch(shown.reference, len(content)) == content
        with_room = min(len(content) - 1, 10)
        assert await is_refused(session.fetch(shown.reference, with_room)), "too much is fetched"
    assert await is_refused(session.fetch(UNKNOWN, 1000)), "a file that is not there is fetched"


async def is_refused(wish: Awaitable[object]) -> bool:
    """In words."""
    try:
        await wish
    except NetworkFailure as refusal:
        assert str(refusal)
        return True
    return False


async def come_and_go(session: Session, chat: ChatKey, somebody: str) -> None:
    """Groups are made, odd names refused in words, and at last the chat is left."""
    if isinstance(session, abilities.MakesGroups):
        made: list[ChatKey] = []

        async def make() -> None:
            made.append(await session.make_group("The contract", (somebody,)))

        assert await is_refused(make()) or (await session.chat(made[0])).name
    if isinstance(session, abilities.LendsVoices):
        guest = Person("@guest:example.org", "Guest")
        voice = await session.voice(chat, guest)
        assert voice is None or isinstance(voice, Session)
        await session.silence(chat, guest.id)
    if isinstance(session, abilities.OpensChats):
        for name in ODD_NAMES:
            await is_refused(session.open_chat(name))
        await is_refused(session.leave_chat(chat))


async def look_around(session: Session) -> None:
    found: list[Found] = []
    if isinstance(session, abilities.HasContacts):
        found += await session.contacts()
    if isinstance(session, abilities.Searches):
        found += await session.search("a")
    assert all(it.id and it.name for it in found)
    if isinstance(session, abilities.LooksAround):
        assert all(it.name for it in (await session.directory("")).values())


async def walk_back(session: HasHistory, chat: ChatKey) -> None:
    """Each message once, in order, each with its time; and it comes to an end or goes on."""
    before: str | None = None
    seen: set[str] = set()
    oldest: int | None = None
    for _ in range(MAX_PAGES):
        page = await session.history(chat, before, 20)
        times = [it.sent_at_ms for it in page.messages]
        ids = [it.id for it in page.messages]
        assert None not in times, "a message of the past has no time"
        known = [it for it in times if it is not None]
        assert known == sorted(known), "the oldest message comes first"
        assert len(set(ids)) == len(ids) and not seen & set(ids), "a message comes twice"
        assert oldest is None or not known or known[-1] <= oldest, "pages go back in time"
        assert len(ids) <= 20
        seen |= set(ids)
        oldest = known[0] if known else oldest
        if page.before is None:
            return
        assert page.before != before
        before = page.before
