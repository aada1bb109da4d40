"""Lines are read as the server means them, and nobody can put a second line into one."""

from hypothesis import given
from hypothesis import strategies as st

from bridges.networks.irc.lines import Line, cut, fold, parse, tagged, written


def test_a_line_with_everything() -> None:
    line = parse("@msgid=a\\:b;time=t;x :bob!b@host PRIVMSG #chan :hello  there :)")
    assert line == Line(
        "PRIVMSG",
        ("#chan", "hello  there :)"),
        "bob!b@host",
        {"msgid": "a;b", "time": "t", "x": ""},
    )
    assert line.nick == "bob"


def test_a_colon_inside_a_word_is_no_last_parameter() -> None:
    line = parse("AUTHENTICATE :+")
    assert line is not None and line.parameters == ("+",)
    line = parse(":a MODE #c +k a:b")
    assert line is not None and line.parameters == ("#c", "+k", "a:b")


def test_lines_that_say_nothing_are_none() -> None:
    assert parse("") is None
    assert parse(":source") is None
    assert parse("@tag=1 :source  ") is None


def test_text_cannot_end_a_line() -> None:
    assert written("PRIVMSG", "#a", "x\r\nQUIT") == "PRIVMSG #a :x QUIT"
    assert written("TOPIC", "#a", "") == "TOPIC #a :"
    assert written("PRIVMSG", "#a", ":)") == "PRIVMSG #a ::)"


def test_no_word_in_the_middle_becomes_two() -> None:
    assert written("KICK", "#a", "bob :x", "why not") == "KICK #a bob:x :why not"
    assert written("INVITE", ":", "#a") == "INVITE * #a"


@given(st.text(max_size=60))
def test_tags_are_read_as_they_were_written(value: str) -> None:
    line = parse(tagged({"+draft/react": value, "label": "l1"}, "TAGMSG #a"))
    assert line is not None and line.command == "TAGMSG"
    read = line.tags["+draft/react"]
    assert read.replace(" ", "") == value.translate(str.maketrans("", "", "\r\n\0 "))


def test_nicks_are_compared_as_the_server_does() -> None:
    assert fold("Nick[A]~") == "nick{a}^"
    assert fold("Nick[A]~", "ascii") == "nick[a]~"
    assert fold("Nick[A]~", "rfc1459-strict") == "nick{a}~"


@given(st.text(max_size=400), st.integers(10, 60))
def test_pieces_are_short_enough_and_lose_no_letter(text: str, room: int) -> None:
    pieces = list(cut(text, room))
    assert all(0 < len(it.encode(errors="replace")) <= room for it in pieces)
    gaps = str.maketrans("", "", " \r\n\0")
    assert "".join(pieces).translate(gaps) == text.translate(gaps)


@given(st.text(max_size=200))
def test_no_line_breaks_the_reader(text: str) -> None:
    line = parse(text)
    assert line is None or line.command
