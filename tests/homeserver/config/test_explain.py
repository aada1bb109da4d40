"""Every setting is explained, and shown as one would write it."""

from pathlib import Path

from homeserver.config.explain import Present, entries, present
from homeserver.config.load import load_text
from homeserver.config.sample import docs, sample

TEXT = """\
server_name: example.org
media: {max_upload_bytes: 2M}
database: {engine: postgresql, dsn: "host=secret"}
"""
LOADED = load_text(TEXT, "hs.yaml", Path("/srv"), {"ISTHMUS_CACHES__SIZE": "8M"})
ENTRIES = {entry.key: entry for entry in entries()}


def now(key: str) -> Present | None:
    return present(LOADED, ENTRIES[key])


def test_every_setting_has_a_meaning() -> None:
    assert len(ENTRIES) > 80
    assert all(entry.meaning.endswith((".", "`.")) for entry in ENTRIES.values())


def test_only_the_server_name_must_be_set() -> None:
    top = [key for key, entry in ENTRIES.items() if entry.required and "." not in key]

    assert top == ["server_name"]


def test_a_value_is_shown_as_it_is_written_with_its_source() -> None:
    assert now("media.max_upload_bytes") == Present("2M", "hs.yaml, line 2")
    assert now("caches.size") == Present("8M", "the environment variable ISTHMUS_CACHES__SIZE")
    assert now("media.store_path") == Present("/srv/media", "default")
    assert now("sessions.login_token_lifetime") == Present("2m", "default")


def test_a_secret_is_never_shown() -> None:
    assert now("database.dsn") == Present("(secret)", "hs.yaml, line 3")
    assert now("registration.shared_secret") == Present(None, "default")


def test_what_the_other_engine_or_a_list_would_hold_has_no_value() -> None:
    assert now("database.path") is None
    assert now("listeners[].port") is None


def test_the_sample_sets_nothing_but_the_name() -> None:
    from_sample = load_text(sample(), "sample", Path("/srv"), {}).settings

    assert from_sample == load_text("server_name: localhost", "x", Path("/srv"), {}).settings


def test_the_sample_stays_right_when_its_comments_are_lifted() -> None:
    lines = sample().splitlines()
    lifted = [
        line.replace("#", "", 1)
        if line.lstrip().startswith("#") and line.lstrip()[1] != " "
        else line
        for line in lines
        if line.strip() != "#"
        and "engine: sqlite" not in line
        and not line.strip().startswith(("#dsn", "#connections"))
    ]

    settings = load_text("\n".join(lifted), "sample", Path("/srv"), {}).settings

    assert settings.rate_limits.admin_redaction.burst == 200
    assert settings.federation.allow == ("example.org", "*.example.org")


def test_sample_and_docs_name_every_setting() -> None:
    for text in (sample(), docs()):
        assert all(entry.name in text for entry in ENTRIES.values())
