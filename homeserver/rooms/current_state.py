"""How a room's current state moves: by one event, or to what the resolution of a fork says."""

from collections.abc import Collection, Iterable, Mapping

from attrs import evolve
from immutables import MapMutation

from homeserver.events.event import Event, StateKey
from homeserver.events.ids import domain_of
from homeserver.storage import events, heads, memberships, names, room_types, state_trees
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.storage.state_trees import Key
from homeserver.storage.transaction import Transaction

IN_ROOM = ("join", "invite", "knock")
MEMBER = "m.room.member"
CREATE: StateKey = ("m.room.create", "")

Changes = Mapping[StateKey, int | None]
"""Positions of state events; None for places that become empty."""


def set_event(txn: Transaction, head: Head, stored: Stored) -> Head:
    """The state event takes its place, as in a room that has not forked."""
    type, state_key = stored.event.state_pair
    key = (names.intern(txn, type), names.intern(txn, state_key))
    changed = evolve(
        head,
        root=state_trees.change(txn, head.root, {key: stored.position}),
        state=head.state.set((type, state_key), stored.position),
    )
    heads.save_state(txn, changed)
    heads.save_entry(txn, changed, key, stored.position)
    if type != MEMBER:
        if (type, state_key) == CREATE:
            room_types.save(txn, head.room, stored.event)
        return changed
    membership = membership_of(stored.event, stored.position)
    memberships.save(
        txn, state_key, head.room_id, head.room, membership._replace(moved=head.newest)
    )
    return with_members(changed, {state_key: membership.membership})


def move_to(
    txn: Transaction, head: Head, root: bytes, known: Mapping[int, Event]
) -> tuple[Head, Collection[str]]:
    """The state with this root becomes the room's current one; and whose membership changed.

    `known` holds state events by position, to save reading them.
    """
    if root == head.root:
        return head, ()
    changed = {key: after for key, _, after in state_trees.differences(txn, head.root, root)}
    pairs = pairs_of(txn, changed)
    state = head.state.mutate()
    for key, position in changed.items():
        if position is None:
            heads.delete_entry(txn, head, key)
            state.pop(pairs[key], None)
        else:
            heads.save_entry(txn, head, key, position)
            state[pairs[key]] = position
    moved = evolve(head, root=root, state=state.finish())
    heads.save_state(txn, moved)
    _note_type(txn, head, moved, known)
    users = {
        pairs[key][1]: position for key, position in changed.items() if pairs[key][0] == MEMBER
    }
    return (_move_members(txn, moved, users, known) if users else moved), users


def _note_type(txn: Transaction, before: Head, after: Head, known: Mapping[int, Event]) -> None:
    position = after.state.get(CREATE)
    if position is not None and position != before.state.get(CREATE):
        create = known.get(position) or events.at(txn, position).event
        room_types.save(txn, after.room, create)


def _move_members(
    txn: Transaction, head: Head, users: Mapping[str, int | None], known: Mapping[int, Event]
) -> Head:
    unknown = [at for at in users.values() if at is not None and at not in known]
    stored = {at: it.event for at, it in events.at_all(txn, unknown).items()}
    found: dict[str, Membership] = {}
    for user_id, position in users.items():
        if position is None:
            # The state forgets that the user was ever here.
            former = memberships.of_user(txn, user_id).get(head.room_id)
            last = former.position if former else 0
            found[user_id] = Membership.by_event("leave", last, user_id)
        else:
            event = known.get(position) or stored[position]
            found[user_id] = membership_of(event, position)
    rows = [(user_id, new._replace(moved=head.newest)) for user_id, new in found.items()]
    names.intern_all(txn, (it.sender for it in found.values()))
    memberships.save_all(txn, head.room_id, head.room, rows)
    return with_members(head, {user_id: it.membership for user_id, it in found.items()})


def membership_of(event: Event, position: int) -> Membership:
    return Membership.by_event(event.membership or "leave", position, event.sender)


def with_members(head: Head, changed: Mapping[str, str]) -> Head:
    """The head with these memberships."""
    members, servers = head.members.mutate(), head.servers.mutate()
    for user_id, membership in changed.items():
        before = members.pop(user_id, None)
        if membership in IN_ROOM:
            members[user_id] = membership
        difference = (membership == "join") - (before == "join")
        if difference:
            _count(servers, domain_of(user_id), difference)
    return evolve(head, members=members.finish(), servers=servers.finish())


def _count(servers: MapMutation[str, int], server: str, difference: int) -> None:
    users = servers.get(server, 0) + difference
    if users > 0:
        servers[server] = users
    else:
        servers.pop(server, None)


def pairs_of(txn: Transaction, keys: Iterable[Key]) -> dict[Key, StateKey]:
    """The types and state keys that pairs of numbers stand for."""
    keys = list(keys)
    found = names.names_of(txn, (number for key in keys for number in key))
    return {key: (found[key[0]], found[key[1]]) for key in keys}


def numbered(txn: Transaction, changes: Changes) -> dict[Key, int | None]:
    return {
        (names.intern(txn, type), names.intern(txn, state_key)): position
        for (type, state_key), position in changes.items()
    }
