"""A server with pages, alice with an account there, and her browser."""

from collections.abc import Callable

import pytest

from tests.authenticator import turns_on
from tests.browser import BASE, App, Browser
from tests.passkey_device import PasskeyDevice
from tests.people import Server

Locks = Callable[[Browser], object]


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    return start_server(public_baseurl=BASE)


@pytest.fixture
def app(server: Server) -> App:
    app = App(server)
    app.registers()
    return app


@pytest.fixture
def browser(server: Server) -> Browser:
    """Alice is signed in."""
    server.person("alice", device_id="FIRST")
    browser = Browser(server)
    assert browser.signs_in().status == 303
    return browser


@pytest.fixture(params=["authenticator", "passkey"])
def locks(request: pytest.FixtureRequest) -> Locks:
    """Makes that the password alone is not enough, by one factor or the other."""
    if request.param == "authenticator":
        return turns_on
    return lambda browser: PasskeyDevice(browser.server).made_in(browser)
