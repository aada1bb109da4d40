"""Signatures as S3 checks them: the examples that AWS publishes for Signature Version 4."""

from hashlib import sha256

import pytest

from homeserver.http.aws_signing import Credentials, path_quoted, signed

EXAMPLE = Credentials(
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"
)
MAY_24_2013 = 1_369_353_600_000
HOST = "https://examplebucket.s3.amazonaws.com"
EMPTY = sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("url", "headers", "signature"),
    [
        (
            HOST + "/test.txt",
            {"Range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            HOST + "/?lifecycle",
            {},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            HOST + "/?max-keys=2&prefix=J",
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_the_published_examples(url: str, headers: dict[str, str], signature: str) -> None:
    found = signed(EXAMPLE, "GET", url, headers, EMPTY, MAY_24_2013)

    assert found["authorization"].endswith(f"Signature={signature}")
    assert (
        "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
        in (found["authorization"])
    )
    assert found["x-amz-date"] == "20130524T000000Z"


def test_the_secret_is_not_shown() -> None:
    assert EXAMPLE.secret not in repr(EXAMPLE)


def test_names_are_quoted_as_they_are_signed() -> None:
    assert path_quoted("a folder/b+c~d.txt") == "a%20folder/b%2Bc~d.txt"
