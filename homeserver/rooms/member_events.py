"""m.room.member events that this server writes for its users."""

from collections.abc import Callable, Mapping

from attrs import frozen

from homeserver.errors import InvalidParam
from homeserver.events.building import Draft
from homeserver.events.ids import domain_of, is_user_id
from homeserver.json_values import JsonObject
from homeserver.rooms import timeline
from homeserver.rooms.author import Author
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

ProfileOf = Callable[[Transaction, str], Mapping[str, str]]
"""The `displayname` and `avatar_url` of one of our users, as far as they are set."""

SERVER_OWN = frozenset(
    (
        "membership",
        "displayname",
        "avatar_url",
        "join_authorised_via_users_server",
        "third_party_invite",
        "third_party_signed",
    )
)
"""What a client cannot add to the event of a join, an invite, and so on."""

WITH_PROFILE = ("join", "invite", "knock")


@frozen(eq=False)
class MemberEvents:
    author: Author
    profile_of: ProfileOf

    def append(
        self,
        txn: Transaction,
        head: Head,
        sender: str,
        target: str,
        content: JsonObject,
        origin_server_ts: int | None = None,
    ) -> Head:
        """Change a membership; raises Forbidden. `content` says all but the user's profile.

        The time is given where an application service has set it ("Timestamp massaging").
        """
        if content["membership"] in WITH_PROFILE and self.is_ours(target):
            content = {**self.profile_of(txn, target), **content}
        draft = Draft("m.room.member", content, target)
        event = self.author.write(txn, head, sender, draft, origin_server_ts)
        return timeline.append(txn, head, event)

    def is_ours(self, user_id: str) -> bool:
        return domain_of(user_id) == self.author.server_name


def with_membership(membership: str, extra: JsonObject) -> JsonObject:
    """The content of a member event, with what the client may add to it."""
    kept = {name: value for name, value in extra.items() if name not in SERVER_OWN}
    return {"membership": membership, **kept}


def check_user_id(user_id: str) -> None:
    if not is_user_id(user_id):
        raise InvalidParam("This is not a user id: one looks like @alice:example.org.")
