"""What people on Matrix say reaches the network in its own words, or they are told why not."""

from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pytest
from attrs import evolve

from bridges.kit.network import Accepts, Capabilities
from bridges.kit.parts import Contact, Location, Media, Poll, Span, Text, plain
from bridges.portals.polls import END, RESPONSE, START
from tests.bridges.portals.house import ALICE, BOB
from tests.bridges.portals.macaws import Visit, visit

POLL = {
    START: {
        "kind": "org.matrix.msc3381.poll.disclosed",
        "max_selections": 1,
        "question": {"org.matrix.msc1767.text": "Tea?"},
        "answers": [
            {"id": "y", "org.matrix.msc1767.text": "yes"},
            {"id": "n", "org.matrix.msc1767.text": "no"},
        ],
    }
}


def text(body: str, **more: object) -> dict[str, object]:
    return {"msgtype": "m.text", "body": body, **more}


def test_an_answer_in_a_thread_names_both(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        relates = {
            "rel_type": "m.thread",
            "event_id": here.hello,
            "m.in_reply_to": {"event_id": here.hello},
        }
        out = await here.sends(text("a", **{"m.relates_to": relates | {"is_falling_back": True}}))
        assert (out.thread, out.reply_to) == ("m0", None)
        out = await here.sends(text("b", **{"m.relates_to": relates}))
        assert (out.thread, out.reply_to) == ("m0", "m0")

    visit(tmp_path, story)


def test_where_there_are_no_replies_a_line_is_quoted(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.session.can = Capabilities()
        relates = {"m.in_reply_to": {"event_id": here.hello}}
        out = await here.sends(text("hi", **{"m.relates_to": relates}))
        assert plain(out.parts) == "> @net_polly:localhost: hello\nhi"
        assert out.reply_to is None

    visit(tmp_path, story)


def test_people_are_mentioned_by_their_ids_there(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        html = (
            '<a href="https://matrix.to/#/@net_polly:localhost">Polly</a> and '
            '<a href="https://matrix.to/#/@bob:localhost">Bob</a>'
        )
        out = await here.sends(
            text(
                "Polly and Bob",
                format="org.matrix.custom.html",
                formatted_body=html,
                **{"m.mentions": {"user_ids": ["@net_polly:localhost", BOB]}},
            )
        )
        assert out.parts == (Text("Polly and Bob", (Span(0, 5, "user", "polly"),)),)
        assert out.mentions == ("polly",)

    visit(tmp_path, story)


def test_a_file_is_fetched_when_the_network_reads_it(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.house.scribe.files["mxc://localhost/cat"] = b"meow"
        content = {
            "msgtype": "m.audio",
            "body": "voice.ogg",
            "url": "mxc://localhost/cat",
            "info": {"mimetype": "audio/ogg", "size": 4, "duration": 1500},
            "org.matrix.msc3245.voice": {},
            "org.matrix.msc1767.audio": {"duration": 1500, "waveform": [0, 512, 1024]},
        }
        (media,) = (await here.sends(content)).parts
        assert isinstance(media, Media)
        assert (media.kind, media.name, media.mime) == ("voice", "voice.ogg", "audio/ogg")
        assert (media.look.duration_ms, media.look.waveform) == (1500, (0, 50, 100))
        assert await media.content.read() == b"meow"

    visit(tmp_path, story)


def picture(**more: object) -> dict[str, object]:
    info = {"mimetype": "image/png", "size": 4, "w": 2, "h": 2}
    content = {"msgtype": "m.image", "body": "cat.png", "url": "mxc://localhost/cat", "info": info}
    return content | more


def test_a_caption_stands_at_its_picture_or_beside_it(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        out = await here.sends(picture(filename="cat.png", body="my cat"))
        assert isinstance(out.parts[0], Media)
        assert out.parts[0].caption == Text("my cat")
        here.session.can = evolve(here.session.can, caption_max=3)
        await here.says(picture(filename="cat.png", body="my cat"))
        await here.house.until(lambda: len(here.heard) == 3)
        _, file, beside = here.heard
        assert plain(file.parts) == "[image: cat.png]"
        assert beside.parts == (Text("my cat"),)
        assert beside.transaction == f"{file.transaction}.1"

    visit(tmp_path, story)


def test_a_file_that_does_not_fit_is_refused_in_words(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.house.scribe.files["mxc://localhost/cat"] = b"x" * 1001
        await here.says(picture(info={"size": 1001, "mimetype": "image/x-odd"}))
        await here.house.reads(here.room, "Not delivered: The file is larger than 1,000 bytes.")
        here.session.can = evolve(
            here.session.can, media={"image": Accepts(("image/x-own",), 5000)}
        )
        await here.says(picture())
        await here.house.reads(here.room, "Not delivered: image/png is not taken there")

    visit(tmp_path, story)


def test_where_there_are_no_files_they_are_named(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.session.can = Capabilities()
        out = await here.sends(picture(filename="cat.png", body="my cat"))
        assert out.parts == (Text("[image: cat.png] my cat"),)
        out = await here.sends({"body": "a cat", "url": "mxc://localhost/cat"}, "m.sticker")
        assert out.parts == (Text("[image: a cat]"),)

    visit(tmp_path, story)


def test_long_texts_come_in_pieces_and_one_redaction_takes_them_all_back(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.session.can = evolve(here.session.can, text_max=9)
        event_id = await here.says(text("one two three four"))
        await here.house.until(lambda: len(here.heard) == 3)
        assert [plain(it.parts) for it in here.heard] == ["one two", "three", "four"]
        await here.house.hears(here.room, "m.room.redaction", ALICE, {"redacts": event_id})
        ids = [it.transaction for it in here.heard]
        assert await here.is_asked(3) == [("redact", it) for it in ids]

    visit(tmp_path, story)


def test_polls_and_votes_are_carried_and_ended(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        out = await here.sends(POLL, START)
        assert out.parts == (Poll("Tea?", ("yes", "no")),)
        poll = here.heard[-1].transaction
        relates = {"rel_type": "m.reference", "event_id": poll}
        await here.says({"m.relates_to": relates, RESPONSE: {"answers": ["n"]}}, RESPONSE)
        await here.says({"m.relates_to": relates, RESPONSE: {"answers": []}}, RESPONSE)
        await here.says({"m.relates_to": relates, END: {}}, END)
        asked = [("vote", poll, (1,)), ("vote", poll, ()), ("end_poll", poll)]
        assert await here.is_asked(3) == asked

    visit(tmp_path, story)


def test_where_there_are_no_polls_they_are_read_out(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.session.can = Capabilities(replies=True)
        out = await here.sends(POLL, START)
        assert out.parts == (Text("[poll] Tea?\n1. yes\n2. no"),)
        relates = {"rel_type": "m.reference", "event_id": out.transaction}
        vote = await here.sends({"m.relates_to": relates, RESPONSE: {"answers": ["n"]}}, RESPONSE)
        assert vote.parts == (Text("votes for no", manner="act"),)
        assert vote.reply_to == out.transaction

    visit(tmp_path, story)


def test_places_and_cards_are_carried_or_said_in_words(tmp_path: Path) -> None:
    card = b"BEGIN:VCARD\r\nFN:Polly Parrot\r\nTEL;TYPE=cell:+49 1\r\nEND:VCARD\r\n"

    async def story(here: Visit) -> None:
        here.house.scribe.files["mxc://localhost/card"] = card
        content = {
            "msgtype": "m.file",
            "body": "polly.vcf",
            "url": "mxc://localhost/card",
            "info": {"mimetype": "text/vcard", "size": len(card)},
        }
        out = await here.sends(content)
        assert out.parts == (Contact("Polly Parrot", ("+49 1",), card.decode()),)
        place = {"msgtype": "m.location", "body": "here", "geo_uri": "geo:1.5,-2;u=3"}
        assert (await here.sends(place)).parts == (Location(1.5, -2.0),)
        here.session.can = Capabilities()
        assert (await here.sends(place)).parts == (Text("1.5,-2.0"),)

    visit(tmp_path, story)


def test_an_edit_that_comes_too_late_is_a_correction(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        first = text("helo")
        event = await here.house.hears(
            here.room, "m.room.message", ALICE, first, origin_server_ts=0
        )
        await here.house.until(lambda: here.heard)
        relates = {"rel_type": "m.replace", "event_id": event}
        new = {"m.new_content": text("hello"), "m.relates_to": relates}
        await here.says(text("* hello", **new))
        assert await here.is_asked() == [("edit", event, (Text("hello"),))]

        here.session.can = evolve(here.session.can, edit_window_s=10)
        content, late = text("* hello", **new), 11_000
        await here.house.hears(here.room, "m.room.message", ALICE, content, origin_server_ts=late)
        await here.house.until(lambda: len(here.heard) == 2)
        assert here.heard[-1].parts == (Text("* hello"),)

    visit(tmp_path, story)


def reaction(target: str, key: str) -> dict[str, object]:
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": target, "key": key}}


def test_reactions_stay_within_what_the_network_has(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.session.can = evolve(
            here.session.can, reactions=frozenset(("❤", "👍")), reactions_max=1
        )
        first = await here.says(reaction(here.hello, "❤️"), "m.reaction")
        await here.is_asked()
        await here.says(reaction(here.hello, "👍"), "m.reaction")
        assert await here.is_asked(2) == [("react", "m0", "❤"), ("react", "m0", "👍")]
        gone = [it["redacts"] for it in here.house.scribe.contents(here.room, "m.room.redaction")]
        assert gone == [first]
        await here.says(reaction(here.hello, "🦜"), "m.reaction")
        status = "com.beeper.message_send_status"
        (told,) = await here.house.until(lambda: here.house.scribe.contents(here.room, status))
        assert told["status"] == "FAIL_PERMANENT"
        assert told["message"] == "This network has no such reaction, only: ❤ 👍"

    visit(tmp_path, story)


def test_what_others_say_goes_by_their_name(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        carol = "@carol:elsewhere"
        await here.house.hears(here.room, "m.room.message", carol, text("hello"))
        await here.house.hears(here.room, "m.room.message", carol, picture())
        await here.house.hears(here.room, START, carol, POLL)
        await here.house.until(lambda: len(here.heard) == 3)
        said, shown, asked = (it.parts[0] for it in here.heard)
        assert said == Text(f"<{carol}> hello")
        assert isinstance(shown, Media)
        assert shown.caption == Text(f"<{carol}> ")
        assert asked == Poll(f"<{carol}> Tea?", ("yes", "no"))

    visit(tmp_path, story)


def has_more(here: Visit, before: int) -> bool:
    return len(here.heard) > before


def test_a_name_is_looked_up_once_and_again_when_it_changes(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        carol, member = "@carol:elsewhere", "m.room.member"
        scribe = here.house.scribe
        for name in ("Carol", "Carola"):
            content = {"membership": "join", "displayname": name}
            scribe.state[here.room, member, carol] = content
            await here.house.hears(here.room, member, carol, content, state_key=carol)
            for number in range(3):
                before = len(here.heard)
                await here.house.hears(here.room, "m.room.message", carol, text(str(number)))
                await here.house.until(partial(has_more, here, before))
        assert here.heard[0].parts == (Text("<Carol> 0"),)
        assert here.heard[-1].parts == (Text("<Carola> 2"),)
        assert len([it for it in scribe.calls if unquote(it.path).endswith(carol)]) == 2

    visit(tmp_path, story)


ODD: list[object] = [None, 7, ["$x"], {"event_id": 7}]
TYPES = ["m.room.message", "m.sticker", "m.reaction", START, RESPONSE, END]


@pytest.mark.parametrize(
    "type", ["m.room.message", "m.sticker", "m.reaction", START, RESPONSE, END]
)
def test_nothing_odd_stops_what_comes_after_it(tmp_path: Path, type: str) -> None:
    async def story(here: Visit) -> None:
        keys = ["msgtype", "body", "url", "file", "info", "m.relates_to", "m.new_content"]
        keys += ["m.mentions", "formatted_body", "geo_uri", "filename", START, RESPONSE]
        last = (Text("after all that"),)
        for odd in ODD:
            fine: dict[str, object] = {
                "msgtype": "m.image",
                "url": "mxc://localhost/x",
                "body": "x",
            }
            fine["m.relates_to"] = {"event_id": here.hello, "rel_type": "m.replace"}
            for key in keys:
                await here.says(fine | {key: odd}, type)
            await here.says(dict.fromkeys(keys, odd), type)
            await here.says({"m.mentions": {"user_ids": odd}, "body": odd, "msgtype": "m.text"})
        await here.says(text("after all that"))
        await here.house.until(lambda: [it for it in here.heard if it.parts == last])

    visit(tmp_path, story)
