"""The server with pages, for what apps do there."""

from tests.homeserver.accounts_web.conftest import app, browser, server

__all__ = ["app", "browser", "server"]
