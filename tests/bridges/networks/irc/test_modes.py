"""Modes of IRC are levels on Matrix, and levels are modes."""

from bridges.networks.irc.channels import Channel, Member
from bridges.networks.irc.features import Features
from bridges.networks.irc.lines import parse
from bridges.networks.irc.modes import Change, changes, levels, rank_for, to_reach


def features(text: str) -> Features:
    found = Features()
    line = parse(f":irc.test 005 alice {text} :are supported by this server")
    assert line is not None
    found.learn(line)
    return found


RICH = features("PREFIX=(qohv)~@%+ CHANMODES=be,k,Hl,imnt MODES=20 NICKLEN=30 CASEMAPPING=ascii")
PLAIN = features("CHANTYPES=#&")


def test_which_modes_have_an_argument_is_the_servers_choice() -> None:
    found = list(changes(RICH, "+mo-l+Hb-vk", ["bob", "10:1h", "*!*@spam", "carol", "key"]))
    assert found == [
        Change(True, "m"),
        Change(True, "o", "bob"),
        Change(False, "l"),
        Change(True, "H", "10:1h"),
        Change(True, "b", "*!*@spam"),
        Change(False, "v", "carol"),
        Change(False, "k", "key"),
    ]
    assert list(changes(RICH, "+o", [])) == [Change(True, "o")]


def test_signs_before_nicks_are_ranks() -> None:
    assert RICH.ranks_of("~@bob!b@host") == ({"q", "o"}, "bob!b@host")
    assert PLAIN.ranks_of("%bob") == (set(), "%bob")


def test_levels_of_a_channel() -> None:
    channel = Channel("#a", modes={"m", "t"})
    channel.members = {
        "bob": Member("bob", {"o", "v"}),
        "carol": Member("carol", {"h"}),
        "dora": Member("dora"),
        "alice": Member("alice", {"q"}),
    }
    found = levels(channel, {"alice"})
    assert (dict(found.users), found.speak, found.change) == ({"bob": 50, "carol": 25}, 10, 50)
    assert levels(Channel("#b")).change == 0


def test_the_highest_rank_that_a_level_reaches_and_the_server_has() -> None:
    assert [rank_for(it, RICH) for it in (100, 75, 50, 25, 10, 5, 0)] == [
        *("q", "o", "o", "h", "v", None, None)
    ]
    assert [rank_for(it, PLAIN) for it in (100, 25, 0)] == ["o", "v", None]


def test_what_is_missing_is_given_and_what_is_too_much_taken() -> None:
    channel = Channel("#a")
    channel.members = {"bob": Member("Bob", {"o"}), "carol": Member("carol", {"v"})}
    wanted = {"bob": 10, "carol": 10, "gone": 50}
    assert list(to_reach(channel, wanted, RICH)) == [("-o", "Bob"), ("+v", "Bob")]
