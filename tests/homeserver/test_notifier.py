"""News after the commit."""

from attrs import frozen

from homeserver.changes import Change, ProfileChanged, TypingChanged
from homeserver.notifier import Notifier


@frozen
class Special(ProfileChanged):
    pass


def test_listeners_hear_their_kind_in_the_order_it_came() -> None:
    notifier, heard = Notifier(), list[tuple[str, int]]()
    notifier.listen(ProfileChanged, lambda change: heard.append(("first", change.position)))
    notifier.listen(ProfileChanged, lambda change: heard.append(("second", change.position)))
    notifier.listen(TypingChanged, lambda change: heard.append((change.room_id, change.position)))

    notifier.publish(
        [ProfileChanged(1, "@a:test"), TypingChanged(2, "!r"), ProfileChanged(3, "@b:test")]
    )

    assert heard == [("first", 1), ("second", 1), ("!r", 2), ("first", 3), ("second", 3)]


def test_one_listeners_fault_keeps_no_news_from_the_others() -> None:
    notifier, heard = Notifier(), list[Change]()

    def fails(change: ProfileChanged) -> None:
        raise LookupError("of its own")

    notifier.listen(ProfileChanged, fails)
    notifier.listen(ProfileChanged, heard.append)
    notifier.publish([ProfileChanged(1, "@a:test"), ProfileChanged(2, "@a:test")])

    assert [change.position for change in heard] == [1, 2]


def test_what_nobody_listens_to_is_no_error() -> None:
    Notifier().publish([Special(1, "@a:test")])
