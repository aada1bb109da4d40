"""What is said on the network appears on Matrix as clients show it, and never as silence."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from bridges.kit.happenings import CallNoticed, Edit, Message, Notice, PollEnd, Vote
from bridges.kit.parts import Contact, Link, Location, Look, Media, Poll, Span, Text, Unknown
from bridges.kit.sources import Source, kept_there
from bridges.portals.polls import END, RESPONSE, START
from tests.bridges.portals.house import ALICE
from tests.bridges.portals.macaws import CHAT, POLLY, Visit, visit


def png(width: int = 3, height: int = 2) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height)).save(out, "PNG")
    return out.getvalue()


def test_a_picture_is_measured_and_its_caption_stands_at_it(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        caption = Text("look", (Span(0, 4, "bold"),))
        said = await here.polly_says(Media("image", "a.png", "image/png", png(), caption))
        assert said["msgtype"] == "m.image"
        assert (said["filename"], said["body"]) == ("a.png", "look")
        assert said["formatted_body"] == "<strong>look</strong>"
        assert said["info"] == {"mimetype": "image/png", "size": len(png()), "w": 3, "h": 2}
        assert here.house.scribe.files[said["url"]] == png()

    visit(tmp_path, story)


def test_a_voice_message_is_one_for_clients_too(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        look = Look(duration_ms=1500, waveform=(0, 50, 100))
        said = await here.polly_says(Media("voice", "v.ogg", "audio/ogg", b"ogg", look=look))
        assert said["msgtype"] == "m.audio"
        assert said["org.matrix.msc3245.voice"] == {}
        assert said["org.matrix.msc1767.audio"] == {"duration": 1500, "waveform": [0, 512, 1024]}
        assert said["info"]["duration"] == 1500

    visit(tmp_path, story)


def test_a_sticker_is_one_and_keeps_its_thumbnail(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        look = Look(thumbnail=Source(png()))
        await here.polly_says(Media("sticker", "🦜", "image/png", png(9, 9), look=look))
        (said,) = here.house.scribe.contents(here.room, "m.sticker")
        assert (said["body"], said["info"]["w"]) == ("🦜", 9)
        assert here.house.scribe.files[said["info"]["thumbnail_url"]] == png()

    visit(tmp_path, story)


def test_a_file_is_asked_for_until_the_network_has_it(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        here.session.files["file7"] = b"zip"
        here.session.not_yet = 1
        media = Media("file", "a.zip", "application/zip", kept_there("file7", 3))
        said = await here.polly_says(media, Text("after it"))
        assert said["body"] == "after it"
        assert here.session.fetched == ["file7", "file7"]
        assert here.house.scribe.contents(here.room)[-2]["filename"] == "a.zip"

    visit(tmp_path, story)


def test_a_file_that_cannot_be_had_is_said_in_words(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        said = await here.polly_says(Media("video", "a.mp4", "video/mp4", kept_there("gone")))
        assert said == {
            "msgtype": "m.notice",
            "body": "[video: a.mp4] (The file is gone.)",
        }

    visit(tmp_path, story)


def test_whoever_is_mentioned_is_told(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        text = Text("Alice and Rio", (Span(0, 5, "user", "alice"), Span(10, 3, "user", "rio")))
        said = await here.polly_says(text)
        assert said["m.mentions"] == {"user_ids": [ALICE, "@net_rio:localhost"]}
        assert f'<a href="https://matrix.to/#/{ALICE}">Alice</a>' in said["formatted_body"]
        assert (await here.polly_says(Text("Alice"), id="m2"))["m.mentions"] == {}

    visit(tmp_path, story)


def test_threads_and_answers_are_shown_as_such(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        said = await here.polly_says(Text("in it"), thread="m0")
        assert said["m.relates_to"] == {
            "rel_type": "m.thread",
            "event_id": here.hello,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": here.hello},
        }
        first = here.last_event
        said = await here.polly_says(Text("on that"), id="m2", thread="m0", reply_to="m1")
        assert said["m.relates_to"]["m.in_reply_to"] == {"event_id": first}
        assert "is_falling_back" not in said["m.relates_to"]
        said = await here.polly_says(Text("of old"), id="m3", reply_to="long ago", thread="older")
        assert "m.relates_to" not in said

    visit(tmp_path, story)


def test_words_of_others_say_whose_they_are(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        said = await here.polly_says(Text("hi"), forwarded_from="Rio")
        assert said["body"] == "Forwarded from Rio:\nhi"

    visit(tmp_path, story)


def test_polls_votes_and_results(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        await here.polly_says(Poll("Tea?", ("yes", "no"), most=2))
        poll = here.last_event
        (asked,) = here.house.scribe.contents(here.room, START)
        assert asked[START]["answers"][1] == {"id": "1", "org.matrix.msc1767.text": "no"}
        assert asked[START]["max_selections"] == 2
        await here.happens(Vote(CHAT, POLLY, "m1", (1,)))
        await here.happens(PollEnd(CHAT, POLLY, "m1", (0, 1)))
        (ended,) = await here.house.until(lambda: here.house.scribe.contents(here.room, END))
        (voted,) = here.house.scribe.contents(here.room, RESPONSE)
        assert voted[RESPONSE] == {"answers": ["1"]}
        assert voted["m.relates_to"] == ended["m.relates_to"]
        assert voted["m.relates_to"]["event_id"] == poll

    visit(tmp_path, story)


def test_a_vote_in_a_poll_from_matrix_names_its_answer(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        answers = [{"id": it, "org.matrix.msc1767.text": it} for it in ("tea", "rum")]
        question = {"org.matrix.msc1767.text": "What?"}
        out = await here.sends({START: {"question": question, "answers": answers}}, START)
        await here.happens(Vote(CHAT, POLLY, out.transaction, (1,)))
        (voted,) = await here.house.until(lambda: here.house.scribe.contents(here.room, RESPONSE))
        assert voted[RESPONSE] == {"answers": ["rum"]}

    visit(tmp_path, story)


def test_places_cards_links_and_the_unknown_are_readable(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        said = await here.polly_says(Location(1.5, -2.0, "the beach"))
        assert said["geo_uri"] == "geo:1.5,-2.0"
        assert said["org.matrix.msc3488.location"]["description"] == "the beach"
        said = await here.polly_says(Contact("Rio", ("+49 1",), "BEGIN:VCARD"), id="m2")
        assert (said["filename"], said["body"]) == ("Rio.vcf", "Rio +49 1")
        assert here.house.scribe.files[said["url"]] == b"BEGIN:VCARD"
        said = await here.polly_says(Contact("Rio", ("+49 1",)), id="m3")
        assert said["body"] == "[contact] Rio +49 1"
        said = await here.polly_says(Unknown("a dance"), id="m4")
        assert said == {"msgtype": "m.notice", "body": "[a dance]"}
        said = await here.polly_says(Link("https://a.test", "A site"), id="m5")
        assert said["body"] == "A site https://a.test"

    visit(tmp_path, story)


def test_a_preview_of_an_address_in_the_text_is_left_to_clients(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        parts = (Text("see https://a.test"), Link("https://a.test"))
        await here.happens(Message(CHAT, POLLY, "m1", parts))
        await here.happens(Message(CHAT, POLLY, "m2", (Text("next"),)))
        await here.house.reads(here.room, "next")
        said = [it["body"] for it in here.house.scribe.contents(here.room)]
        assert said == ["hello", "see https://a.test", "next"]

    visit(tmp_path, story)


def test_new_words_for_a_picture_change_its_caption(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        before = await here.polly_says(Media("image", "a.png", "image/png", png(), Text("old")))
        event_id = here.last_event
        await here.happens(Edit(CHAT, POLLY, "e1", "m1", (Text("new"), Text("and more"))))
        await here.house.reads(here.room, "and more")
        changed, more = here.house.scribe.contents(here.room)[-2:]
        assert changed["m.relates_to"] == {"rel_type": "m.replace", "event_id": event_id}
        new = changed["m.new_content"]
        assert (new["url"], new["body"]) == (before["url"], "new")
        assert new["msgtype"] == "m.image"
        assert "m.relates_to" not in more

    visit(tmp_path, story)


def test_calls_and_words_of_the_network_are_told(tmp_path: Path) -> None:
    async def story(here: Visit) -> None:
        await here.happens(CallNoticed(CHAT, POLLY, "c1", "missed", is_video=True))
        assert await here.house.reads(here.room, "video call: missed") == "@net_polly:localhost"
        await here.happens(Notice(CHAT, "n1", "Rio is on holiday."))
        assert await here.house.reads(here.room, "on holiday") == "@netbot:localhost"

    visit(tmp_path, story)
