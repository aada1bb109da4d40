"""Addresses of people on Matrix lead back to them, and to nobody else."""

import pytest

from bridges.networks.xmpp.jids import Jids

JIDS = Jids("matrix.xmpp.test", "example.org")


@pytest.mark.parametrize(
    ("user_id", "jid"),
    [
        ("@alice:example.org", "alice@matrix.xmpp.test"),
        ("@bob:elsewhere.org", "bob%elsewhere.org@matrix.xmpp.test"),
        ("@bob:elsewhere.org:8448", "bob%elsewhere.org\\3a8448@matrix.xmpp.test"),
        ("@a/b:example.org", "a\\2fb@matrix.xmpp.test"),
        ("@a=2fb:[::1]", "a=2fb%[\\3a\\3a1]@matrix.xmpp.test"),
    ],
)
def test_an_address_leads_back(user_id: str, jid: str) -> None:
    assert JIDS.of(user_id) == jid
    assert JIDS.user_of(jid) == user_id


@pytest.mark.parametrize("user_id", ["@Alice:example.org", "@a%b:example.org", "@:x", "@é:x", "@a"])
def test_who_would_share_an_address_has_none(user_id: str) -> None:
    assert JIDS.of(user_id) is None


@pytest.mark.parametrize(
    "jid", ["matrix.xmpp.test", "alice@xmpp.test", "\\40x@matrix.xmpp.test", "a%@matrix.xmpp.test"]
)
def test_other_addresses_are_nobodys(jid: str) -> None:
    assert JIDS.user_of(jid) is None
