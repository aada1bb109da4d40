import pytest

from homeserver.json_values import decode
from homeserver.peers.signing import Credentials, canonical_content, read_header, signed_bytes

ABC = Credentials("a.org:8448", "b.org", "ed25519:k", "c2/+A")


def test_a_header_that_is_written_can_be_read() -> None:
    header = ABC.header()
    assert header == (
        'X-Matrix origin="a.org:8448",destination="b.org",key="ed25519:k",sig="c2/+A"'
    )
    assert read_header(header) == ABC


@pytest.mark.parametrize(
    "header",
    [
        'X-Matrix origin=a.org:8448,destination=b.org,key=ed25519:k,sig="c2/+A"',
        "x-matrix   origin=a.org:8448,destination=b.org,key=ed25519:k,sig=c2/+A",
        'X-Matrix SIG="c2/+A" , Key="ed25519:k"\t,destination="b.org", ORIGIN="a.org:8448"',
        r'X-Matrix origin="a.o\rg:8448",destination="\b.org",key="ed25519:k",sig="c2\/+A"',
        'X-Matrix origin="a.org:8448",destination="b.org",key="ed25519:k",sig="c2/+A",x=1',
        'X-Matrix ,origin="a.org:8448",,destination="b.org",key="ed25519:k",sig="c2/+A",',
    ],
)
def test_every_spelling_of_the_specification_is_read(header: str) -> None:
    assert read_header(header) == ABC


def test_the_destination_may_be_left_out() -> None:
    assert read_header("X-Matrix origin=a.example,key=ed25519:1,sig=x").destination is None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer abc",
        "X-Matrix",
        "X-Matrix origin=a.example,key=ed25519:1",
        'X-Matrix origin="a.example,key=ed25519:1,sig=x',
        "X-Matrix origin=a.example,origin=b.org,key=ed25519:1,sig=x",
        "X-Matrix origin=a b,key=ed25519:1,sig=x",
        'X-Matrix origin="not a server",key="ed25519:1",sig="x"',
        'X-Matrix origin="a.example\0",key="ed25519:1",sig="x"',
        "X-Matrix origin=a.example,key=ed25519:1,sig=x," + "y=1," * 2000,
        'X-Matrix origin="' + "\\" * 4000,
    ],
)
def test_what_is_no_such_header_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_header(header)


def test_what_is_signed_is_canonical_json() -> None:
    content = canonical_content({"b": [1, "ü"], "a": None})
    message = signed_bytes("PUT", "/x?y=z", "a.example", "b.example", content)

    assert (
        message
        == (
            '{"content":{"a":null,"b":[1,"ü"]},"destination":"b.example",'
            '"method":"PUT","origin":"a.example","uri":"/x?y=z"}'
        ).encode()
    )
    assert signed_bytes("GET", "/", "a", None, None) == b'{"method":"GET","origin":"a","uri":"/"}'


def test_floats_of_old_rooms_are_spelt_as_others_spell_them() -> None:
    assert canonical_content(decode('{"a": 1e20, "b": 1.5}')) == b'{"a":1e+20,"b":1.5}'
    assert canonical_content({"text": "a:1e20"}) == b'{"text":"a:1e20"}'
