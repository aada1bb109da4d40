"""The machine's memory: JSON records in a sealed store, changed one whole step at a time."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from e2ee.encoding import JsonObject, canonical, decode_object
from e2ee.store import Change, Store
from e2ee.vault import Vault

REMEMBERED = 5_000
"""Records that are kept opened in memory."""


class Records:
    """Reads see what the step has written so far. A step that fails has changed nothing.

    Every read makes a value of its own: what is altered and not put back stays as it was.
    """

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._opened: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._changes: dict[tuple[str, str], bytes | None] = {}
        self._depth = 0

    @contextmanager
    def step(self) -> Iterator[None]:
        """Everything inside becomes lasting together at the end. A step inside another is part of
        it; if it fails and the outer one goes on, only what it did is undone.
        """
        before = dict(self._changes)
        self._depth += 1
        try:
            yield
            if self._depth == 1:
                self._write()
        except BaseException:
            self._changes = before
            raise
        finally:
            self._depth -= 1

    def get(self, kind: str, key: str = "") -> JsonObject | None:
        place = (kind, key)
        if place in self._changes:
            changed = self._changes[place]
            return None if changed is None else decode_object(changed)
        content = self._opened.get(place)
        if content is None:
            sealed = self._store.get(kind, key)
            if sealed is None:
                return None
            content = self._vault.open(kind, key, sealed)
            self._remember(place, content)
        else:
            self._opened.move_to_end(place)
        return decode_object(content)

    def find(self, kind: str, prefix: str = "") -> dict[str, JsonObject]:
        """By key, in order."""
        found = {
            key: self._vault.open(kind, key, sealed)
            for key, sealed in self._store.find(kind, prefix)
        }
        for (its_kind, key), content in self._changes.items():
            if its_kind != kind or not key.startswith(prefix):
                continue
            if content is None:
                found.pop(key, None)
            else:
                found[key] = content
        return {key: decode_object(content) for key, content in sorted(found.items())}

    def put(self, kind: str, key: str, value: JsonObject) -> None:
        assert self._depth, "records change in steps"
        self._changes[kind, key] = canonical(value)

    def remove(self, kind: str, key: str) -> None:
        assert self._depth, "records change in steps"
        self._changes[kind, key] = None

    def next(self, name: str) -> int:
        """The next number of a line of its own: order that no clock can disturb."""
        number = int((self.get("number", name) or {"n": 0})["n"]) + 1
        self.put("number", name, {"n": number})
        return number

    def number(self, name: str) -> int:
        return int((self.get("number", name) or {"n": 0})["n"])

    def _write(self) -> None:
        if not self._changes:
            return
        sealed = [
            Change(kind, key, None if content is None else self._vault.seal(kind, key, content))
            for (kind, key), content in self._changes.items()
        ]
        self._store.apply(sealed)
        for place, content in self._changes.items():
            if content is None:
                self._opened.pop(place, None)
            else:
                self._remember(place, content)
        self._changes.clear()

    def _remember(self, place: tuple[str, str], content: bytes) -> None:
        self._opened[place] = content
        self._opened.move_to_end(place)
        if len(self._opened) > REMEMBERED:
            self._opened.popitem(last=False)
