"""What Twisted says of a failed request, in our own words."""

from OpenSSL import SSL
from service_identity import CertificateError, VerificationError
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.python.failure import Failure
from twisted.web.client import (
    RequestGenerationFailed,
    RequestTransmissionFailed,
    ResponseFailed,
    ResponseNeverReceived,
)

from homeserver.http.outgoing_errors import BadAnswer, BadTls, OutgoingError, Unreachable


def was_closed(error: Exception) -> bool:
    """Whether the other side had hung up before it answered anything."""
    return isinstance(error, ResponseNeverReceived) and all(
        isinstance(reason.value, (ConnectionDone, ConnectionLost)) for reason in _reasons(error)
    )


def explained(error: Exception) -> Exception:
    """What Twisted reports, as one of our own errors; what is no fault of the network stays."""
    reasons = [reason.value for reason in _reasons(error)]
    for reason in reasons:
        if isinstance(reason, OutgoingError):
            return reason
        if isinstance(reason, VerificationError | CertificateError):
            return BadTls("The certificate is not for this name.")
        if isinstance(reason, SSL.Error):
            return BadTls(f"There is no TLS that can be trusted: {_words(reason)}.")
        if isinstance(reason, (ConnectionDone, ConnectionLost)):
            return Unreachable("The connection broke.")
    if isinstance(error, (RequestGenerationFailed, RequestTransmissionFailed, ResponseFailed)):
        return BadAnswer(f"This is not HTTP: {reasons}"[:200])
    return error


def _reasons(error: Exception) -> list[Failure]:
    found = getattr(error, "reasons", None)
    return list(found) if isinstance(found, list) else []


def _words(error: SSL.Error) -> str:
    entries = error.args[0] if error.args else ()
    return ", ".join(entry[-1] for entry in entries if entry) or "the handshake failed"
