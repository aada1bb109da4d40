"""What clients do with files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from homeserver.storage.transaction import Transaction
from tests.outcomes import outcome
from tests.people import Exchange, FakeTransport, JsonObject, Person, Server

Raw = tuple[int, dict[str, str], bytes]


def asks(person: Person, method: str, path: str, body: bytes = b"", **headers: str) -> Exchange:
    """Any request; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if person.token:
        named["Authorization"] = f"Bearer {person.token}"
    full = path if path.startswith("/_") else "/_matrix/client" + path
    return person.server.exchange(method, full, body, named)


def uploads(
    person: Person, data: bytes, content_type: str = "image/png", file_name: str = ""
) -> str:
    """Where it can be found: server name and media id, with a slash between."""
    query = "?" + urlencode({"filename": file_name}) if file_name else ""
    path = f"/_matrix/media/v3/upload{query}"
    answer = asks(person, "POST", path, data, Content_Type=content_type).json()
    return str(answer["content_uri"]).removeprefix("mxc://")


def uploads_slowly(person: Person, pieces: Iterator[bytes], length: int) -> JsonObject:
    """In pieces, as over a network; so it passes through a file."""
    connection = person.server.factory.buildProtocol(None)
    transport = FakeTransport()
    connection.makeConnection(transport)  # type: ignore[no-untyped-call]
    head = (
        "POST /_matrix/media/v3/upload HTTP/1.1\r\n"
        f"Authorization: Bearer {person.token}\r\nContent-Length: {length}\r\n\r\n"
    )
    connection.dataReceived(head.encode())
    for piece in pieces:
        connection.dataReceived(piece)
    return Exchange("POST /_matrix/media/v3/upload", connection, transport).json()


def downloads(person: Person, where: str, **headers: str) -> Raw:
    return asks(person, "GET", f"/v1/media/download/{where}", b"", **headers).raw()


def thumbnail(person: Person, where: str, width: int, height: int, **query: Any) -> Raw:
    text = urlencode({"width": width, "height": height, **query})
    return asks(person, "GET", f"/v1/media/thumbnail/{where}?{text}").raw()


def files(server: Server, kind: str = "files") -> list[Path]:
    """What is on the disk."""
    folder = server.settings.media.store_path / kind
    return sorted(path for path in folder.rglob("*") if path.is_file())


def kept(server: Server) -> list[str]:
    """The hashes of all files, on the disk or in the database."""
    on_disk = {"".join(path.parts[-3:]) for path in files(server)}
    return sorted(on_disk | {hash.hex() for hash in small_files(server)})


def small_files(server: Server) -> list[bytes]:
    """The hashes of those in the database."""

    def look(txn: Transaction) -> list[bytes]:
        rows = txn.query("SELECT hash FROM media_files WHERE content IS NOT NULL")
        return [bytes(hash) for (hash,) in rows]

    return outcome(server.app.database.read(look))
