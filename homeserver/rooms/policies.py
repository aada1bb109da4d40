"""The policy server of a room, and what it thinks of events that we hold.

Spec: Server-Server API, "Policy Servers".
"""

from homeserver.events.policy_servers import (
    OLDER,
    POLICY,
    Policy,
    needs_no_word,
    policy_in,
    policy_in_older,
)
from homeserver.storage import events, heads
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


def policy_of(txn: Transaction, head: Head) -> Policy | None:
    """The policy server that the room uses now; it must have users in there."""
    for key, read in ((POLICY, policy_in), (OLDER, policy_in_older)):
        position = head.state.get(key)
        policy = None if position is None else read(events.at(txn, position).event.content)
        if policy is not None:
            return policy if policy.server in head.servers else None
    return None


def is_unsigned(txn: Transaction, stored: Stored) -> bool:
    """Whether the room has a policy server, and the event lacks its word."""
    head = heads.load(txn, stored.event.room_id)
    policy = None if head is None else policy_of(txn, head)
    if policy is None or needs_no_word(stored.event):
        return False
    return not policy.has_signed(stored.event)
