"""Proofs of who we are, as SASL wants them."""

from base64 import b64decode

import pytest

from bridges.networks.irc.certificates import fingerprint, new_certificate
from bridges.networks.irc.sasl import Account, answers, mechanism

PASSWORD = Account("alice", password="sesame")
CERTIFICATE = Account("alice", certificate="pem")


@pytest.mark.parametrize(
    ("account", "offered", "chosen"),
    [
        (PASSWORD, "PLAIN,EXTERNAL", "PLAIN"),
        (PASSWORD, "", "PLAIN"),
        (PASSWORD, "SCRAM-SHA-256", None),
        (CERTIFICATE, "PLAIN,EXTERNAL", "EXTERNAL"),
        (CERTIFICATE, "PLAIN", None),
        (Account("alice"), "PLAIN", None),
    ],
)
def test_the_mechanism_is_one_that_both_know(
    account: Account, offered: str, chosen: str | None
) -> None:
    assert mechanism(account, offered) == chosen


def test_plain_says_name_and_password_in_pieces() -> None:
    (piece,) = answers(PASSWORD, "PLAIN")
    assert b64decode(piece) == b"alice\0alice\0sesame"
    long = list(answers(Account("alice", password="x" * 500), "PLAIN"))
    assert [len(it) for it in long] == [400, 284]
    full = list(answers(Account("a", password="x" * 296), "PLAIN"))
    assert [len(it) for it in full] == [400, 1] and full[1] == "+"
    assert "sesame" not in repr(PASSWORD)


def test_external_says_nothing() -> None:
    assert list(answers(CERTIFICATE, "EXTERNAL")) == ["+"]


def test_each_certificate_is_its_own() -> None:
    first, second = new_certificate("alice"), new_certificate("alice")
    assert fingerprint(first) != fingerprint(second)
    assert len(fingerprint(first)) == 64
