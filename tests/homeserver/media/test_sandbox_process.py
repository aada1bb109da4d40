"""Hostile files, in the real process."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeserver.json_values import JsonObject
from homeserver.media.sandbox_process import SandboxFailed, SandboxLimits, SandboxProcess
from tests.homeserver.media.pictures import bomb, claims, moving, picture

MAX_PIXELS = 10_000_000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    process = SandboxProcess(SandboxLimits(max_pixels=MAX_PIXELS))
    yield process
    process.close()


def thumbnail(sandbox: SandboxProcess, folder: Path, data: bytes, **options: object) -> JsonObject:
    source = folder / "source"
    source.write_bytes(data)
    task: JsonObject = {
        "task": "thumbnail",
        "path": str(source),
        "target": str(folder / "target"),
        "width": 96,
        "height": 96,
        "method": "scale",
        "animated": False,
    }
    return sandbox.ask({**task, **options})


def test_a_picture_becomes_a_thumbnail(sandbox: SandboxProcess, tmp_path: Path) -> None:
    assert thumbnail(sandbox, tmp_path, picture("JPEG"))["outcome"] == "made"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("100 megapixels that it only claims", claims(10_000, 10_000)),
        ("as many as a number can say", claims(2**31 - 1, 2**31 - 1)),
        ("as large as it claims", bomb(4000)),
    ],
)
def test_too_many_pixels_are_not_even_decoded(
    sandbox: SandboxProcess, tmp_path: Path, name: str, data: bytes
) -> None:
    assert thumbnail(sandbox, tmp_path, data)["outcome"] in ("too_large", "unreadable")
    assert sandbox.ask({"task": "inspect", "path": str(tmp_path / "source")})["outcome"] in (
        "too_large",
        "unreadable",
    )


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("nothing", b""),
        ("cut off", picture("JPEG")[:500]),
        ("cut off", picture("PNG")[:300]),
        ("cut off", moving()[:60]),
        ("less data than it claims", claims(1000, 1000)),
        ("a vector picture", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("a page", b"<html><script>alert(1)</script>"),
        ("PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
        ("an archive", b"PK\3\4" + bytes(100)),
        ("a bitmap", b"BM" + bytes(100)),
    ],
)
def test_what_cannot_be_read_is_told(
    sandbox: SandboxProcess, tmp_path: Path, name: str, data: bytes
) -> None:
    assert thumbnail(sandbox, tmp_path, data)["outcome"] == "unreadable"
    assert not (tmp_path / "target").exists()


def test_what_is_two_things_at_once_is_a_clean_picture_afterwards(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    data = picture("JPEG", comment=b"<script>alert(1)</script>") + b"PK\3\4<script>"

    assert thumbnail(sandbox, tmp_path, data)["outcome"] == "made"
    assert b"script" not in (tmp_path / "target").read_bytes()


def test_memory_has_an_end_and_the_server_lives(tmp_path: Path) -> None:
    # Pillow is content with the size; the process is not.
    sandbox = SandboxProcess(SandboxLimits(max_pixels=10**9, memory_bytes=300 * 1024**2))

    assert thumbnail(sandbox, tmp_path, claims(30_000, 30_000))["outcome"] == "too_large"
    assert thumbnail(sandbox, tmp_path, picture())["outcome"] == "made"
    sandbox.close()


def test_time_has_an_end_and_a_new_process_takes_over(tmp_path: Path) -> None:
    pipe = tmp_path / "never"
    os.mkfifo(pipe)
    sandbox = SandboxProcess(SandboxLimits(max_pixels=MAX_PIXELS, seconds=0.5))
    thumbnail(sandbox, tmp_path, picture())
    first = sandbox.pid

    with pytest.raises(SandboxFailed, match="too long"):
        sandbox.ask({"task": "inspect", "path": str(pipe)})

    assert sandbox.pid is None
    assert first is not None and not Path(f"/proc/{first}").exists()
    sandbox.close()


def test_a_process_that_dies_is_replaced(sandbox: SandboxProcess, tmp_path: Path) -> None:
    thumbnail(sandbox, tmp_path, picture())
    assert sandbox.pid is not None
    os.kill(sandbox.pid, signal.SIGKILL)

    with pytest.raises(SandboxFailed):
        thumbnail(sandbox, tmp_path, picture())

    assert thumbnail(sandbox, tmp_path, picture())["outcome"] == "made"


def test_after_many_tasks_a_new_process_takes_over(tmp_path: Path) -> None:
    sandbox = SandboxProcess(SandboxLimits(max_pixels=MAX_PIXELS, tasks=1))

    assert thumbnail(sandbox, tmp_path, picture())["outcome"] == "made"
    assert sandbox.pid is None


def test_the_process_sees_no_secrets_of_the_environment(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISTHMUS_SECRET", "x")
    sandbox.close()
    thumbnail(sandbox, tmp_path, picture())

    assert b"SECRET" not in Path(f"/proc/{sandbox.pid}/environ").read_bytes()
