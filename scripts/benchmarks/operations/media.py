"""Files: up, down, and pictures with their thumbnails."""

import asyncio
import os
from io import BytesIO

import orjson
from PIL import Image

from scripts.benchmarks.crews import sessions
from scripts.benchmarks.measuring import Figures, Meter
from scripts.benchmarks.people import Session
from scripts.benchmarks.stage import Stage

SIZE = 20 * 1024
PICTURE = (1000, 750)
UPLOAD = "upload a file of 20 KiB"
UPLOADS = "upload a file of 20 KiB, eight at once"
AT_ONCE = 8
DOWNLOAD = "download a file of 20 KiB"
MAKE = "upload a picture, get its thumbnail"
THUMBNAIL = "a thumbnail that is there already"
WANTED = "width=800&height=600&method=scale"


async def media(stage: Stage) -> dict[str, Figures]:
    up, down, made, there = (stage.meter() for _ in range(4))
    async with sessions(stage.port, stage.world.senders[:1]) as [sender]:
        where = ""

        async def upload() -> list[float]:
            nonlocal where
            taken = []
            for _ in range(stage.effort.files):
                where, seconds = await uploaded(sender, os.urandom(SIZE), "text/plain")
                taken.append(seconds)
            return taken

        for _ in range(stage.effort.slices):
            await up.slice(upload)
            await repeated(stage, down, sender, f"download/{where}")
        for _ in range(stage.effort.slices):
            pictures = [picture() for _ in range(stage.effort.pictures)]

            async def make(pictures: list[bytes] = pictures) -> list[float]:
                nonlocal where
                taken = []
                for data in pictures:
                    where, seconds = await uploaded(sender, data, "image/jpeg")
                    path = f"/_matrix/client/v1/media/thumbnail/{where}?{WANTED}"
                    got = await sender.connection.request("GET", path, sender.person.token)
                    taken.append(seconds + got.seconds)
                return taken

            await made.slice(make)
            await repeated(stage, there, sender, f"thumbnail/{where}?{WANTED}")
    return {
        UPLOAD: up.figures(),
        UPLOADS: await uploads_at_once(stage),
        DOWNLOAD: down.figures(),
        MAKE: made.figures(),
        THUMBNAIL: there.figures(),
    }


async def uploads_at_once(stage: Stage) -> Figures:
    meter = stage.meter()
    async with sessions(stage.port, stage.world.senders[:AT_ONCE]) as senders:

        async def some(sender: Session) -> list[float]:
            count = stage.effort.files // AT_ONCE
            files = [os.urandom(SIZE) for _ in range(count)]
            return [(await uploaded(sender, file, "text/plain"))[1] for file in files]

        async def all_of_them() -> list[float]:
            taken = await asyncio.gather(*map(some, senders))
            return [seconds for part in taken for seconds in part]

        for _ in range(stage.effort.slices):
            await meter.slice(all_of_them)
    return meter.figures()


async def repeated(stage: Stage, meter: Meter, session: Session, path: str) -> None:
    """One slice of the same request, which answers with a file."""

    async def ask() -> list[float]:
        full, token = f"/_matrix/client/v1/media/{path}", session.person.token
        answers = [
            await session.connection.request("GET", full, token) for _ in range(stage.effort.files)
        ]
        assert len(answers[-1].body) > 1000, len(answers[-1].body)
        return [answer.seconds for answer in answers]

    await meter.slice(ask)


async def uploaded(session: Session, data: bytes, content_type: str) -> tuple[str, float]:
    """Server name and media id, with a slash between; and the seconds it took."""
    head = (
        "POST /_matrix/media/v3/upload HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {session.person.token}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    answer = await session.connection.send(head.encode() + data)
    assert answer.status == 200, answer
    uri = str(orjson.loads(answer.body)["content_uri"])
    return uri.removeprefix("mxc://"), answer.seconds


def picture() -> bytes:
    """Like a photograph: no two are alike, and neighbouring points are."""
    small = Image.frombytes("RGB", (100, 75), os.urandom(100 * 75 * 3))
    file = BytesIO()
    small.resize(PICTURE).save(file, "JPEG", quality=80)
    return file.getvalue()
