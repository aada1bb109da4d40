"""Room versions 1 to 12, told by what differs. Spec: Room Versions."""

from enum import Enum
from typing import Literal

from attrs import evolve, frozen

from homeserver.errors import MatrixError


class EventIdFormat(Enum):
    """What follows the `$` of an event id."""

    CHOSEN = "opaque:domain, chosen by the sender's server"
    HASH = "the reference hash in standard base64"
    URL_SAFE_HASH = "the reference hash in URL-safe base64"


class EventFormat(Enum):
    """How a PDU names itself and other events."""

    ID_PAIRS = "an `event_id` of its own; other events as [id, hashes] pairs"
    IDS = "no `event_id`; other events as plain ids"


@frozen
class RoomVersion:
    """Each flag says what this version has or does; the first version with it stands beside it."""

    id: str
    event_id_format: EventIdFormat = EventIdFormat.CHOSEN
    event_format: EventFormat = EventFormat.ID_PAIRS
    state_resolution: Literal["v1", "v2", "v2.1"] = "v1"

    redaction_auth_rule: bool = True  # until 2; later the redact level only decides what is applied
    aliases_auth_rule: bool = True  # until 5
    redaction_keeps_aliases: bool = True  # until 5

    enforce_key_validity: bool = False  # 5
    strict_canonical_json: bool = False  # 6
    notifications_auth_rule: bool = False  # 6
    knock: bool = False  # 7
    restricted: bool = False  # 8
    redaction_keeps_allow: bool = False  # 8
    redaction_keeps_authorising_user: bool = False  # 9
    knock_restricted: bool = False  # 10
    integer_power_levels: bool = False  # 10
    redacts_in_content: bool = False  # 11
    updated_redaction_keys: bool = False  # 11
    creator_is_sender: bool = False  # 11: the create event needs no `creator`
    privileged_creators: bool = False  # 12: above every power level
    room_id_is_create_hash: bool = False  # 12: and the create event is never in `auth_events`

    @property
    def chosen_event_ids(self) -> bool:
        return self.event_id_format is EventIdFormat.CHOSEN

    @property
    def join_rules(self) -> frozenset[str]:
        """The join rules that can let somebody in."""
        rules = {"public", "invite"}
        rules |= {"knock"} if self.knock else set()
        rules |= {"restricted"} if self.restricted else set()
        rules |= {"knock_restricted"} if self.knock_restricted else set()
        return frozenset(rules)


_V1 = RoomVersion("1")
_V2 = evolve(_V1, id="2", state_resolution="v2")
_V3 = evolve(
    _V2,
    id="3",
    event_id_format=EventIdFormat.HASH,
    event_format=EventFormat.IDS,
    redaction_auth_rule=False,
)
_V4 = evolve(_V3, id="4", event_id_format=EventIdFormat.URL_SAFE_HASH)
_V5 = evolve(_V4, id="5", enforce_key_validity=True)
_V6 = evolve(
    _V5,
    id="6",
    strict_canonical_json=True,
    aliases_auth_rule=False,
    redaction_keeps_aliases=False,
    notifications_auth_rule=True,
)
_V7 = evolve(_V6, id="7", knock=True)
_V8 = evolve(_V7, id="8", restricted=True, redaction_keeps_allow=True)
_V9 = evolve(_V8, id="9", redaction_keeps_authorising_user=True)
_V10 = evolve(_V9, id="10", knock_restricted=True, integer_power_levels=True)
_V11 = evolve(
    _V10,
    id="11",
    redacts_in_content=True,
    updated_redaction_keys=True,
    creator_is_sender=True,
)
_V12 = evolve(
    _V11,
    id="12",
    state_resolution="v2.1",
    privileged_creators=True,
    room_id_is_create_hash=True,
)

ROOM_VERSIONS: dict[str, RoomVersion] = {
    version.id: version
    for version in (_V1, _V2, _V3, _V4, _V5, _V6, _V7, _V8, _V9, _V10, _V11, _V12)
}
DEFAULT_ROOM_VERSION = "12"


def room_version(id: str) -> RoomVersion:
    version = ROOM_VERSIONS.get(id)
    if version is None:
        raise MatrixError(
            f"This server does not support room version {id!r}.",
            errcode="M_UNSUPPORTED_ROOM_VERSION",
        )
    return version
