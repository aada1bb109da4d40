"""Every client-server endpoint of rooms, media and profiles, called for success and for its error.

What comes back is held against the specification, as every answer that a test sees.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from homeserver.config.accounts import WellKnown
from homeserver.config.media import UrlPreviews
from homeserver.config.network import PRIVATE_RANGES
from homeserver.config.settings import Settings
from homeserver.config.storage import SqliteDatabase
from homeserver.http.response import Response
from tests.homeserver.client_api.calls import ELSEWHERE, ROWS
from tests.homeserver.client_api.calls.row import CLIENT, Call, Fails, Row
from tests.homeserver.client_api.town import Town
from tests.internet import PUBLIC, Internet, Website
from tests.outcomes import outcome
from tests.people import Exchange, Server, checker
from tests.spec.check import STATUSES_OF_ERRCODES

STATUSES = {"M_NOT_FOUND": 404, "M_FORBIDDEN": 403, "M_MISSING_TOKEN": 401}
HERE = "198.51.100.7"
TOLD = WellKnown(support={"support_page": "https://test/help"}, policy_server_key="A" * 43)


@pytest.fixture
def town(settings: Settings, internet: Internet, quick_path: Path) -> Iterator[Town]:
    internet.hosts["example.org"] = [HERE]
    page = Response(b"<title>A page</title>", content_type="text/html")
    internet.listen(HERE, 80, Website(lambda _: page).factory(internet.clock))
    denied = tuple(network for network in PRIVATE_RANGES if network not in PUBLIC)
    media = evolve(settings.media, url_previews=UrlPreviews(enabled=True, ip_range_denylist=denied))
    told = evolve(settings, public_baseurl="https://matrix.test", well_known=TOLD, media=media)
    silent = evolve(
        settings,
        database=SqliteDatabase(path=quick_path / "silent.db"),
        signing_key_path=quick_path / "silent.key",
    )
    servers = [Server(told, internet)]

    def start_silent() -> Server:
        servers.append(Server(silent))
        return servers[-1]

    yield Town(servers[0], start_silent)
    for server in servers:
        outcome(server.app.media.stop())
        server.stop()


# Which database it is makes no difference to these.
@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_it_works_and_says_what_is_wrong(row: Row, town: Town, internet: Internet) -> None:
    method, template = row.name.split(" ")
    paths = [row.works.path]
    if row.fails.code != "M_UNRECOGNIZED":
        paths.append(row.fails.path)
    for path in paths:
        assert checker._templates.find(full(town.filled(path)).partition("?")[0]) == template

    works = asked(town, internet, method, row.works)
    if works.raw()[1].get("content-type") == "application/json":
        works.json()
    assert works.raw()[0] in (200, 201)
    fails = asked(town, internet, method, row.fails)
    with pytest.raises(Exception, match=row.fails.code) as refused:
        fails.json()
    assert refused.value.status == status_of(row.fails)  # type: ignore[attr-defined]


def asked(town: Town, internet: Internet, method: str, call: Call | Fails) -> Exchange:
    path, body = full(town.filled(call.path)), town.body(call.body)
    if body is None and method in ("POST", "PUT"):
        body = {}
    exchange = town.person(call.by).ask(method, path, body)
    internet.settle()
    return exchange


def full(path: str) -> str:
    return path if path.startswith(("/_", "/.")) else CLIENT + path


def status_of(fails: Fails) -> int:
    return fails.status or min(
        STATUSES_OF_ERRCODES.get(fails.code, {STATUSES.get(fails.code, 400)})
    )


def test_no_endpoint_is_left_out() -> None:
    called = {row.name for row in ROWS}
    wanted = {
        name
        for name in checker._operations
        if name.split(" ")[1].startswith((CLIENT, "/_matrix/media", "/.well-known/matrix/"))
        and not name.split(" ")[1].startswith(tuple(CLIENT + part for part in ELSEWHERE))
        and name.split(" ")[1] != "/.well-known/matrix/server"
    }

    assert wanted - called == set(), "add a row to tests/homeserver/client_api/calls"
    assert called - wanted == set(), "the specification has no such endpoint"
