"""Settings are read strictly: what is unknown or wrong is named with its place."""

from pathlib import Path

import pytest

from homeserver.config.document import SettingsError
from homeserver.config.load import load, load_text
from homeserver.config.settings import Settings
from homeserver.config.storage import PostgresqlDatabase, SqliteDatabase

FOLDER = Path("/srv/isthmus")


def read(text: str, **variables: str) -> Settings:
    return load_text(f"server_name: example.org\n{text}", "hs.yaml", FOLDER, variables).settings


def problems(text: str, **variables: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(text, **variables)
    return list(caught.value.problems)


def test_everything_but_the_name_has_a_default() -> None:
    settings = read("")

    assert settings.server_name == "example.org"
    assert settings.baseurl == "https://example.org"
    assert settings.database == SqliteDatabase(path=FOLDER / "homeserver.db")
    assert settings.listeners[0].port == 8008


def test_without_a_name_there_is_no_server() -> None:
    with pytest.raises(SettingsError, match="the setting 'server_name' is missing"):
        load_text("log_level: info", "hs.yaml", FOLDER, {})


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_right_name() -> None:
    assert problems("media:\n  store_pth: /srv") == [
        "hs.yaml, line 3: there is no setting 'media.store_pth'. Did you mean 'store_path'?"
    ]


def test_all_problems_are_told_at_once() -> None:
    assert len(problems("presense: {}\npush: {x: 1}\nlog_level: loud\nmedia: [1]")) == 4


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("presence: {enabled: 1}", "'presence.enabled': true or false is needed here"),
        ("public_baseurl: example.org", "write a whole address"),
        ("log_level: loud", "'loud' is none of debug, info, warning, error"),
        ("media: {max_upload_bytes: 50X}", "'50X' is no size"),
        ("media: {max_upload_bytes: true}", "True is no size"),
        ("sessions: {login_token_lifetime: 30}", "30 is no duration"),
        ("media: {store_path: 7}", "a text (put it in quotes) is needed here"),
        ("listeners: [{port: 99999}]", "'listeners[0].port': 99999 is no port"),
        ("listeners: {port: 8008}", "'listeners': a list is needed here"),
        ("listeners: [{resources: [clint]}]", "'clint' is none of client, federation"),
        ("listeners: [{tls: {private_key_path: k}}]", "[0].tls.certificate_path' is missing"),
        ("listeners: [{}, {}]", "Two listeners want 127.0.0.1 port 8008"),
        ("push: {ip_range_denylist: [10.0.0.1/8]}", "has host bits set"),
        ("federation: {allow: ['http://x']}", "is no server name with *"),
        ("database: {engine: mysql}", "'database.engine' must be sqlite or postgresql"),
        ("database: {engine: postgresql}", "'database.dsn' (or 'database.dsn_path') is missing"),
        ("database: {engine: sqlite, dsn: x}", "there is no setting 'database.dsn'"),
        ("database: x", "keys with values are needed here"),
        ("caches: {size: {}}", "this is no size"),
        ("trusted_key_servers: [{server_name: a/b}]", "without https://"),
        ("passwords: {minimum_length: -1}", "not negative"),
        ("rate_limits: {join: {per_second: 0}}", "above zero"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(text: str, complaint: str) -> None:
    (problem,) = problems(text)

    assert complaint in problem
    assert problem.startswith(("hs.yaml, line 2: ", "Two listeners"))


@pytest.mark.parametrize("name", ["Example.org", "https://a.b", "a b", "", "a.b:0", "a.b:99999"])
def test_a_wrong_server_name_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="server_name"):
        load_text(f"server_name: '{name}'", "hs.yaml", FOLDER, {})


@pytest.mark.parametrize("name", ["localhost", "a.b:8448", "192.0.2.1", "'[2001:db8::1]:8448'"])
def test_a_server_name_is_a_host_and_perhaps_a_port(name: str) -> None:
    settings = load_text(f"server_name: {name}", "hs.yaml", FOLDER, {}).settings

    assert settings.server_name == name.strip("'")


def test_durations_are_milliseconds_and_sizes_are_bytes() -> None:
    settings = read("sessions: {refresh_token_lifetime: 7d}\nmedia: {max_upload_bytes: 2M}")

    assert settings.sessions.refresh_token_lifetime == 7 * 86_400_000
    assert settings.media.max_upload_bytes == 2 * 1024 * 1024


def test_what_a_section_leaves_out_keeps_its_own_default() -> None:
    settings = read("rate_limits: {message: {per_second: 3}}")

    assert settings.rate_limits.message.per_second == 3.0
    assert settings.rate_limits.message.burst == 50


def test_a_section_whose_lines_are_all_comments_is_as_if_absent() -> None:
    assert read("media:\n  #store_path: x\n") == read("")


def test_paths_start_at_the_folder_of_the_file() -> None:
    settings = read("media: {store_path: files}\nsigning_key_path: /etc/key")

    assert settings.media.store_path == FOLDER / "files"
    assert settings.signing_key_path == Path("/etc/key")


def test_a_secret_can_stand_in_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text("postgresql://secret@localhost\n")
    text = "server_name: a.b\ndatabase: {engine: postgresql, dsn_path: dsn}"

    settings = load_text(text, "hs.yaml", tmp_path, {}).settings

    assert isinstance(settings.database, PostgresqlDatabase)
    assert settings.database.dsn == "postgresql://secret@localhost"
    assert "secret@" not in repr(settings)


def test_a_secret_stands_in_one_place_only() -> None:
    (problem,) = problems("registration: {shared_secret: a, shared_secret_path: b}")

    assert "set 'registration.shared_secret' or 'registration.shared_secret_path'" in problem


def test_a_secret_file_that_is_missing_stops_the_start() -> None:
    (problem,) = problems("registration: {shared_secret_path: /nowhere/at/all}")

    assert problem == "hs.yaml, line 2: /nowhere/at/all cannot be read: No such file or directory."


def test_the_environment_goes_before_the_file() -> None:
    settings = read(
        "database: {path: a.db}\nlog_level: debug",
        ISTHMUS_DATABASE__PATH="/b.db",
        ISTHMUS_LISTENERS="[{port: 9000}]",
        ISTHMUS_CONFIG="not a setting",
        HOME="/root",
    )

    assert settings.database == SqliteDatabase(path=Path("/b.db"))
    assert settings.listeners[0].port == 9000
    assert settings.log_level == "debug"


def test_a_wrong_variable_is_named() -> None:
    (problem,) = problems("", ISTHMUS_DATABSE__PATH="/b.db")

    assert "the environment variable ISTHMUS_DATABSE__PATH" in problem
    assert "Did you mean 'database'?" in problem


def test_a_variable_cannot_reach_into_a_plain_value() -> None:
    (problem,) = problems("log_level: info", ISTHMUS_LOG_LEVEL__X="1")

    assert "'log_level' is not a section" in problem


def test_a_file_that_is_absent_or_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe")

    with pytest.raises(SettingsError, match=r"absent\.yaml: No such file"):
        load(tmp_path / "absent.yaml", {})
    with pytest.raises(SettingsError, match="not UTF-8"):
        load(tmp_path / "binary.yaml", {})
