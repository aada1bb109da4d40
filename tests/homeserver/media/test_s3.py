"""Files kept in a bucket; the folder is a cache."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

import pytest
from attrs import evolve

from homeserver.config.media import ObjectStore
from homeserver.config.settings import Settings
from homeserver.http.aws_signing import Credentials, signed
from homeserver.http.request import Request, header
from homeserver.http.response import Response
from homeserver.media import s3
from tests.homeserver.media.clients import asks, files
from tests.homeserver.media.pictures import picture
from tests.internet import Internet, Website
from tests.outcomes import outcome
from tests.people import Person, Refused, Server

HERE = "198.51.100.9"
SETTINGS = ObjectStore(
    bucket="matrix-media",
    endpoint="http://s3.example:9000",
    key_id="KEY",
    secret="a secret",
    prefix="media files/",
    cache=1000,
)


class FakeBucket:
    """Checks signatures, and keeps what it gets; in parts, too."""

    def __init__(self, internet: Internet) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[int, bytes] = {}
        self.fails = False
        self._internet = internet
        self.site = Website(self._answer)
        internet.hosts["s3.example"] = [HERE]
        internet.listen(HERE, 9000, self.site.factory(internet.clock))

    def _answer(self, request: Request) -> Response:
        if self.fails:
            return Response(b"<Error/>", status=503)
        if not self._is_signed(request):
            return Response(b"<Error><Code>SignatureDoesNotMatch</Code></Error>", status=403)
        query = parse_qs(request.query, keep_blank_values=True)
        if request.method == "POST" and "uploads" in query:
            self.parts = {}
            xml = b'<R xmlns="http://s3.amazonaws.com/doc/"><UploadId>a+b/c</UploadId></R>'
            return Response(xml, content_type="application/xml")
        if "uploadId" in query:
            assert query["uploadId"] == ["a+b/c"]
            return self._part(request, query)
        return self._whole(request)

    def _part(self, request: Request, query: dict[str, list[str]]) -> Response:
        if request.method == "PUT":
            number = int(query["partNumber"][0])
            self.parts[number] = request.body
            return Response(headers=(("ETag", f'"{number}"'),))
        assert request.body.count(b"<PartNumber>") == len(self.parts)
        self.objects[request.path] = b"".join(self.parts[it] for it in sorted(self.parts))
        return Response(b"<Done/>", content_type="application/xml")

    def _whole(self, request: Request) -> Response:
        match request.method:
            case "PUT":
                self.objects[request.path] = request.body
                return Response()
            case "DELETE":
                self.objects.pop(request.path, None)
                return Response(status=204)
        found = self.objects.get(request.path)
        return Response(status=404) if found is None else Response(found)

    def _is_signed(self, request: Request) -> bool:
        url = f"http://s3.example:9000{request.path}" + (request.query and "?" + request.query)
        hash = sha256(request.body).hexdigest()
        credentials = Credentials("KEY", "a secret", "us-east-1")
        now_ms = self._internet.clock.now_ms()
        expected = signed(credentials, request.method, url, {}, hash, now_ms)
        return header(request, "Authorization") == expected["authorization"]


class House:
    def __init__(self, internet: Internet, settings: Settings) -> None:
        self.internet = internet
        self.bucket = FakeBucket(internet)
        media = evolve(settings.media, s3=SETTINGS)
        self.server = Server(evolve(settings, media=media), internet)
        self.alice: Person = self.server.person("alice")

    def uploads(self, data: bytes, type: str = "image/png") -> str:
        asked = asks(self.alice, "POST", "/_matrix/media/v3/upload", data, Content_Type=type)
        self.internet.settle()
        return str(asked.json()["content_uri"]).removeprefix("mxc://")

    def gets(self, path: str) -> tuple[int, dict[str, str], bytes]:
        asked = asks(self.alice, "GET", f"/v1/media/{path}")
        self.internet.settle()
        return asked.raw()

    def runs(self, work: Any) -> Any:
        return self.internet.run(work)


@pytest.fixture
def house(internet: Internet, settings: Settings) -> Iterator[House]:
    it = House(internet, settings)
    yield it
    outcome(it.server.app.media.stop())
    it.server.stop()


def test_a_file_is_in_the_bucket_before_anybody_is_told(house: House) -> None:
    house.uploads(b"picture")

    ((path, data),) = house.bucket.objects.items()
    assert data == b"picture"
    assert path.startswith("/matrix-media/media%20files/")
    assert path.replace("/", "").endswith(sha256(b"picture").hexdigest())


def test_the_same_content_goes_there_once(house: House) -> None:
    house.uploads(b"picture")
    house.uploads(b"picture")

    assert [request.method for request in house.bucket.site.requests] == ["PUT"]


def test_large_files_go_in_parts(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PART_BYTES", 100_000)
    data = bytes(range(256)) * 1000

    where = house.uploads(data)

    assert len(house.bucket.parts) == 3
    assert list(house.bucket.objects.values()) == [data]
    assert house.gets(f"download/{where}")[2] == data


def test_what_the_folder_let_go_comes_back(house: House) -> None:
    first, second = house.uploads(b"1" * 800), house.uploads(b"2" * 800)

    assert house.runs(house.server.app.media.upkeep.run()) is None

    assert len(files(house.server)) == 1
    assert house.gets(f"download/{first}")[2] == b"1" * 800
    assert house.gets(f"download/{second}")[2] == b"2" * 800
    assert len(files(house.server)) == 2


def test_thumbnails_are_made_of_what_has_to_come_back(house: House) -> None:
    where = house.uploads(picture("PNG", (400, 300)))
    for path in files(house.server):
        path.unlink()

    status, headers, _ = house.gets(f"thumbnail/{where}?width=32&height=32&method=crop")

    assert (status, headers["content-type"].partition("/")[0]) == (200, "image")


def test_deleted_files_are_gone_there_too(house: House) -> None:
    where = house.uploads(b"picture")

    house.runs(house.server.app.media.moderation.delete(*where.split("/")))

    assert not house.bucket.objects
    assert house.gets(f"download/{where}")[0] == 404


def test_an_upload_is_refused_while_the_bucket_is_away(house: House) -> None:
    house.bucket.fails = True

    with pytest.raises(Refused) as refused:
        house.uploads(b"picture")

    assert refused.value.status == 503
    assert not files(house.server) and not files(house.server, "incoming")
    house.bucket.fails = False
    house.uploads(b"picture")


def test_what_comes_back_must_be_what_was_put_there(house: House) -> None:
    where = house.uploads(b"picture")
    (path,) = house.bucket.objects
    house.bucket.objects[path] = b"PICTURE"
    for file in files(house.server):
        file.unlink()

    assert house.gets(f"download/{where}")[0] == 404
    del house.bucket.objects[path]
    assert house.gets(f"download/{where}")[0] == 404
