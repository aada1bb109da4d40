"""A server with pages, alice with an account there, and her browser."""

from collections.abc import Callable

import pytest

from tests.browser import BASE, App, Browser
from tests.people import Server


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
