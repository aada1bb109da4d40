import re

from hypothesis import given
from hypothesis import strategies as st

from homeserver.events.type_patterns import TypePatterns

LETTERS = st.text("ab.*?", max_size=6)


@given(st.lists(LETTERS, max_size=3), st.text("ab.?", max_size=8))
def test_only_the_star_is_special(patterns: list[str], type: str) -> None:
    expected = any(
        re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), type) for pattern in patterns
    )

    assert TypePatterns.of(patterns).match(type) == expected
