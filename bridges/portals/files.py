"""Files on their way: from the network into the homeserver's store, and out of it."""

from typing import Any

import attrs
from attrs import frozen

from bridges.kit import abilities
from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject
from bridges.kit.network import Session
from bridges.kit.sources import MAX_BYTES, Source
from bridges.matrix.client import MatrixError
from bridges.matrix.rooms import Accounts
from e2ee.attachments import Encryption, decrypt_whole
from e2ee.driver import random
from e2ee.errors import E2eeError


@frozen
class Files:
    """Of one session, which knows where its network keeps them."""

    _accounts: Accounts
    _session: Session
    _is_secret: bool = False
    """Whether they go into an encrypted room."""

    async def read(self, source: Source) -> bytes:
        """Raises `Rejected`, or `Transient` when the network does not answer now."""
        if source.reference and isinstance(self._session, abilities.Fetches):
            data = await self._session.fetch(source.reference, MAX_BYTES)
            return await Source(data).read()
        return await source.read()

    async def place(self, data: bytes, mime: str, name: str) -> JsonObject:
        """Uploads it; `url`, or `file` where it is encrypted."""
        try:
            return await placed(self._accounts, data, (mime, name), self._is_secret)
        except MatrixError as error:
            raise Rejected(f"The homeserver does not take the file: {error.errcode}") from error


def from_matrix(
    accounts: Accounts, uri: str, size: int | None, file: JsonObject | None = None
) -> Source:
    """Is fetched when the network reads it. `file`: how it is encrypted, if it is."""

    async def later(max_bytes: int) -> bytes:
        try:
            data = await accounts.download(uri, max_bytes)
            return data if file is None else decrypt_whole(data, file)
        except MatrixError as error:
            raise Rejected("The file cannot be fetched from the homeserver.") from error
        except E2eeError as error:
            raise Rejected(f"The file cannot be decrypted: {error}") from error

    return Source(size=size, later=later)


async def placed(
    accounts: Accounts, data: bytes, described: tuple[str, str], is_secret: bool
) -> JsonObject:
    """Uploads it; what an event says of where it is. `described`: its type and name, which nobody
    is told of what is encrypted. Raises MatrixError.
    """
    if not is_secret:
        return {"url": await accounts.upload(data, *described)}
    sealing = Encryption.begin(random)
    sealed = sealing.update(data)
    return {"file": sealing.file(await accounts.upload(sealed, "application/octet-stream", ""))}


async def settled(value: Any) -> Any:
    """The same, with those files read that could not be read any more after a restart."""
    match value:
        case Source(later=None):
            return value
        case Source():
            return Source(await value.read())
        case tuple():
            return tuple([await settled(one) for one in value])
        case _ if attrs.has(type(value)):
            names = [one.name for one in attrs.fields(type(value))]
            fresh = {name: await settled(getattr(value, name)) for name in names}
            changed = {name: it for name, it in fresh.items() if it is not getattr(value, name)}
            return attrs.evolve(value, **changed) if changed else value
        case _:
            return value
