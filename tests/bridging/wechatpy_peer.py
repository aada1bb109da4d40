"""wechatpy, led to our server of WeChat."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.bridging.loopback import stays_here
from tests.bridging.wechat_server import WechatServer


@asynccontextmanager
async def asked_by_wechatpy(
    monkeypatch: pytest.MonkeyPatch, client: type
) -> AsyncIterator[WechatServer]:
    """`client` asks a fixed address for tokens, so it is to be given `token1`."""
    server = WechatServer()
    await server.opens()
    stays_here(monkeypatch)
    monkeypatch.setattr(client, "API_BASE_URL", f"{server.root}/cgi-bin/")
    server.tokens = 1
    yield server
    await server.closes()
