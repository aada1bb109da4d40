"""People without a login speak there with a name of their own, where the network lends them one."""

from pathlib import Path

from attrs import define, field

from bridges.kit.chats import Person
from bridges.kit.network import Session
from bridges.kit.parts import ChatKey, Text, plain
from tests.bridges.portals.house import BOB
from tests.bridges.portals.macaws import Macaws, MacawSession, Visit, visit


@define(eq=False)
class LendingSession(MacawSession):
    """`places` for guests, each a session of its own."""

    places: int = 1
    guests: dict[str, tuple[Person, MacawSession]] = field(factory=dict)

    async def voice(self, chat: ChatKey, person: Person) -> Session | None:
        if person.id not in self.guests and len(self.guests) >= self.places:
            return None
        _, session = self.guests.get(person.id, (person, MacawSession(self.login, self.ear)))
        self.guests[person.id] = (person, session)
        return session

    async def silence(self, chat: ChatKey, user_id: str) -> None:
        self.asked.append(("silence", user_id))


class Lenders(Macaws):
    session_class = LendingSession


def lender(here: Visit) -> LendingSession:
    assert isinstance(here.session, LendingSession)
    return here.session


def test_who_has_no_login_speaks_edits_and_reacts_with_a_name_of_their_own(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        session = lender(here)
        here.house.scribe.state[here.room, "m.room.member", BOB] = {
            "membership": "join",
            "displayname": "Bob",
            "avatar_url": "mxc://localhost/bob",
        }
        await here.house.says(BOB, here.room, "hi")
        person, guest = await here.house.until(lambda: session.guests.get(BOB))
        await here.house.until(lambda: guest.heard)
        assert (person.name, person.picture and person.picture.id) == ("Bob", "mxc://localhost/bob")
        assert [plain(it.parts) for it in guest.heard] == ["hi"]
        relates = {"rel_type": "m.annotation", "event_id": here.hello, "key": "👍"}
        await here.house.hears(here.room, "m.reaction", BOB, {"m.relates_to": relates})
        await here.house.until(lambda: ("react", "m0", "👍") in guest.asked)
        assert session.heard == []

    visit(tmp_path, story, Lenders)


def test_where_there_is_no_place_left_the_login_carries_the_words(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        session = lender(here)
        session.places = 0
        await here.house.says(BOB, here.room, "hi")
        await here.house.until(lambda: session.heard)
        assert [it.parts for it in session.heard] == [(Text(f"<{BOB}> hi"),)]

    visit(tmp_path, story, Lenders)


def test_who_leaves_the_room_takes_their_voice_along(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        left = {"membership": "leave"}
        await here.house.hears(here.room, "m.room.member", BOB, left, state_key=BOB)
        await here.house.until(lambda: ("silence", BOB) in lender(here).asked)

    visit(tmp_path, story, Lenders)
