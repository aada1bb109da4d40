"""Letters, a provider and a directory, all real, on the pages in Chromium without scripts.

By the keyboard alone.
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from attrs import frozen

from homeserver.cli import sign_in_checks
from homeserver.config.settings import Settings
from homeserver.config.single_sign_on import Ldap, SingleSignOn
from tests.accounts.chromium import Person, somebody
from tests.accounts.peers import Mailbox, directory, mail_server, openid_provider
from tests.browser import PASSWORD
from tests.certificates import Authority
from tests.clients.started_server import free_port, started_homeserver

NEW = "quite another horse"
ACCOUNT = "/_isthmus/account"
# Language, width, and whether it is dark.
SCREENS = [("en", 390, False), ("ru", 1280, True), ("ru", 390, False), ("en", 1280, True)]


@frozen
class Town:
    base: str
    mail: Mailbox
    people: dict[str, Any]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A server that sends letters, and knows a provider and a directory."""
    folder, port = tmp_path_factory.mktemp("town"), free_port()
    authority = Authority(folder)
    ldap = tmp_path_factory.mktemp("ldap")
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        mail = stack.enter_context(mail_server())
        issuer = stack.enter_context(openid_provider())
        people = stack.enter_context(directory(ldap, authority))
        provider = {
            "id": "example",
            "name": "Example",
            "issuer": issuer,
            "client_id": "isthmus",
            "client_secret": "secret",
        }
        settings: dict[str, Any] = {
            "public_baseurl": url,
            "listeners": [{"port": port, "bind_addresses": ["127.0.0.1"], "resources": ["client"]}],
            "mail": {"host": "127.0.0.1", "port": mail.port, "tls": "none"},
            "registration": {"enabled": True, "needs": "mail"},
            "single_sign_on": {"openid": [provider], "ldap": people},
        }
        database = {"engine": "sqlite", "path": str(folder / "homeserver.db")}
        stack.enter_context(started_homeserver(folder, database, **settings))
        yield Town(url, mail, people)


def link_in(letter: EmailMessage, base: str) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    (link,) = re.findall(re.escape(base) + r"/\S+", body.get_content())
    return str(link)


def posts(url: str, body: dict[str, Any]) -> dict[str, Any]:
    with urlopen(Request(url, data=json.dumps(body).encode())) as answer:
        told: dict[str, Any] = json.load(answer)
        return told


def password_login(user: str, password: str) -> dict[str, Any]:
    return {"type": "m.login.password", "user": user, "password": password}


@pytest.mark.parametrize(("language", "width", "is_dark"), SCREENS)
def test_an_account_by_letters(
    town: Town, tmp_path: Path, language: str, width: int, is_dark: bool
) -> None:
    name = f"alice-{language}-{width}"
    with somebody(tmp_path, language, width, is_dark=is_dark) as alice:
        makes_account(alice, town, name)
        changes_address(alice, town, name)
        forgets_password(alice, town, name)


def makes_account(alice: Person, town: Town, name: str) -> None:
    alice.opens(f"{town.base}{ACCOUNT}/register")
    alice.types(email=f"{name}@example.net")
    alice.sees("20-register-by-mail")
    alice.presses_enter_in("email")
    alice.sees("21-letter-sent")
    letter = town.mail.letter(f"{name}@example.net")
    assert letter.get_body(("html",)) is not None
    assert ("Ваша" in letter["Subject"]) == (alice.language == "ru")
    alice.opens(link_in(letter, town.base))
    alice.types(username=name, password=PASSWORD, repeated=PASSWORD)
    alice.sees("22-name-and-password")
    alice.presses_enter_in("repeated")
    assert alice.place == town.base + ACCOUNT


def changes_address(alice: Person, town: Town, name: str) -> None:
    alice.opens(f"{town.base}{ACCOUNT}/mail")
    alice.sees("23-addresses")
    alice.types(email=f"new-{name}@example.net", password=PASSWORD)
    alice.presses_enter_in("password")
    alice.opens(link_in(town.mail.letter(f"new-{name}@example.net"), town.base))
    alice.sees("24-is-it-yours")
    alice.presses_enter_on("yes")
    assert town.mail.letter(f"{name}@example.net")
    alice.opens(f"{town.base}{ACCOUNT}/mail/remove?{urlencode({'address': name + '@example.net'})}")
    alice.types(password=PASSWORD)
    alice.sees("25-remove")
    alice.presses_enter_in("password")
    assert f"new-{name}@example.net" in alice.sees("26-new-address")
    assert {town.mail.letter(f"{it}{name}@example.net")["To"] for it in ("", "new-")}


