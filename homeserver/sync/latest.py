"""Who changed last, kept in memory so that nobody has to ask the database."""

from collections import OrderedDict

KEPT = 10_000


class Latest:
    """Each user's newest change, newest last; it is complete behind a place that moves on."""

    def __init__(self, floor: int) -> None:
        self._complete_after = floor
        self._changed: OrderedDict[str, int] = OrderedDict()

    def note(self, user_id: str, position: int) -> None:
        self._changed[user_id] = position
        self._changed.move_to_end(user_id)
        if len(self._changed) > KEPT:
            _, self._complete_after = self._changed.popitem(last=False)

    def since(self, after: int) -> list[str] | None:
        """Those who changed behind this place; None if that is not known so far back."""
        if after < self._complete_after:
            return None
        try:
            return self._newer(self._changed, after)
        except RuntimeError:
            # Noted on another thread meanwhile. The copy is made in one go.
            return self._newer(self._changed.copy(), after)

    def _newer(self, changed: OrderedDict[str, int], after: int) -> list[str]:
        found: list[str] = []
        for user_id, position in reversed(changed.items()):
            if position <= after:
                break
            found.append(user_id)
        return found
