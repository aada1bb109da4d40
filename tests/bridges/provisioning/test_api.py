"""Programs log people in, step by step, and ask what people ask in chats."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from attrs import define

from bridges.portals.permissions import Permissions
from bridges.provisioning import steps
from bridges.provisioning.api import PREFIX, Provisioning
from bridges.provisioning.steps import Processes
from tests.bridges.portals.house import ALICE, BOB, House, in_a_house

SECRET = "only for tests"


@define
class Program:
    """Asks for Alice, unless it says otherwise."""

    client: Any

    async def __call__(
        self, method: str, path: str, body: Any = None, user: str = ALICE, secret: str = SECRET
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        query = {"user_id": user} if user else {}
        async with self.client.request(
            method, PREFIX + path, params=query, json=body, headers=headers
        ) as response:
            return response.status, await response.json()


def with_program(path: Path, story: Callable[[House, Program], Awaitable[None]]) -> None:
    async def act(house: House) -> None:
        permissions = Permissions.read({"localhost": "user", "*": "relay"})
        processes = Processes(house.bridge.entrance)
        app = web.Application()
        app.add_subapp(
            PREFIX, Provisioning(house.bridge, permissions, SECRET, processes).application()
        )
        async with TestClient(TestServer(app)) as client:
            await story(house, Program(client))
        processes.stop()

    in_a_house(path / "bridge.db", act)


def test_a_login_goes_step_by_step(tmp_path: Path) -> None:
    async def story(house: House, ask: Program) -> None:
        _, who = await ask("GET", "/whoami")
        assert who["network"]["displayname"] == "Parrots" and who["logins"] == []
        flows = ["name", "secret", "picture", "phone", "cookies"]
        assert [it["id"] for it in who["login_flows"]] == flows

        status, first = await ask("POST", "/login/start/secret")
        assert (status, first["type"], first["step_id"]) == (200, "user_input", "1")
        assert first["user_input"]["fields"][0]["id"] == "name"
        place = f"/login/step/{first['login_id']}"
        _, second = await ask("POST", f"{place}/1/user_input", {"name": "Alice"})
        assert second["user_input"]["fields"][0]["type"] == "password"
        _, again = await ask("POST", f"{place}/1/user_input", {"name": "Somebody else"})
        assert again == second
        status, refused = await ask("POST", f"{place}/2/user_input", {"word": 7})
        assert (status, refused["error"]) == (400, "`word` must be a text.")
        _, done = await ask("POST", f"{place}/2/user_input", {"word": "abracadabra"})
        assert done["complete"] == {"user_login_id": "alice"}
        assert house.network.sessions["alice"].login.secrets == {"word": "abracadabra"}

        _, who = await ask("GET", "/whoami")
        assert [it["id"] for it in who["logins"]] == ["alice"]
        assert (await ask("GET", "/logins"))[1] == {"login_ids": ["alice"]}
        assert (await ask("POST", "/logout/nobody"))[0] == 404
        assert (await ask("POST", "/logout/alice"))[0] == 200
        assert house.bridge.sessions.states() == {}

    with_program(tmp_path, story)


def test_a_picture_is_shown_until_it_was_scanned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "WAIT_S", 0.05)

    async def story(house: House, ask: Program) -> None:
        _, first = await ask("POST", "/login/start/picture")
        assert first["display_and_wait"] == {"type": "qr", "data": "parrot:1"}
        place = f"/login/step/{first['login_id']}"
        status, waiting = await ask("POST", f"{place}/1/display_and_wait")
        assert (status, waiting["errcode"]) == (408, "M_UNKNOWN")

        async def next_after(step: int) -> Any:
            while (answer := await ask("POST", f"{place}/{step}/display_and_wait"))[0] == 408:
                continue
            return answer[1]

        house.network.scans.put_nowait("")
        second = await next_after(1)
        assert second["display_and_wait"] == {"type": "qr", "data": "parrot:2"}
        house.network.scans.put_nowait("Alice")
        done = await next_after(2)
        assert done["complete"] == {"user_login_id": "alice"}

    with_program(tmp_path, story)


def test_a_login_by_telephone_goes_on_with_a_choice_and_a_code(tmp_path: Path) -> None:
    async def story(house: House, ask: Program) -> None:
        _, first = await ask("POST", "/login/start/phone")
        (field,) = first["user_input"]["fields"]
        assert (field["type"], field["pattern"]) == ("phone_number", r"\+[0-9]{5,15}")
        place = f"/login/step/{first['login_id']}"
        status, refused = await ask("POST", f"{place}/1/user_input", {"number": "call me"})
        assert (status, refused["error"]) == (400, "`number` does not look right.")
        _, second = await ask("POST", f"{place}/1/user_input", {"number": "+4912345"})
        (field,) = second["user_input"]["fields"]
        assert (field["type"], field["options"]) == ("select", ["sms", "call"])
        assert (await ask("POST", f"{place}/2/user_input", {"choice": "pigeon"}))[0] == 400
        _, third = await ask("POST", f"{place}/2/user_input", {"choice": "sms"})
        assert third["instructions"] == "We send a code (sms).\nWhat is the code?"
        assert third["user_input"]["fields"][0]["type"] == "2fa_code"
        _, done = await ask("POST", f"{place}/3/user_input", {"code": "12345"})
        assert done["complete"] == {"user_login_id": "+4912345"}

    with_program(tmp_path, story)


def test_a_login_by_cookies(tmp_path: Path) -> None:
    async def story(house: House, ask: Program) -> None:
        _, first = await ask("POST", "/login/start/cookies")
        place = f"/login/step/{first['login_id']}/1/user_input"
        assert first["user_input"]["fields"][0]["type"] == "token"
        assert (await ask("POST", place, {"cookies": "theme=dark"}))[0] == 400
        _, done = await ask("POST", place, {"cookies": "theme=dark; sid=alice; x=y"})
        assert done["complete"] == {"user_login_id": "alice"}

    with_program(tmp_path, story)


def test_what_the_network_refuses_is_said_in_words(tmp_path: Path) -> None:
    async def story(house: House, ask: Program) -> None:
        _, first = await ask("POST", "/login/start/name")
        place = f"/login/step/{first['login_id']}"
        status, refused = await ask("POST", f"{place}/1/user_input", {"name": "nobody"})
        assert (status, refused["error"]) == (400, "There is no such parrot.")
        assert (await ask("POST", f"{place}/1/user_input", {"name": "Alice"}))[0] == 404

    with_program(tmp_path, story)


def test_strangers_get_in_nowhere(tmp_path: Path) -> None:
    async def story(house: House, ask: Program) -> None:
        assert (await ask("GET", "/whoami", secret=""))[0] == 401
        assert (await ask("GET", "/whoami", secret="guessed"))[0] == 403
        assert (await ask("GET", "/whoami", user=""))[0] == 400
        assert (await ask("GET", "/whoami", user="@mallory:elsewhere"))[0] == 403
        _, first = await ask("POST", "/login/start/name")
        place = first["login_id"]
        body = {"name": "Bob"}
        answered = await ask("POST", f"/login/step/{place}/1/user_input", body, user=BOB)
        assert answered[0] == 404
        assert (await ask("POST", f"/login/cancel/{place}", user=BOB))[0] == 404
        assert (await ask("POST", f"/login/cancel/{place}"))[0] == 200
        assert (await ask("POST", f"/login/step/{place}/1/user_input", body))[0] == 404
        assert (await ask("POST", "/login/start/telepathy"))[0] == 404

    with_program(tmp_path, story)


def test_logins_under_way_are_few(tmp_path: Path) -> None:
    async def story(house: House, ask: Program) -> None:
        started = [(await ask("POST", "/login/start/name"))[1] for _ in range(7)]
        path = "/login/step/{}/1/user_input"
        assert (await ask("POST", path.format(started[0]["login_id"]), {"name": "A"}))[0] == 404
        assert (await ask("POST", path.format(started[6]["login_id"]), {"name": "A"}))[0] == 200

    with_program(tmp_path, story)


def test_people_are_found_and_chats_begun(tmp_path: Path) -> None:
    async def story(house: House, ask: Program) -> None:
        status, refused = await ask("GET", "/contacts")
        assert (status, refused["error"]) == (400, "Say `login` first.")
        await house.logs_in()
        _, contacts = await ask("GET", "/contacts")
        assert contacts["contacts"][0]["mxid"] == "@net_polly:localhost"
        _, found = await ask("POST", "/search_users", {"query": "pol"})
        assert [it["name"] for it in found["results"]] == ["Polly"]
        assert (await ask("GET", "/resolve_identifier/polly"))[1]["id"] == "polly"
        assert (await ask("GET", "/resolve_identifier/nobody"))[0] == 404
        _, begun = await ask("POST", "/create_dm/polly")
        state = house.scribe.state
        assert state[begun["dm_room_mxid"], "m.room.member", ALICE]["membership"] == "invite"
        _, group = await ask("POST", "/create_group", {"name": "flock", "participants": ["polly"]})
        assert state[group["mxid"], "m.room.name", ""] == {"name": "flock"}
        assert (await ask("POST", "/create_group", {"participants": [7]}))[0] == 400

    with_program(tmp_path, story)


def test_rubbish_is_refused(tmp_path: Path) -> None:
    async def story(house: House, ask: Program) -> None:
        headers = {"Authorization": f"Bearer {SECRET}"}
        url = f"{PREFIX}/search_users?user_id={ALICE}"
        for data in (b"{", b"[]", b"\xff"):
            async with ask.client.post(url, data=data, headers=headers) as response:
                assert response.status == 400
        for method, path, body, expected in (
            ("GET", "/telepathy", None, (404, "M_UNRECOGNIZED")),
            ("DELETE", "/whoami", None, (405, "M_UNRECOGNIZED")),
            ("POST", "/search_users", {"query": "x" * 200_000}, (413, "M_TOO_LARGE")),
            ("POST", "/search_users", {"query": 7}, (400, "M_BAD_JSON")),
        ):
            status, refused = await ask(method, path, body)
            assert (status, refused["errcode"]) == expected
            assert refused["error"]

    with_program(tmp_path, story)