def forgets_password(alice: Person, town: Town, name: str) -> None:
    alice.signs_out()
    alice.opens(f"{town.base}{ACCOUNT}/sign-in")
    alice.sees("27-sign-in")
    alice.opens(f"{town.base}{ACCOUNT}/forgotten")
    alice.types(email=f"new-{name}@example.net")
    alice.sees("28-forgotten")
    alice.presses_enter_in("email")
    alice.opens(link_in(town.mail.letter(f"new-{name}@example.net"), town.base))
    alice.types(new_password=NEW, repeated=NEW)
    alice.sees("29-new-password")
    alice.presses_enter_in("repeated")
    assert town.mail.letter(f"new-{name}@example.net")
    alice.types(username=name, password=NEW)
    alice.presses_enter_in("password")
    assert alice.place == town.base + ACCOUNT


@pytest.mark.parametrize(("language", "width", "is_dark"), SCREENS)
def test_somebody_comes_in_through_a_provider(
    town: Town, tmp_path: Path, language: str, width: int, is_dark: bool
) -> None:
    name = f"carol-{language}-{width}"
    with somebody(tmp_path, language, width, is_dark=is_dark) as carol:
        goes_to_provider(carol, town, name)
        carol.sees("30-choose-a-name")
        carol.types(username=name)
        carol.presses_enter_in("username")
        assert carol.place == town.base + ACCOUNT
        carol.opens(f"{town.base}{ACCOUNT}/sso")
        carol.sees("31-connections")
        carol.signs_out()
        goes_to_provider(carol, town, name)
        assert carol.place == town.base + ACCOUNT
        assert name in carol.sees("32-account")


def goes_to_provider(carol: Person, town: Town, sub: str) -> None:
    carol.opens(f"{town.base}{ACCOUNT}/sign-in")
    carol.presses_enter_on_link("/sso/start")
    assert "localhost" in carol.place
    carol.types(sub=sub)
    carol.presses_enter_in("sub")


def test_an_old_app_comes_in_through_a_provider(town: Town, tmp_path: Path) -> None:
    flows = json.load(urlopen(f"{town.base}/_matrix/client/v3/login"))["flows"]
    (sso,) = (it for it in flows if it["type"] == "m.login.sso")
    assert sso["identity_providers"] == [{"id": "example", "name": "Example"}]
    back = f"{town.base}/_matrix/client/versions?from=app"
    with somebody(tmp_path, "en", 390) as carol:
        query = urlencode({"redirectUrl": back})
        carol.opens(f"{town.base}/_matrix/client/v3/login/sso/redirect/example?{query}")
        carol.types(sub="carol-1")
        carol.presses_enter_in("sub")
        carol.sees("33-choose-a-name")
        carol.presses_enter_in("username")
        assert "127.0.0.1" in carol.sees("34-let-the-app-in")
        carol.presses_enter_on("yes")
        token = carol.place.partition("loginToken=")[2]

    login = posts(f"{town.base}/_matrix/client/v3/login", {"type": "m.login.token", "token": token})

    assert login["user_id"] == "@carol:localhost"
    profile = urlopen(f"{town.base}/_matrix/client/v3/profile/@carol:localhost")
    assert json.load(profile)["displayname"] == "Carol C."


@pytest.mark.parametrize(("language", "width", "is_dark"), SCREENS[:2])
def test_an_old_app_has_it_confirmed_through_the_provider(
    town: Town, tmp_path: Path, language: str, width: int, is_dark: bool
) -> None:
    """Whoever has no password signs out a device of theirs."""
    name = f"grace-{language}-{width}"
    with somebody(tmp_path, language, width, is_dark=is_dark) as grace:
        goes_to_provider(grace, town, name)
        grace.types(username=name)
        grace.presses_enter_in("username")
        token = token_of_old_app(grace, town, "FIRST")
        token_of_old_app(grace, town, "OLD")
        told = asks_to_sign_out(town, token, {})
        assert told["flows"] == [{"stages": ["m.login.sso"]}]
        auth = {"auth": {"session": told["session"]}}
        fallback = "/_matrix/client/v3/auth/m.login.sso/fallback/web"
        grace.opens(f"{town.base}{fallback}?{urlencode({'session': told['session']})}")
        assert "OLD" in grace.sees("38-is-it-you")
        grace.presses_enter_on_link("/sso/start")
        grace.types(sub="somebody-else")
        grace.presses_enter_in("sub")
        grace.sees("39-somebody-else")
        grace.opens(f"{town.base}{fallback}?{urlencode({'session': told['session']})}")
        grace.presses_enter_on_link("/sso/start")
        grace.types(sub=name)
        grace.presses_enter_in("sub")
        assert "OLD" in grace.sees("40-it-is-you")
        assert asks_to_sign_out(town, token, auth)["session"]
        grace.presses_enter_on("yes")
        grace.sees("41-go-back-to-the-app")

    assert asks_to_sign_out(town, token, auth) == {}


