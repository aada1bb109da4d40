"""Every ability that a session claims, used: what the contract asks."""

from collections.abc import Awaitable

from bridges.kit import abilities
from bridges.kit.abilities import HasHistory
from bridges.kit.chats import Found, Picture
from bridges.kit.failures import NetworkFailure, Rejected, Unsupported
from bridges.kit.network import Session
from bridges.kit.parts import ChatKey, Outgoing, Poll, Text

UNKNOWN = "no-such-message"
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
    wishes: list[Awaitable[object]] = []
    if isinstance(session, abilities.SetsName):
        wishes.append(session.set_name(chat, "A name"))
    if isinstance(session, abilities.SetsPicture):
        wishes.append(session.set_picture(chat, Picture("pixel", PIXEL)))
        wishes.append(session.set_picture(chat, None))
    if isinstance(session, abilities.SetsTimer):
        wishes += [session.set_timer(chat, 86_400_000), session.set_timer(chat, 0)]
    if isinstance(session, abilities.Pins):
        wishes += [session.pin(chat, it, on) for it in (message, UNKNOWN) for on in (True, False)]
    if isinstance(session, abilities.SetsLevels):
        wishes += [session.set_levels(chat, {somebody: level}) for level in (50, 0)]
    if isinstance(session, abilities.Invites):
        wishes.append(session.invite(chat, somebody))
    if isinstance(session, abilities.Kicks):
        wishes.append(session.kick(chat, somebody, "for the contract"))
    if isinstance(session, abilities.Bans):
        wishes.append(session.ban(chat, somebody, "for the contract"))
        wishes.append(session.unban(chat, somebody))
    for wish in wishes:
        try:
            await wish
        except NetworkFailure as refusal:
            assert str(refusal)
    await look_around(session)


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
