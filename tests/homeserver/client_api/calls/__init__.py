"""A successful and a failing call of each client-server endpoint of rooms, media and profiles."""

from tests.homeserver.client_api.calls.directory import DIRECTORY
from tests.homeserver.client_api.calls.facts import SYNC_AND_FACTS
from tests.homeserver.client_api.calls.media import MEDIA
from tests.homeserver.client_api.calls.push import PUSH
from tests.homeserver.client_api.calls.rooms import ROOMS
from tests.homeserver.client_api.calls.users import USERS

ROWS = (*ROOMS, *DIRECTORY, *USERS, *PUSH, *MEDIA, *SYNC_AND_FACTS)

ELSEWHERE = (
    "/v3/keys/",
    "/v3/room_keys/",
    "/v3/devices",
    "/v3/delete_devices",
    "/v3/sendToDevice",
    "/v3/login",
    "/v1/login",
    "/v3/logout",
    "/v3/refresh",
    "/v3/register",
    "/v1/register",
    "/v3/account",
    "/v1/auth_metadata",
    "/v3/voip",
    "/v1/appservice",
    "/v3/directory/list/appservice",
    "/v3/thirdparty",
)
"""Subjects that are proved elsewhere: keys, devices, accounts, calls, application services."""
