"""Opens the ports of a listener, with TLS where it has a certificate."""

from typing import Any

from twisted.internet.endpoints import SSL4ServerEndpoint, TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.ssl import DefaultOpenSSLContextFactory

from homeserver.config.listeners import Listener


async def listen(reactor: Any, listener: Listener, factory: Factory) -> list[IListeningPort]:
    """Raises CannotListenError if a port is taken."""
    ports: list[IListeningPort] = []
    for address in listener.bind_addresses:
        ports.append(await endpoint(reactor, listener, address).listen(factory))
    return ports


def endpoint(reactor: Any, listener: Listener, address: str) -> IStreamServerEndpoint:
    if listener.tls is not None:
        context = DefaultOpenSSLContextFactory(  # type: ignore[no-untyped-call]
            str(listener.tls.private_key_path), str(listener.tls.certificate_path)
        )
        return SSL4ServerEndpoint(  # type: ignore[no-untyped-call]
            reactor, listener.port, context, interface=address
        )
    kind = TCP6ServerEndpoint if ":" in address else TCP4ServerEndpoint
    return kind(reactor, listener.port, interface=address)
