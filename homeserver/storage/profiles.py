"""What users of this server say about themselves."""

from collections.abc import Mapping
from types import MappingProxyType

from homeserver.changes import ProfileChanged
from homeserver.json_values import JsonValue, decode, encode
from homeserver.storage import profile_changes, user_directory
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

Profile = Mapping[str, JsonValue]
"""By field; it must not be changed, as it is shared."""

NOTHING: Profile = MappingProxyType({})
CACHE_BYTES = 4 * 1024 * 1024


def get(txn: Transaction, user_id: str) -> Profile:
    """All fields of a user; none if the user has set none, or is not ours."""
    cache = _cache(txn)
    known: Profile | None = txn.see(cache, user_id)
    if known is not None:
        return known
    row = txn.one("SELECT fields FROM profiles WHERE user_id = ?", user_id)
    profile: Profile = MappingProxyType(decode(row[0])) if row else NOTHING
    txn.fill(cache, user_id, profile)
    return profile


def save(txn: Transaction, user_id: str, profile: Profile) -> int:
    """Replace a profile and make it known; its position."""
    fields, before = dict(profile), get(txn, user_id)
    txn.insert(
        """
        INSERT INTO profiles (user_id, fields) VALUES (?, ?)
        ON CONFLICT (user_id) DO UPDATE SET fields = excluded.fields
        """,
        user_id,
        encode(fields).decode(),
    )
    txn.put(_cache(txn), user_id, MappingProxyType(fields))
    user_directory.save(txn, user_id, fields.get("displayname"), fields.get("avatar_url"))
    position = txn.next_position()
    profile_changes.note(txn, user_id, different(before, fields), position)
    txn.announce(ProfileChanged(position, user_id))
    return position


def different(before: Profile, after: Profile) -> list[str]:
    """The fields that were set, changed or removed."""
    return [
        name
        for name in before.keys() | after.keys()
        if name not in before or name not in after or encode(before[name]) != encode(after[name])
    ]


def erase(txn: Transaction, user_id: str) -> None:
    """Forget what the user said, and stop showing him in searches."""
    save(txn, user_id, NOTHING)
    user_directory.remove(txn, user_id)


def for_member_event(txn: Transaction, user_id: str) -> dict[str, str]:
    """The members of a profile that member events repeat."""
    profile = get(txn, user_id)
    return {name: profile[name] for name in ("displayname", "avatar_url") if name in profile}


def _size(user_id: str, profile: Profile) -> int:
    return 500 + 2 * len(user_id) + 3 * len(str(profile))


def _cache(txn: Transaction) -> Cache[str, Profile]:
    return txn.memory.cache("profiles", CACHE_BYTES, _size)
