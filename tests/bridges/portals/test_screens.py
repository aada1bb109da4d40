"""Logging in by chat: pictures that change, answers that must fit, secrets that do not stay."""

from pathlib import Path

from tests.bridges.portals.house import ALICE, House, in_a_house

ROOM = "!manage-alice:localhost"


def test_a_picture_is_replaced_and_goes_when_it_was_used(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.management_room()
        await house.says(ALICE, ROOM, "login picture")
        await house.reads(ROOM, "Scan this.")
        house.network.scans.put_nowait("")
        pictures = await house.until(lambda: two_pictures(house))
        assert pictures[1]["m.relates_to"]["event_id"] in house.scribe.sent.values()
        assert pictures[1]["m.new_content"]["url"] != pictures[0]["url"]
        house.network.scans.put_nowait("Alice")
        await house.reads(ROOM, "You are logged in as Alice")
        gone = await house.until(lambda: [it for *_, it, _ in house.scribe.said if "redacts" in it])
        assert gone == [{"redacts": pictures[1]["m.relates_to"]["event_id"]}]

    in_a_house(tmp_path / "bridge.db", story)


def two_pictures(house: House) -> list[dict[str, dict[str, str]]]:
    found = [it for *_, it, _ in house.scribe.said if it.get("msgtype") == "m.image"]
    return found if len(found) == 2 else []


async def is_asked(house: House, question: str, answer: str) -> str:
    """The event of the answer."""
    await house.reads(ROOM, question)
    return await house.says(ALICE, ROOM, answer)


def taken_away(house: House) -> list[str]:
    return [it["redacts"] for it in house.scribe.contents(ROOM, "m.room.redaction")]


def test_a_login_by_telephone_asks_again_what_does_not_fit(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.management_room()
        await house.says(ALICE, ROOM, "login phone")
        await is_asked(house, "What is your number?", "call me")
        await is_asked(house, "That does not look right.", "+4912345")
        await is_asked(house, "`call`: By voice", "pigeon")
        await is_asked(house, "That is none of them.", "call")
        await house.reads(ROOM, "We send a code (call).")
        code = await is_asked(house, "What is the code?", "12345")
        await house.reads(ROOM, "You are logged in as +4912345")
        assert taken_away(house) == [code]

    in_a_house(tmp_path / "bridge.db", story)


def test_a_wrong_code_is_said_in_words(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.management_room()
        await house.says(ALICE, ROOM, "login phone")
        await is_asked(house, "What is your number?", "+4912345")
        await is_asked(house, "How shall we send it?", "sms")
        await is_asked(house, "What is the code?", "54321")
        await house.reads(ROOM, "That is not the code.")
        assert house.bridge.sessions.states() == {}

    in_a_house(tmp_path / "bridge.db", story)


def test_a_login_by_cookies_or_by_a_token_leaves_none_in_the_room(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.management_room()
        await house.says(ALICE, ROOM, "login cookies")
        cookies = await is_asked(house, "Which cookies?", "theme=dark; sid=alice; x=y")
        await house.reads(ROOM, "You are logged in as Alice")
        assert taken_away(house) == [cookies]
        stored = house.network.sessions["alice"].login.secrets
        assert stored == {"cookies": "theme=dark; sid=alice; x=y"}

        await house.says(ALICE, ROOM, "login secret")
        await is_asked(house, "What is your name?", "Bob")
        word = await is_asked(house, "What is your word?", "abracadabra")
        await house.reads(ROOM, "You are logged in as Bob")
        assert taken_away(house) == [cookies, word]

    in_a_house(tmp_path / "bridge.db", story)


def test_a_login_that_is_refused_or_stopped_leaves_no_trace(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.management_room()
        await house.says(ALICE, ROOM, "login")
        await house.reads(ROOM, "What is your name?")
        await house.says(ALICE, ROOM, "nobody")
        await house.reads(ROOM, "There is no such parrot.")
        await house.says(ALICE, ROOM, "login name")
        await house.until(lambda: len(house.scribe.texts(ROOM)) == 4)
        await house.says(ALICE, ROOM, "cancel")
        await house.reads(ROOM, "Stopped.")
        await house.says(ALICE, ROOM, "Alice")
        await house.reads(ROOM, "I do not know that.")
        await house.says(ALICE, ROOM, "login telepathy")
        await house.reads(ROOM, "There is no way `telepathy`")
        assert house.bridge.sessions.states() == {}

    in_a_house(tmp_path / "bridge.db", story)
