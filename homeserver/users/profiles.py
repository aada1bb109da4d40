"""What users say about themselves. Spec: Client-Server API, "Profiles"."""

import re
from collections.abc import Awaitable, Callable

from attrs import frozen

from homeserver.config.accounts import Profiles as ProfileSettings
from homeserver.errors import BadJson, Forbidden, InvalidParam, MatrixError, NotFound
from homeserver.events.ids import domain_of, fits, is_namespaced_identifier, is_server_name
from homeserver.json_values import JsonObject, JsonValue, encode
from homeserver.storage import accounts, profiles
from homeserver.storage.database import Database
from homeserver.storage.profiles import Profile
from homeserver.storage.transaction import Transaction

DISPLAYNAME, AVATAR_URL = "displayname", "avatar_url"
TIME_ZONES = ("m.tz", "us.cloke.msc4175.tz")
STATUS_FIELDS = (
    "m.status",
    "m.call",
    "org.matrix.msc4426.status",
    "org.matrix.msc4426.call",
)
"""What somebody is doing (MSC4426): told to all who share a room, so they are short."""

MAX_DISPLAYNAME = 256
MAX_AVATAR_URL = 1000
MAX_TIME_ZONE = 255
MAX_STATUS_BYTES = 1024

_MXC = re.compile(r"mxc://([^/]+)/[A-Za-z0-9_-]+")

AskElsewhere = Callable[[str], Awaitable[JsonObject]]
"""Asks the user's own server; raises NotFound."""

MakeUser = Callable[[str], Awaitable[None]]
"""Lets an application service make one of its users; raises NotFound."""

Propagate = Callable[[str, JsonObject], Awaitable[None]]
"""Takes a user and the changed `displayname` or `avatar_url` (None if removed) to member events."""


@frozen
class Elsewhere:
    """Where profiles are that are not here. Without `ask`, other servers are not asked."""

    server_name: str
    make: MakeUser
    ask: AskElsewhere | None = None


@frozen
class Profiles:
    _db: Database
    _settings: ProfileSettings
    _propagate: Propagate
    _elsewhere: Elsewhere

    async def get(self, user_id: str) -> JsonObject:
        """Every field of a user's profile; raises NotFound."""
        elsewhere = self._elsewhere
        if elsewhere.ask is not None and domain_of(user_id) != elsewhere.server_name:
            return usable(await elsewhere.ask(user_id))
        await elsewhere.make(user_id)
        return dict(await self._db.glance(self._get, user_id))

    async def get_field(self, user_id: str, key: str) -> JsonValue:
        check_key(key)
        profile = await self.get(user_id)
        if key not in profile:
            raise NotFound("This user has not set this profile field.")
        return profile[key]

    async def set_field(
        self, user_id: str, key: str, value: JsonValue, *, spreads: bool = True
    ) -> None:
        """An empty `displayname` or `avatar_url` removes the field, as before there was DELETE.

        Rooms hear of a new name unless it is not to spread.
        """
        check_key(key)
        self._check_allowed(key)
        check_value(key, value)
        if value == "" and key in (DISPLAYNAME, AVATAR_URL):
            await self._remove(user_id, key, spreads)
        elif await self._db.write(self._set, user_id, key, value) and spreads:
            await self._spread(user_id, key, value)

    async def delete_field(self, user_id: str, key: str, *, spreads: bool = True) -> None:
        """No matter if it was set."""
        check_key(key)
        self._check_allowed(key)
        await self._remove(user_id, key, spreads)

    async def _remove(self, user_id: str, key: str, spreads: bool) -> None:
        if await self._db.write(self._delete, user_id, key) and spreads:
            await self._spread(user_id, key, None)

    async def _spread(self, user_id: str, key: str, value: JsonValue) -> None:
        if key in (DISPLAYNAME, AVATAR_URL):
            await self._propagate(user_id, {key: value})

    def _get(self, txn: Transaction, user_id: str) -> Profile:
        profile = profiles.get(txn, user_id)
        if not profile and not accounts.exists(txn, user_id):
            raise NotFound("There is no such user here.")
        return profile

    def _set(self, txn: Transaction, user_id: str, key: str, value: JsonValue) -> bool:
        """Whether that changed anything."""
        before = self._get(txn, user_id)
        after = {**before, key: value}
        if key in before and same_json(before[key], value):
            return False
        if len(encode(after)) > self._settings.max_bytes:
            raise MatrixError(
                f"A profile may take {self._settings.max_bytes} bytes.",
                errcode="M_PROFILE_TOO_LARGE",
            )
        profiles.save(txn, user_id, after)
        return True

    def _delete(self, txn: Transaction, user_id: str, key: str) -> bool:
        before = self._get(txn, user_id)
        if key not in before:
            return False
        kept = {name: value for name, value in before.items() if name != key}
        profiles.save(txn, user_id, kept)
        return True

    def _check_allowed(self, key: str) -> None:
        allowed = {
            DISPLAYNAME: self._settings.change_displayname,
            AVATAR_URL: self._settings.change_avatar,
        }.get(key, self._settings.change_custom_fields)
        if not allowed:
            raise Forbidden("This server does not let its users change this profile field.")


def usable(told: JsonObject) -> JsonObject:
    """What another server tells of its user, less what no profile can hold."""
    kept: JsonObject = {}
    for key, value in told.items():
        try:
            check_key(key)
            check_value(key, value)
        except MatrixError:
            continue
        kept[key] = value
    return kept


def check_key(key: str) -> None:
    """Refuse what is no name of a profile field."""
    if not fits(key):
        raise MatrixError(
            "The name of a profile field may have 255 bytes.", errcode="M_KEY_TOO_LARGE"
        )
    known = key in (DISPLAYNAME, AVATAR_URL)
    if not known and not ("." in key and is_namespaced_identifier(key)):
        raise InvalidParam(
            "A profile field is `displayname`, `avatar_url`, `m.tz` or has a name such as "
            "`org.example.field`, in small letters, digits, `-` and `_`."
        )


def check_value(key: str, value: JsonValue) -> None:
    """Refuse what a field of the spec cannot be; others can be anything."""
    if key in STATUS_FIELDS and len(encode(value)) > MAX_STATUS_BYTES:
        raise InvalidParam(f"`{key}` may take {MAX_STATUS_BYTES} bytes.")
    if key not in (DISPLAYNAME, AVATAR_URL, *TIME_ZONES):
        return
    if not isinstance(value, str):
        raise BadJson(f"`{key}` must be a string. DELETE removes it.")
    longest = {DISPLAYNAME: MAX_DISPLAYNAME, AVATAR_URL: MAX_AVATAR_URL}.get(key, MAX_TIME_ZONE)
    if len(value) > longest:
        raise InvalidParam(f"`{key}` may have {longest} characters.")
    if key == AVATAR_URL and value and not is_mxc(value):
        raise InvalidParam("`avatar_url` must be the `mxc://` URI of an uploaded picture.")


def is_mxc(text: str) -> bool:
    """Spec: "Matrix Content (`mxc://`) URIs"."""
    found = _MXC.fullmatch(text)
    return found is not None and is_server_name(found[1])


def same_json(one: JsonValue, other: JsonValue) -> bool:
    """In Python, 1 equals 1.0 and true; in JSON it does not."""
    return encode(one) == encode(other)
