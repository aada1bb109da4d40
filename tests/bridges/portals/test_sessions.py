"""Logins come back by themselves, and end in words."""

import logging
import stat
from pathlib import Path

import pytest

from bridges.kit.failures import BadCredentials, Transient
from bridges.kit.happenings import Message, Sender
from bridges.kit.parts import ChatKey, Text
from bridges.portals import sessions
from bridges.portals.sessions import Running
from bridges.storage.places import StoredLogin
from tests.bridges.portals.house import ALICE, House, in_a_house

CHAT = ChatKey("north")
HELLO = Message(CHAT, Sender("polly", "Polly"), "m1", (Text("hello"),))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "FIRST_WAIT_S", 0.01)


def test_a_connection_that_ends_comes_back(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        for error in (Transient("gone"), Transient("gone again", 0.01), RuntimeError("a bug")):
            session.orders.put_nowait(error)
        await house.until(lambda: session.runs == 4)
        assert house.bridge.sessions.states() == {"alice": "running"}

    in_a_house(tmp_path / "bridge.db", story)


def test_a_login_that_is_over_is_noticed_when_somebody_speaks(tmp_path: Path) -> None:
    """Where the network calls us, nothing else would tell."""

    async def story(house: House) -> None:
        session = await house.logs_in()
        portal = await house.portal(session, HELLO)
        await house.reads(portal, "hello")
        session.refuse_with = BadCredentials("the token was revoked.")
        await house.says(ALICE, portal, "is anybody there")
        await house.reads(portal, "the token was revoked.")
        room = "!manage-alice:localhost"
        await house.reads(room, "You are not logged in as Alice any more: the token was revoked.")
        assert house.bridge.sessions.states() == {"alice": "logged out"}
        await house.says(ALICE, portal, "and now")
        await house.reads(portal, "its owner must log in again")
        told = [it for _, it in house.scribe.texts(room) if "any more" in it]
        assert len(told) == 1

    in_a_house(tmp_path / "bridge.db", story)


def test_who_must_log_in_again_is_told_once_and_how(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        portal = await house.portal(session, HELLO)
        await house.reads(portal, "hello")
        session.orders.put_nowait(BadCredentials("the password was changed."))
        room = "!manage-alice:localhost"
        await house.reads(room, "You are not logged in as Alice any more: the password")
        await house.reads(room, "Say `login` here to log in again")

        await house.says(ALICE, portal, "is anybody there")
        await house.reads(portal, "The login Alice is over: its owner must log in again.")

        await house.starts_again()
        assert house.bridge.sessions.states() == {"alice": "logged out"}
        assert house.network.sessions["alice"].runs == 0
        said = len(house.scribe.texts(room))
        for text in ("login", "Alice"):
            await house.says(ALICE, room, text + " ")
        await house.until(lambda: house.network.sessions["alice"].runs == 1)
        told = [text for _, text in house.scribe.texts(room)[said:]]
        assert told == ["What is your name?", "You are logged in as Alice."]
        await house.says(ALICE, portal, "and now")
        await house.until(lambda: house.network.sessions["alice"].heard)

    in_a_house(tmp_path / "bridge.db", story)


def test_who_has_left_the_management_room_is_invited_into_another(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.bridge.sessions._tell(ALICE, "something happened")
        room = await house.until(
            lambda: next((it for it, *_ in house.scribe.said if it.startswith("!")), None)
        )
        assert house.scribe.state[room, "m.room.member", ALICE] == {"membership": "invite"}
        await house.bridge.sessions._tell(ALICE, "and again")
        assert [text for _, text in house.scribe.texts(room)] == [
            "something happened",
            "and again",
        ]

    in_a_house(tmp_path / "bridge.db", story)


def test_a_login_that_is_removed_is_gone_here_and_on_the_network(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session = await house.logs_in()
        room = "!manage-alice:localhost"
        await house.says(ALICE, room, "logout Alice")
        await house.reads(room, "Alice is logged out.")
        assert session.is_logged_out
        assert house.bridge.sessions.states() == {}
        await house.starts_again()
        assert house.network.sessions == {}

    in_a_house(tmp_path / "bridge.db", story)


def test_secrets_are_kept_for_their_owner_only_and_stand_in_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "bridge.db"
    path.touch(mode=0o644)
    modes: set[int] = set()

    async def story(house: House) -> None:
        room = await house.management_room()
        await house.says(ALICE, room, "login secret")
        await house.reads(room, "What is your name?")
        await house.says(ALICE, room, "Alice")
        await house.reads(room, "What is your word?")
        answer = await house.says(ALICE, room, "abracadabra")
        await house.reads(room, "You are logged in as Alice")
        session = house.network.sessions["alice"]
        assert session.login.secrets == {"word": "abracadabra"}
        session.orders.put_nowait(RuntimeError(f"with {session.login}"))
        await house.until(lambda: session.runs == 2)
        redacted = [content for _, type, content, _ in house.scribe.said if "redacts" in content]
        assert redacted == [{"redacts": answer}]
        modes.update(stat.S_IMODE(it.stat().st_mode) for it in path.parent.glob("bridge.db*"))

    with caplog.at_level(logging.DEBUG):
        in_a_house(path, story)
    assert modes == {0o600}
    assert "abracadabra" not in caplog.text


def test_many_logins_do_not_knock_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def story(house: House) -> None:
        for number in range(5):
            await house.logs_in(f"@user{number}:localhost", f"Name{number}")
        begin = sessions.Sessions.begin

        def note(self: sessions.Sessions, login: StoredLogin, after_s: float = 0.0) -> Running:
            waits.append(after_s)
            return begin(self, login, after_s)

        monkeypatch.setattr(sessions.Sessions, "begin", note)
        await house.starts_again()

    in_a_house(tmp_path / "bridge.db", story)
    assert waits[0] == 0.0 and waits[4] >= 2 / sessions.RESUMED_A_SECOND
