"""`isthmus` with a server that listens but knows nothing: run as a program by test_run.py."""

import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.protocol import Factory, Protocol

from homeserver.cli.main import main
from homeserver.config.settings import Settings
from homeserver.errors import CannotStart


class FakeServer:
    """Its behaviour is written in the file `mood` beside the signing key."""

    def __init__(self, settings: Settings, reactor: Any) -> None:
        self._reactor = reactor
        self._folder: Path = settings.signing_key_path.parent
        self._mood = (self._folder / "mood").read_text()
        self._port: Any = None
        if self._mood == "in use":
            raise CannotStart("Another process already serves this database.")

    async def start(self) -> None:
        if self._mood == "fails":
            raise OSError("the port is taken")
        if self._mood == "breaks":
            raise ZeroDivisionError
        if self._mood == "never starts":
            await Deferred()
        self._port = self._reactor.listenTCP(0, Factory.forProtocol(Protocol))

    async def stop(self) -> None:
        if self._mood == "never stops":
            print("stopping", flush=True)
            await Deferred()
        if self._port is not None:
            await maybeDeferred(self._port.stopListening)
        (self._folder / "stopped").touch()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], FakeServer))
