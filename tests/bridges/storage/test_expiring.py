"""Messages disappear in the order in which they are due."""

from bridges.storage import expiring
from bridges.storage.expiring import AT_ONCE, Expiring
from tests.bridges.storage.conftest import Write


def test_the_first_that_is_due_comes_first_and_each_counts_once(write: Write) -> None:
    late, soon = Expiring("$late", "!a", 2**40), Expiring("$soon", "!b", 7)
    for one in (late, soon, Expiring("$soon", "!b", 9)):
        write(expiring.add, one)
    assert write(expiring.next_due) == [soon, late]
    write(expiring.remove, "$soon")
    assert write(expiring.next_due) == [late]


def test_not_all_are_looked_at_at_once(write: Write) -> None:
    for number in range(AT_ONCE + 5):
        write(expiring.add, Expiring(f"${number}", "!a", number))
    assert [it.due_ms for it in write(expiring.next_due)] == list(range(AT_ONCE))


def test_a_timer_says_whether_it_is_new(write: Write) -> None:
    assert write(expiring.timer, "!a") == 0
    assert not write(expiring.set_timer, "!a", 0)
    assert write(expiring.set_timer, "!a", 86_400_000)
    assert not write(expiring.set_timer, "!a", 86_400_000)
    assert write(expiring.timer, "!a") == 86_400_000
    assert write(expiring.set_timer, "!a", 0)
    assert write(expiring.timer, "!a") == 0
