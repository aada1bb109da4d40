"""XMPP servers that want TLS (Prosody): by STARTTLS or at once, and proved by certificates."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridges.kit.contract import Answers
from bridges.kit.failures import BadCredentials, Transient
from bridges.kit.network import Login
from bridges.networks.xmpp import create
from tests.bridging.xmpp_server import HOST, PASSWORD, XmppServer, xmpp_server

ALICE = f"alice@{HOST}"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XmppServer]:
    with xmpp_server(tmp_path_factory.mktemp("good"), "alice", certified=HOST) as server:
        yield server


def logs_in(port: int, password: str = PASSWORD, **more: object) -> Login:
    network = create({"server": f"127.0.0.1:{port}", **more})
    answers = Answers({"jid": ALICE, "password": password, "nick": "Alice"})

    async def act() -> Login:
        for _ in range(100):
            try:
                return await network.login(network.flows[0], answers)
            except Transient as failure:
                if "cannot be reached" not in str(failure) and "lost" not in str(failure):
                    raise
                await asyncio.sleep(0.1)
        raise AssertionError("Prosody does not answer")

    return asyncio.run(act())


def test_the_password_goes_only_over_tls_which_begins_by_starttls_or_at_once(
    good: XmppServer,
) -> None:
    for port in (good.port, good.sealed_port):
        assert logs_in(port, ca_path=str(good.ca)).id == ALICE
        with pytest.raises(BadCredentials):
            logs_in(port, "wrong", ca_path=str(good.ca))


def test_a_certificate_of_an_authority_that_nobody_named_is_refused(good: XmppServer) -> None:
    for port in (good.port, good.sealed_port):
        with pytest.raises(Transient, match=r"cannot prove who it is .*the operator names"):
            logs_in(port)


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    with (
        xmpp_server(tmp_path, "alice", certified="mallory.test") as server,
        pytest.raises(Transient, match=r"certificate is not valid for 'xmpp\.test'"),
    ):
        logs_in(server.port, ca_path=str(server.ca))


def test_a_server_that_offers_no_tls_is_told_no_password(tmp_path: Path) -> None:
    with (
        xmpp_server(tmp_path, "alice") as server,
        pytest.raises(Transient, match="offers no TLS, so no password was given"),
    ):
        logs_in(server.port)
