"""What a QR code of a verification holds. Spec: "QR code format"."""

from enum import IntEnum

from attrs import frozen

from e2ee.encoding import decode_base64, encode_base64
from e2ee.errors import BadQrCode

HEADER = b"MATRIX"
VERSION = 2
KEY_BYTES = 32
SECRET_BYTES = 8
MAX_BYTES = 2_000


class Mode(IntEnum):
    OTHER_USER = 0
    """Verifying another user."""
    TRUSTED_DEVICE = 1
    """Our own other device; the showing one trusts the master key."""
    NEW_DEVICE = 2
    """Our own other device; the showing one does not trust the master key yet."""


@frozen
class QrCode:
    mode: Mode
    id: str
    first_key: str
    second_key: str
    secret: str

    def encode(self) -> bytes:
        id = self.id.encode()
        head = HEADER + bytes((VERSION, self.mode)) + len(id).to_bytes(2, "big") + id
        keys = decode_base64(self.first_key) + decode_base64(self.second_key)
        return head + keys + decode_base64(self.secret)


def read_qr_code(data: bytes) -> QrCode:
    """Raises BadQrCode for anything else."""
    start = len(HEADER) + 4
    if data[: len(HEADER)] != HEADER or not start < len(data) <= MAX_BYTES:
        raise BadQrCode("This is not a verification code.")
    version, mode = data[len(HEADER)], data[len(HEADER) + 1]
    if version != VERSION or mode not in list(Mode):
        raise BadQrCode(f"A code of version {version} and mode {mode} is not known.")
    end = start + int.from_bytes(data[start - 2 : start], "big")
    if len(data) <= end + 2 * KEY_BYTES:
        raise BadQrCode("The code is cut off.")
    try:
        id = data[start:end].decode()
    except UnicodeDecodeError as error:
        raise BadQrCode("The id in the code is not text.") from error
    first, second = data[end : end + KEY_BYTES], data[end + KEY_BYTES : end + 2 * KEY_BYTES]
    secret = data[end + 2 * KEY_BYTES :]
    return QrCode(
        Mode(mode), id, encode_base64(first), encode_base64(second), encode_base64(secret)
    )
