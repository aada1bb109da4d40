"""The extensions of an answer, each under the name by which the client asked for it."""

from collections.abc import Collection, Iterator, Sequence

from attrs import frozen

from homeserver.json_values import JsonObject
from homeserver.sync.device_lists import DeviceLists
from homeserver.sync.sliding.device_extensions import encryption, messages
from homeserver.sync.sliding.neighbours import note_neighbours
from homeserver.sync.sliding.room_entries import Told
from homeserver.sync.sliding.room_extensions import RoomExtensions
from homeserver.sync.sliding.sitting import Candidate, Sitting
from homeserver.sync.sliding.user_extensions import UserExtensions


@frozen(eq=False)
class Extended:
    _rooms: RoomExtensions
    _users: UserExtensions
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
        if (wished.e2ee or wished.profiles) and not sitting.is_first:
            note_neighbours(sitting.view, moved, everywhere=wished.profiles is not None)
        if (wish := wished.to_device) is not None:
            sections[wish.key], is_news = messages(sitting, wish)
        if (wish := wished.e2ee) is not None:
            sections[wish.key], has_changes = encryption(sitting, self._device_lists)
            is_news = is_news or has_changes
        found = {
            key: section
            for key, section in self._where_there_is_news(sitting, candidates, told)
            if section
        }
        return {**sections, **found}, is_news or bool(found)

    def _where_there_is_news(
        self, sitting: Sitting, candidates: Sequence[Candidate], told: Told
    ) -> Iterator[tuple[str, JsonObject]]:
        """Empty sections for extensions that have nothing to tell."""
        wished, rooms, users = sitting.wish.extensions, self._rooms, self._users
        if (wish := wished.account_data) is not None:
            yield wish.key, rooms.account_data(sitting, wish, candidates)
        if (wish := wished.receipts) is not None:
            yield wish.key, rooms.receipts(sitting, wish, candidates, told)
        if (wish := wished.typing) is not None:
            yield wish.key, rooms.typing(sitting, wish, candidates)
        if (wish := wished.thread_subscriptions) is not None:
            yield wish.key, users.threads(sitting, wish)
        if (wish := wished.profiles) is not None:
            yield wish.key, users.profiles(sitting, wish, candidates, told)
        if (wish := wished.sticky_events) is not None:
            yield wish.key, users.sticky_events(sitting, wish, told)
