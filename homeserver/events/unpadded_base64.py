"""Base64 without padding. Spec: Appendices, "Unpadded Base64"."""

from base64 import b64decode, b64encode, urlsafe_b64encode


def encode_base64(data: bytes) -> str:
    return b64encode(data).rstrip(b"=").decode()


def encode_urlsafe_base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_base64(text: str) -> bytes:
    """Of either alphabet, padded or not; a ValueError for anything else."""
    standard = text.translate(_TO_STANDARD).rstrip("=")
    return b64decode(standard + "=" * (-len(standard) % 4), validate=True)


_TO_STANDARD = str.maketrans("-_", "+/")
