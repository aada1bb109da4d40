from typing import Any

import pytest

from homeserver.changes import AccountDataChanged
from tests.people import Person, Refused, Server

RULES = "/v3/pushrules/global"


def _ids(person: Person, kind: str) -> list[str]:
    return [rule["rule_id"] for rule in person.get(f"{RULES}/")[kind] if not rule["default"]]


def test_a_user_begins_with_the_default_rules(server: Server) -> None:
    alice = server.person("alice")

    rules = alice.get("/v3/pushrules/")

    assert rules["global"] == alice.get(f"{RULES}/")
    assert rules["global"]["override"][0]["rule_id"] == ".m.rule.master"
    assert alice.get("/v3/pushrules") == rules


def test_rules_are_added_in_order_changed_and_deleted(server: Server) -> None:
    alice = server.person("alice")
    rule = {"pattern": "cake*lie", "actions": ["notify"]}

    alice.put(f"{RULES}/content/one", rule)
    alice.put(f"{RULES}/content/two", rule)
    alice.put(f"{RULES}/content/three", rule, after="two")

    assert _ids(alice, "content") == ["two", "three", "one"]
    assert alice.get(f"{RULES}/content/one")["pattern"] == "cake*lie"
    alice.delete(f"{RULES}/content/two")
    assert _ids(alice, "content") == ["three", "one"]


def test_default_rules_are_changed_but_not_deleted(server: Server) -> None:
    alice = server.person("alice")
    path = f"{RULES}/override/.m.rule.master"

    alice.put(f"{path}/enabled", {"enabled": True})
    alice.put(f"{path}/actions", {"actions": ["notify"]})

    assert alice.get(f"{path}/enabled") == {"enabled": True}
    assert alice.get(f"{path}/actions") == {"actions": ["notify"]}
    with pytest.raises(Refused) as refused:
        alice.delete(path)
    assert refused.value.status == 400


def test_rules_are_each_users_own_and_outlive_a_restart(start_server: Any) -> None:
    server = start_server()
    alice, bob = server.people("alice", "bob")
    alice.put(f"{RULES}/room/!a:test", {"actions": []})

    alice.server = bob.server = start_server()

    assert _ids(alice, "room") == ["!a:test"]
    assert _ids(bob, "room") == []


def test_a_change_is_announced_as_account_data(server: Server) -> None:
    alice = server.person("alice")
    heard: list[AccountDataChanged] = []
    server.app.notifier.listen(AccountDataChanged, heard.append)

    alice.put(f"{RULES}/sender/@bob:test", {"actions": ["notify"]})
    alice.put(f"{RULES}/sender/@bob:test/enabled", {"enabled": True})

    assert [(change.user_id, change.type) for change in heard] == [("@alice:test", "m.push_rules")]


WRONG_REQUEST: list[tuple[Any, ...]] = [
    ("GET", "/content/none", None, 404),
    ("DELETE", "/content/none", None, 404),
    ("PUT", "/content/none/enabled", {"enabled": True}, 404),
    ("PUT", "/content/none/actions", {"actions": []}, 404),
    ("PUT", "/content/.mine", {"actions": [], "pattern": "a"}, 400),
    ("PUT", "/content/new", {"pattern": "a"}, 400),
    ("PUT", "/nonsense/new", {"actions": []}, 400),
    ("PUT", "/content/new?before=none", {"actions": [], "pattern": "a"}, 400),
    ("PUT", "/override/.m.rule.master/enabled", {"enabled": "yes"}, 400),
]


def test_a_wrong_request_is_refused(server: Server) -> None:
    alice = server.person("alice")

    for method, path, body, status in WRONG_REQUEST:
        with pytest.raises(Refused) as refused:
            alice.ask(method, RULES + path, body).json()

        assert refused.value.status == status
