"""What happened before a crash and was not yet written down as delivered."""

from homeserver.delivery.audience import Audience
from homeserver.delivery.outbox import FOLLOWER
from homeserver.events.ids import domain_of
from homeserver.storage import events, followers, heads, outgoing, outgoing_to_device
from homeserver.storage.outgoing import Kind, Lag, News, ServerNames
from homeserver.storage.transaction import Transaction

MAX_EVENTS = 50_000


def recover(txn: Transaction, audience: Audience, upto: int, now_ms: int) -> dict[str, Lag]:
    """Make rows of what may not have been delivered, for all it was for; who lacks something."""
    after = followers.place(txn, FOLLOWER)
    if after is None:
        after = upto
    found = _events(txn, audience, after, upto)
    outgoing.save(txn, found)
    concerned = {name for _, servers in found for name in servers}
    for _, servers in outgoing.newest_first(txn, after, upto):
        concerned |= servers
    concerned |= outgoing_to_device.servers(txn)
    known = outgoing.lagging(txn)
    new = {name: Lag(after, now_ms) for name in concerned if name not in known}
    outgoing.save_lags(txn, new)
    followers.save(txn, FOLLOWER, upto)
    return {**known, **new}


def _events(
    txn: Transaction, audience: Audience, after: int, upto: int
) -> list[tuple[News, ServerNames]]:
    """The events of our users, for the servers that are in their rooms now."""
    found: list[tuple[News, ServerNames]] = []
    for position, room_id in outgoing.own_events(
        txn, audience.server_name, after, upto, MAX_EVENTS
    ):
        head = heads.load(txn, room_id)
        if head is None:
            continue
        servers = audience.in_room(head) | _last_to(txn, audience, position)
        if servers:
            found.append((News(position, Kind.EVENT, head.room, position), servers))
    return found


def _last_to(txn: Transaction, audience: Audience, position: int) -> ServerNames:
    """The server of somebody who was put out."""
    event = events.at(txn, position).event
    if event.type != "m.room.member" or event.membership not in ("leave", "ban"):
        return frozenset()
    target = domain_of(event.state_key or "")
    return frozenset([target]) if audience.is_reached(target) else frozenset()
