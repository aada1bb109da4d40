"""What failed softly is shown to administrators who wish it, and to nobody else."""

from typing import Any

from tests.homeserver.rooms.policies.policy_server import (
    PolicyServer,
    refuses,
    sends_without_asking,
)
from tests.linked_servers import LinkedServer
from tests.outcomes import outcome
from tests.people import Person


def test_administrators_see_what_failed_softly_if_they_wish(
    servers: list[LinkedServer], people: list[Person], policy: PolicyServer, room: str
) -> None:
    a, b, _ = servers
    alice, bob, _ = people
    policy.judge = refuses("spam")
    before = sends_without_asking(a, room, alice, "first")
    spam = sends_without_asking(a, room, alice, "spam")
    after = sends_without_asking(a, room, alice, "last")
    config = f"/v3/user/{bob.user_id}/account_data/io.element.synapse.admin_client_config"
    bob.put(config, {"return_soft_failed_events": True})

    def texts(**query: Any) -> list[str]:
        page = bob.get(f"/v3/rooms/{room}/messages", **query)
        return [it["event_id"] for it in page["chunk"] if it["type"] == "m.room.message"]

    assert texts(dir="b") == [after, before]
    outcome(b.app.accounts.accounts.make_admin(bob.user_id, True))
    assert texts(dir="b") == [after, spam, before]
    assert texts(dir="f", limit=100) == [before, spam, after]
    shown = bob.get(f"/v3/rooms/{room}/messages", dir="b")["chunk"][1]
    assert shown["unsigned"]["io.element.synapse.soft_failed"] is True
    assert shown["unsigned"]["io.element.synapse.policy_server_spammy"] is True

    # Page by page each comes once.
    seen: list[str] = []
    start: dict[str, str] = {}
    for _ in range(3):
        page = bob.get(f"/v3/rooms/{room}/messages", dir="b", limit=1, **start)
        seen += [it["event_id"] for it in page["chunk"]]
        start = {"from": page["end"]}
    assert seen == [after, spam, before]
    assert bob.syncs().texts(room) == ["first", "spam", "last"]
    policy.judge = refuses("more spam")
    sends_without_asking(a, room, alice, "more spam")
    sends_without_asking(a, room, alice, "very last")
    assert bob.syncs().texts(room) == ["more spam", "very last"]
    lists = {"all": {"ranges": [[0, 9]], "timeline_limit": 9, "required_state": []}}
    screen = bob.post("/unstable/org.matrix.simplified_msc3575/sync", {"lists": lists})
    assert spam in [it["event_id"] for it in screen["rooms"][room]["timeline"]]

    bob.put(config, {"return_policy_server_spammy_events": True})
    assert spam in texts(dir="b")
    bob.put(config, {"return_soft_failed_events": False})
    assert spam not in texts(dir="b")
