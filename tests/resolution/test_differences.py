"""Where Synapse does not do what the specification says, and this server does.

When one of these tests fails, Synapse has changed: then let tests/resolution/forks.py make such
rooms, too.
"""

import pytest

from homeserver.events.room_versions import ROOM_VERSIONS
from tests.homeserver.events.room_of_branches import RoomOfBranches
from tests.resolution.forks import VERSIONS, Fork
from tests.resolution.synapse_peer import Synapse


@pytest.mark.parametrize("version", VERSIONS)
def test_a_room_of_one_server_may_speak_of_people_elsewhere(synapse: Synapse, version: str) -> None:
    """Spec, authorization rules: without `m.federate`, the *sender* must be of the creator's
    server. Synapse also refuses memberships of others that such a sender sets, as a ban."""
    room = RoomOfBranches(ROOM_VERSIONS[version])
    start = room.begins(create={"m.federate": False})
    ban = room.sends(
        "alice", "m.room.member", {"membership": "ban"}, "@mallory:m.example", after=[start]
    )
    topic = room.sets_topic("hello", by="alice", after=start)
    fork = Fork("closed", room, [room.state_after[e.event_id] for e in (ban, topic)])

    assert room.resolves(fork.states)[ban.state_pair] == ban.event_id
    assert ban.state_pair not in synapse.resolves(fork)["stored"]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_rejected_by_its_state_counts_as_usual(synapse: Synapse, version: str) -> None:
    """Spec, "Rejected events": servers may differ in what they reject, and would never agree if
    they passed over different events. Synapse passes over those that it has rejected itself."""
    room = RoomOfBranches(ROOM_VERSIONS[version])
    start = room.begins()
    topic = room.sets_topic("told by another server", by="alice", after=start)
    room.rejections.add(topic.event_id)
    states = [room.state_after[e.event_id] for e in (start, topic)]
    fork = Fork("rejected", room, states)

    assert room.resolves(states)[topic.state_pair] == topic.event_id
    assert topic.state_pair not in synapse.resolves(fork)["stored"]