def token_of_old_app(person: Person, town: Town, device_id: str) -> str:
    query = urlencode({"redirectUrl": f"{town.base}/_matrix/client/versions?from=app"})
    person.opens(f"{town.base}/_matrix/client/v3/login/sso/redirect?{query}")
    person.presses_enter_on("yes")
    token = person.place.partition("loginToken=")[2]
    body = {"type": "m.login.token", "token": token, "device_id": device_id}
    return str(posts(f"{town.base}/_matrix/client/v3/login", body)["access_token"])


def asks_to_sign_out(town: Town, token: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{town.base}/_matrix/client/v3/devices/OLD"
    request = Request(url, data=json.dumps(body).encode(), headers=headers, method="DELETE")
    try:
        told = urlopen(request).read()
    except HTTPError as refused:
        told = refused.read()
    answer: dict[str, Any] = json.loads(told)
    return answer


def test_people_of_a_directory_come_in_with_its_passwords(town: Town, tmp_path: Path) -> None:
    url = f"{town.base}/_matrix/client/v3/login"
    assert posts(url, password_login("dave", "dave's secret"))["user_id"] == "@dave:localhost"
    assert posts(url, password_login("DAVE", "dave's secret"))["user_id"] == "@dave:localhost"
    with somebody(tmp_path, "ru", 1280) as erin:
        erin.opens(f"{town.base}{ACCOUNT}/sign-in")
        erin.types(username="erin", password="erin's secret")
        erin.presses_enter_in("password")
        assert "@erin:localhost" in erin.sees("35-erin")
        erin.opens(f"{town.base}{ACCOUNT}/mail")
        assert "erin@example.org" in erin.sees("36-erin-mail")
        erin.opens(f"{town.base}{ACCOUNT}/password")
        erin.types(password="erin's secret", new_password=NEW, repeated=NEW)
        erin.presses_enter_in("repeated")
        assert "хранится в каталоге" in erin.sees("37-the-directory-keeps-it")


def test_the_doctor_asks_the_directory(town: Town) -> None:
    people = {**town.people, "custom_ca_path": Path(town.people["custom_ca_path"])}
    for password, severity in ((town.people["bind_password"], "ok"), ("a guess", "problem")):
        ldap = Ldap(**{**people, "bind_password": password})
        (found,) = sign_in_checks.directory(
            Settings(server_name="localhost", single_sign_on=SingleSignOn(ldap=ldap))
        )
        assert found.severity == severity, found


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("dave", "a guess"),
        ("dave", ""),
        ("da*", "dave's secret"),
        ("dave)(uid=*", "dave's secret"),
        ("*", "dave's secret"),
        ("nobody", "dave's secret"),
        ("@dave:elsewhere", "dave's secret"),
        ("cn=admin,dc=example,dc=org", "the administrator's word"),
    ],
)
def test_a_directory_opens_nothing_to_guesses_and_tricks(
    town: Town, user: str, password: str
) -> None:
    with pytest.raises(HTTPError, match="403"):
        posts(f"{town.base}/_matrix/client/v3/login", password_login(user, password))


def test_who_has_a_password_here_is_nobody_of_the_directory(town: Town, tmp_path: Path) -> None:
    """A name that is taken is not given to who has it there."""
    with somebody(tmp_path, "en", 390) as other:
        other.opens(f"{town.base}{ACCOUNT}/register")
        other.types(email="frank@example.net")
        other.presses_enter_in("email")
        other.opens(link_in(town.mail.letter("frank@example.net"), town.base))
        other.types(username="frank", password=PASSWORD, repeated=PASSWORD)
        other.presses_enter_in("repeated")

    url = f"{town.base}/_matrix/client/v3/login"
    assert posts(url, password_login("frank", PASSWORD))["user_id"] == "@frank:localhost"
    with pytest.raises(HTTPError, match="403"):
        posts(url, password_login("frank", "frank's secret"))
