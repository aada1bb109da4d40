"""The extensions of an answer, each under the name by which the client asked for it."""

from collections.abc import Collection, Sequence

from attrs import frozen

from homeserver.json_values import JsonObject
from homeserver.sync.device_lists import DeviceLists
from homeserver.sync.sliding.device_extensions import encryption, messages
from homeserver.sync.sliding.room_entries import Told
from homeserver.sync.sliding.room_extensions import RoomExtensions
from homeserver.sync.sliding.sitting import Candidate, Sitting


@frozen(eq=False)
class Extended:
    _rooms: RoomExtensions
    _device_lists: DeviceLists

    def sections(
        self,
        sitting: Sitting,
        candidates: Sequence[Candidate],
        moved: Collection[str],
        told: Told,
    ) -> tuple[JsonObject, bool]:
        """And whether any of it is worth an answer."""
        wished, sections, is_news = sitting.wish.extensions, JsonObject(), False
        if (wish := wished.to_device) is not None:
            sections[wish.key], is_news = messages(sitting, wish)
        if (wish := wished.e2ee) is not None:
            sections[wish.key], has_changes = encryption(sitting, self._device_lists, moved)
            is_news = is_news or has_changes
        found: JsonObject = {}
        if (wish := wished.account_data) is not None:
            found[wish.key] = self._rooms.account_data(sitting, wish, candidates)
        if (wish := wished.receipts) is not None:
            found[wish.key] = self._rooms.receipts(sitting, wish, candidates, told)
        if (wish := wished.typing) is not None:
            found[wish.key] = self._rooms.typing(sitting, wish, candidates)
        worth_telling = {key: section for key, section in found.items() if section}
        return {**sections, **worth_telling}, is_news or bool(worth_telling)
