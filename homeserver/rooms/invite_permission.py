"""Users who want no invites, or not from everybody.

Spec: Client-Server API, "Invite permission" (MSC4380); MSC4155 for rules by inviter.
"""

import re
from collections.abc import Iterator
from enum import Enum

from homeserver.errors import MatrixError
from homeserver.events.ids import domain_of
from homeserver.events.push_rules.globs import Matcher, matches_whole
from homeserver.json_values import JsonObject
from homeserver.storage import account_data
from homeserver.storage.transaction import Transaction

TYPES = ("m.invite_permission_config", "org.matrix.msc4380.invite_permission_config")
RULES = "org.matrix.msc4155.invite_permission_config"
MAX_RULES = 1000
"""In one list; what comes after is not looked at."""
MAX_GLOB = 255

_PORT = re.compile(r":[0-9]{1,5}\Z", re.ASCII)


class InviteBlocked(MatrixError):
    status = 403
    errcode = "M_INVITE_BLOCKED"


class Verdict(Enum):
    """What becomes of an invite; the lists of MSC4155 begin with these words.

    An ignored invite stands, but its user is not told.
    """

    ALLOW = "allowed"
    IGNORE = "ignored"
    BLOCK = "blocked"


def check_invite_permission(txn: Transaction, user_id: str, inviter: str) -> None:
    if blocks_invites(txn, user_id):
        raise InviteBlocked(f"{user_id} does not want to be invited to rooms.")
    if verdict(txn, user_id, inviter) is Verdict.BLOCK:
        raise InviteBlocked(
            f"{user_id} does not want to be invited by you.",
            errcode="ORG.MATRIX.MSC4155.M_INVITE_BLOCKED",
        )


def hides_invite(txn: Transaction, user_id: str, inviter: str) -> bool:
    """Whether the user's clients are not told of an invite that stands."""
    return blocks_invites(txn, user_id) or verdict(txn, user_id, inviter) is not Verdict.ALLOW


def blocks_invites(txn: Transaction, user_id: str) -> bool:
    configs = (account_data.find(txn, user_id, None, type) for type in TYPES)
    return any(config and config.get("default_action") == "block" for config in configs)


def verdict(txn: Transaction, user_id: str, inviter: str) -> Verdict:
    """By the user's rules: those about users come before those about servers."""
    rules = account_data.find(txn, user_id, None, RULES) or {}
    if rules.get("enabled", True) is False:
        return Verdict.ALLOW
    server = _PORT.sub("", domain_of(inviter))
    for name, who in (("users", inviter.lower()), ("servers", server.lower())):
        for found in Verdict:
            if any(fits(who) for fits in matchers(rules, f"{found.value}_{name}")):
                return found
    return Verdict.ALLOW


def matchers(rules: JsonObject, name: str) -> Iterator[Matcher]:
    found = rules.get(name)
    for glob in found[:MAX_RULES] if isinstance(found, list) else []:
        if isinstance(glob, str) and len(glob) <= MAX_GLOB:
            yield matches_whole(glob)
