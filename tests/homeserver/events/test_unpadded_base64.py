import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.events.unpadded_base64 import decode_base64, encode_base64, encode_urlsafe_base64

# RFC 4648, section 10, without the padding.
EXAMPLES = {b"": "", b"f": "Zg", b"fo": "Zm8", b"foo": "Zm9v", b"foob": "Zm9vYg"}


@pytest.mark.parametrize("data", EXAMPLES)
def test_there_is_no_padding(data: bytes) -> None:
    assert encode_base64(data) == EXAMPLES[data]


@given(st.binary())
def test_either_alphabet_is_read_padded_or_not(data: bytes) -> None:
    encoded = encode_base64(data)
    padded = encoded + "=" * (-len(encoded) % 4)
    for text in (encoded, padded, encode_urlsafe_base64(data)):
        assert decode_base64(text) == data


@pytest.mark.parametrize("text", ["a", "ab c", "ä", "a*bc"])
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode_base64(text)
