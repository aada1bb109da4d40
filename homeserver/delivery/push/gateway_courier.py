"""Tells a push gateway. Spec: Push Gateway API, `POST /_matrix/push/v1/notify`."""

from typing import Protocol

from attrs import frozen

from homeserver.delivery.push.answers import json_of, of_status
from homeserver.delivery.push.notification import body
from homeserver.delivery.push.preparing import Due
from homeserver.delivery.push.turns import Fate, Outcome
from homeserver.http.client import Client, Limits, Outgoing
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.json_values import JsonObject, encode
from homeserver.storage.pushers import Pusher

LIMITS = Limits(seconds=20.0, size=64 * 1024)
HEADERS = {"Content-Type": "application/json"}


class Courier(Protocol):
    async def carry(self, due: Due) -> Outcome:
        """Tell what is due; never raises for what the other side does."""


@frozen(eq=False)
class GatewayCourier:
    """`_include_content` permits what names people and quotes them."""

    _client: Client
    _include_content: bool

    async def carry(self, due: Due) -> Outcome:
        pusher = due.pusher
        request = Outgoing("POST", str(pusher.data["url"]), HEADERS, encode(self.request(due)))
        try:
            answer = await self._client.request(request, LIMITS)
        except OutgoingError as error:
            return Outcome(Fate.LATER, reason=f"{type(error).__name__}: {error}")
        if not 200 <= answer.status < 300:
            return of_status(answer)
        value = json_of(answer)
        rejected = value.get("rejected") if isinstance(value, dict) else None
        if isinstance(rejected, list) and pusher.pushkey in rejected:
            return Outcome(Fate.GONE, reason="rejected by its gateway")
        return Outcome(Fate.TAKEN)

    def request(self, due: Due) -> JsonObject:
        assert due.counts is not None
        data = due.pusher.data
        told = body(due.notification, due.counts, self._permitted(data))
        tweaks = due.notification.tweaks if due.notification else {}
        return {"notification": {**told, "devices": [device(due.pusher, tweaks)]}}

    def _permitted(self, data: JsonObject) -> JsonObject:
        return data if self._include_content else {**data, "format": "event_id_only"}


def device(pusher: Pusher, tweaks: JsonObject) -> JsonObject:
    return {
        "app_id": pusher.app_id,
        "pushkey": pusher.pushkey,
        "pushkey_ts": pusher.set_ts // 1000,
        "data": {name: value for name, value in pusher.data.items() if name != "url"},
        "tweaks": tweaks,
    }
