"""Signatures and sealed messages are as documented, and everything else is refused."""

import pytest
from wechatpy.crypto import WeChatCrypto

from bridges.networks.wechat.envelope import (
    NotGenuine,
    Seal,
    check,
    check_time,
    parsed,
    signature,
)

TOKEN, KEY, APP = "tok3n", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx5823bf96d3bd56c7"
STAMP, NONCE = "1409304348", "nonce1"
MESSAGE = b"<xml><Content><![CDATA[hi]]></Content></xml>"
SEALED = (
    "Q3stYC6hdFzMh9T8HCvyDMnsu8c340VXOKAu7L4L/b1P2o/5A49YbJ2j9ii79bXaOrdISKwixZyWnwUN43wSowpN1c"
    "ZhmFqVR8/T4sH1+7jgr5zGacf91w34depOOpyZ"
)


def test_the_documented_vectors_hold() -> None:
    seal = Seal.of(APP, KEY)
    assert seal.close(MESSAGE, b"0123456789abcdef") == SEALED
    assert seal.open(SEALED) == MESSAGE
    assert signature(TOKEN, STAMP, NONCE, SEALED) == "62a6ebc6420702b9abf94a0d7c82aa5364526e84"
    assert signature(TOKEN, STAMP, NONCE) == "50f68f6107f85b83ae3c0eb7c8a46df510185956"


def test_an_independent_library_opens_what_we_seal_and_we_open_its() -> None:
    theirs = WeChatCrypto(TOKEN, KEY, APP)
    body = theirs.encrypt_message("<xml><Content>hello</Content></xml>", NONCE, STAMP)
    found = parsed(body.encode())
    sealed = found.findtext("Encrypt") or ""
    check(found.findtext("MsgSignature") or "", TOKEN, STAMP, NONCE, sealed)
    assert Seal.of(APP, KEY).open(sealed) == b"<xml><Content>hello</Content></xml>"

    ours = Seal.of(APP, KEY).close(MESSAGE)
    envelope = f"<xml><ToUserName>a</ToUserName><Encrypt>{ours}</Encrypt></xml>"
    signed = signature(TOKEN, STAMP, NONCE, ours)
    assert theirs.decrypt_message(envelope, signed, STAMP, NONCE).encode() == MESSAGE


@pytest.mark.parametrize(
    "sealed",
    ["", "not base64!", "AAAA", SEALED[:-4] + "AAAA", "A" * 88, SEALED[4:]],
)
def test_what_is_sealed_otherwise_is_refused(sealed: str) -> None:
    with pytest.raises(NotGenuine):
        Seal.of(APP, KEY).open(sealed)


def test_what_is_sealed_for_somebody_else_is_refused() -> None:
    with pytest.raises(NotGenuine, match="somebody else"):
        Seal.of("wx0000000000000000", KEY).open(SEALED)


def test_wrong_signatures_and_old_times_are_refused() -> None:
    for given in ("", "50f68f", signature("guess", STAMP, NONCE), "é"):
        with pytest.raises(NotGenuine):
            check(given, TOKEN, STAMP, NONCE)
    for stamp in ("", "-5", "abc", "1409304348", "9" * 40):
        with pytest.raises(NotGenuine):
            check_time(stamp, 1_900_000_000)
    check_time("1900000100", 1_900_000_000)


BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<xml><Content>&b;</Content></xml>"""
FILE = (
    b"""<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Content>&f;</Content></xml>"""
)


@pytest.mark.parametrize("body", [BOMB, FILE, b"", b"<xml>", b"\xff\xfe", b"<xml>" * 300_000])
def test_bombs_and_nonsense_are_refused(body: bytes) -> None:
    with pytest.raises(NotGenuine):
        parsed(body)
