"""Spec: Client-Server API, "Content repository": uploads."""

from attrs import frozen

from homeserver.errors import Forbidden
from homeserver.http.request import Request, header
from homeserver.http.requester import Requester
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.media.incoming import IncomingFile
from homeserver.media.uploads import Description, Uploads


class UserSuspended(Forbidden):
    errcode = "M_USER_SUSPENDED"


@frozen
class MediaUploadEndpoints:
    _uploads: Uploads

    @route("POST", "/_matrix/media/v3/upload", cost="upload", body_to_file=True)
    @route("POST", "/_matrix/media/r0/upload", cost="upload", body_to_file=True)
    @route("POST", "/_matrix/media/v1/upload", cost="upload", body_to_file=True)
    async def upload(self, request: Request) -> JsonObject:
        check_may_upload(request.requester)
        uri = await self._uploads.upload(request.requester, body_of(request), described(request))
        return {"content_uri": uri}

    @route("POST", "/_matrix/media/v1/create", cost="upload")
    @route("POST", "/_matrix/media/unstable/fi.mau.msc2246/create", cost="upload")
    async def create(self, request: Request) -> JsonObject:
        check_may_upload(request.requester)
        uri, expires_ts = await self._uploads.create(request.requester)
        return {"content_uri": uri, "unused_expires_at": expires_ts}

    @route("PUT", "/_matrix/media/v3/upload/{server}/{media_id}", body_to_file=True)
    @route(
        "PUT",
        "/_matrix/media/unstable/fi.mau.msc2246/upload/{server}/{media_id}",
        body_to_file=True,
    )
    async def upload_to(self, request: Request, server: str, media_id: str) -> JsonObject:
        check_may_upload(request.requester)
        await self._uploads.upload_to(
            request.requester, (server, media_id), body_of(request), described(request)
        )
        return {}


def check_may_upload(requester: Requester) -> None:
    if requester.is_suspended:
        raise UserSuspended("Your account is suspended: you cannot send files.")


def body_of(request: Request) -> bytes | IncomingFile:
    file = request.body_file
    return file if isinstance(file, IncomingFile) else request.body


def described(request: Request) -> Description:
    return Description.read(header(request, "content-type"), request.optional_text("filename"))
