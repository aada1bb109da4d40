"""What cannot be read yet waits for its key, in nobody's way, and nobody is left wondering."""

from pathlib import Path
from typing import Any

import pytest

from bridges.kit.parts import plain
from bridges.portals import reading
from bridges.portals.reading import Unreadable
from tests.bridges.portals.house import ALICE, House, in_a_house
from tests.bridges.portals.test_sessions import HELLO

JsonObject = dict[str, Any]
SECRET = {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "s1", "ciphertext": "x"}


class Keys:
    """Opens what it has a key for: the text is the session's name."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.asked: list[str] = []

    def open(self, event: JsonObject) -> JsonObject:
        session_id = event["content"]["session_id"]
        if session_id == "forged":
            raise Unreadable("the sender is another one.")
        if session_id not in self.known:
            raise Unreadable("no key", session_id)
        content = {"msgtype": "m.text", "body": f"by {session_id}"}
        return event | {"type": "m.room.message", "content": content}

    def ask_for_key(self, event: JsonObject) -> None:
        self.asked.append(event["content"]["session_id"])


def with_keys(house: House) -> Keys:
    keys = Keys()
    house.bridge.reading._opens = keys
    return keys


async def says_secretly(house: House, room: str, session_id: str, user: str = ALICE) -> str:
    content = SECRET | {"session_id": session_id}
    return await house.hears(room, "m.room.encrypted", user, content)


def test_a_message_without_key_holds_up_none_and_follows_when_the_key_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE_S", 0.01)
    monkeypatch.setattr(reading, "GRACE_S", 0.01)

    async def story(house: House) -> None:
        session, keys = await house.logs_in(), with_keys(house)
        portal = await house.portal(session, HELLO)
        keys.known.add("s2")
        await says_secretly(house, portal, "s1")
        await says_secretly(house, portal, "s2")
        await house.until(lambda: session.heard)
        assert plain(session.heard[0].parts) == "by s2"
        await house.reads(portal, "This cannot be read yet")
        notice = list(house.scribe.sent.values())[-1]
        assert keys.asked == ["s1"]

        keys.known.add("s1")
        house.bridge.reading.key_arrived(portal, "s1")
        await house.until(lambda: len(session.heard) == 2)
        house.bridge.reading.key_arrived(portal, "s1")
        await house.says(ALICE, portal, "the end")
        await house.until(lambda: len(session.heard) == 3)
        told = [text for _, text in house.scribe.texts(portal) if "cannot be read" in text]
        assert len(told) == 1
        taken_back = house.scribe.contents(portal, "m.room.redaction")
        assert taken_back == [{"redacts": notice}]

    in_a_house(tmp_path / "bridge.db", story)


def test_a_key_that_is_only_late_is_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE_S", 0.2)

    async def story(house: House) -> None:
        session, keys = await house.logs_in(), with_keys(house)
        portal = await house.portal(session, HELLO)
        await says_secretly(house, portal, "s1")
        await house.until(lambda: house.bridge.reading._tasks)
        keys.known.add("s1")
        house.bridge.reading.key_arrived(portal, "s1")
        await house.until(lambda: session.heard)
        await house.until(lambda: not house.bridge.reading._tasks)
        assert keys.asked == []
        assert "cannot be read" not in str(house.scribe.texts(portal))

    in_a_house(tmp_path / "bridge.db", story)


def test_what_waited_is_tried_again_after_a_restart(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session, _ = await house.logs_in(), with_keys(house)
        portal = await house.portal(session, HELLO)
        await says_secretly(house, portal, "s1")
        await house.until(lambda: house.bridge.reading._tasks)
        await house.starts_again()
        await house.reads(portal, "does not take part in encryption")
        with_keys(house).known.add("s3")
        await says_secretly(house, portal, "s3")
        await house.until(lambda: house.network.sessions["alice"].heard)

    in_a_house(tmp_path / "bridge.db", story)


def test_a_forged_message_is_refused_in_words(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        session, _ = await house.logs_in(), with_keys(house)
        portal = await house.portal(session, HELLO)
        await says_secretly(house, portal, "forged")
        await house.reads(portal, "since it cannot be read: the sender is another one.")
        assert not session.heard

    in_a_house(tmp_path / "bridge.db", story)
