"""Names that application services care for. Spec: Application Service API, "Registration".

Patterns come from files of operators and names from strangers, so no match may take long.
"""

import regex
from attrs import frozen

from homeserver.logs import logger

LONGEST_S = 0.05
"""For one name; what takes longer does not match."""
TRIAL_S = 0.2
MAX_PATTERN = 4096
SPECIAL = "\\.^$*+?{}[]|()"

log = logger(__name__)


class BadPattern(Exception):
    """A pattern that cannot be used; the text says why."""


@frozen
class Namespace:
    pattern: "regex.Pattern[str]"
    exclusive: bool

    def holds(self, name: str) -> bool:
        """Patterns are matched from the start of a name, not to its end, as bridges expect."""
        try:
            return self.pattern.match(name, timeout=LONGEST_S) is not None
        except TimeoutError:
            log.warning("the pattern %r took too long on a name", self.pattern.pattern)
            return False


def namespace(text: str, exclusive: bool) -> Namespace:
    """Raises BadPattern."""
    if len(text) > MAX_PATTERN:
        raise BadPattern(f"a pattern has {MAX_PATTERN} characters at most.")
    try:
        pattern = regex.compile(text)
    except regex.error as error:
        raise BadPattern(f"{error}.") from None
    try:
        for trial in trials(text):
            pattern.match(trial, timeout=TRIAL_S)
    except TimeoutError:
        raise BadPattern("some names would take it for ever; do not repeat repetitions.") from None
    return Namespace(pattern, exclusive)


def trials(text: str) -> list[str]:
    """Names on which patterns with repetitions of repetitions never come to an end."""
    end = next((at for at, letter in enumerate(text) if letter in SPECIAL), len(text))
    return [text[:end] + letter * 200 + "!" for letter in "a0_-.="]
