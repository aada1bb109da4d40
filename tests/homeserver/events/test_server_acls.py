import pytest

from homeserver.events.server_acls import ServerAcl


def test_deny_is_stronger_than_allow_and_who_is_not_allowed_is_denied() -> None:
    acl = ServerAcl.of({"allow": ["*.example.org", "friend.net"], "deny": ["evil.*"]})

    assert acl.admits("a.example.org")
    assert acl.admits("friend.net")
    assert not acl.admits("evil.example.org")
    assert not acl.admits("stranger.net")


def test_ports_and_capitals_do_not_matter() -> None:
    acl = ServerAcl.of({"allow": ["*"], "deny": ["Evil.com"]})
    assert not any(map(acl.admits, ("evil.com", "evil.com:8448", "EVIL.com:1")))
    assert acl.admits("evil.com.example")


def test_a_question_mark_stands_for_one_letter() -> None:
    acl = ServerAcl.of({"allow": ["a?.example"]})
    assert acl.admits("ab.example")
    assert not acl.admits("abc.example")
    assert not acl.admits("a.example")


@pytest.mark.parametrize("literal", ["192.0.2.1", "192.0.2.1:8448", "[2001:db8::1]", "[::1]:80"])
def test_ip_literals_can_be_kept_out(literal: str) -> None:
    assert ServerAcl.of({"allow": ["*"]}).admits(literal)
    assert ServerAcl.of({"allow": ["*"], "allow_ip_literals": "no"}).admits(literal)
    acl = ServerAcl.of({"allow": ["*"], "allow_ip_literals": False})
    assert not acl.admits(literal)
    assert acl.admits("example.org")


@pytest.mark.parametrize("content", [{}, {"allow": "*"}, {"allow": [1, None, {"*": "*"}]}])
def test_without_a_rule_that_allows_nobody_is_admitted(content: dict[str, object]) -> None:
    assert not ServerAcl.of(content).admits("example.org")


def test_what_is_malformed_does_not_weaken_the_rest() -> None:
    acl = ServerAcl.of({"allow": ["*", 7], "deny": [None, "evil.com"]})
    assert acl.admits("example.org")
    assert not acl.admits("evil.com")
