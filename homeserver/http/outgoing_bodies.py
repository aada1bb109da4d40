"""Bodies of outgoing requests and of their answers."""

from collections.abc import Callable, Mapping
from typing import Protocol as Shape

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IConsumer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer

from homeserver.http.outgoing_errors import AnswerTooLarge, OutgoingError, Unreachable


class Sink(Shape):
    """Where a large body goes, piece by piece."""

    def write(self, data: bytes) -> object: ...


OpenSink = Callable[[Mapping[str, str]], Sink]
"""Makes the sink for an answer with these headers, whose names are in small letters."""


@implementer(IBodyProducer)
class BytesBody:
    """A body that is in memory."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.length = len(body)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        consumer.write(self._body)
        return succeed(None)

    def pauseProducing(self) -> None: ...

    def resumeProducing(self) -> None: ...

    def stopProducing(self) -> None: ...


class Collector(Protocol):
    """Hands on what arrives, up to `limit` bytes; beyond, it calls `cut` and fails."""

    def __init__(self, sink: Sink, limit: int, cut: Callable[[], None]) -> None:
        self._sink = sink
        self._limit = limit
        self._left = limit
        self._cut = cut
        self.done: Deferred[None] = Deferred(lambda _: cut())

    def dataReceived(self, data: bytes) -> None:
        if self.done.called:
            return
        self._left -= len(data)
        if self._left < 0:
            self._fail(AnswerTooLarge(f"The answer is larger than {self._limit} bytes."))
            return
        try:
            self._sink.write(data)
        except Exception as error:
            self._fail(error)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.done.called:
            return
        # Without a Content-Length the end of the connection is the end of the body.
        if isinstance(reason.value, (ResponseDone, PotentialDataLoss)):
            self.done.callback(None)
        else:
            self.done.errback(_failure(Unreachable("The connection broke in the answer.")))

    def _fail(self, error: Exception) -> None:
        self.done.errback(_failure(error))
        self._cut()


def _failure(error: OutgoingError | Exception) -> Failure:
    return Failure(error)  # type: ignore[no-untyped-call]
